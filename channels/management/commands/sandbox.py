"""Run the local carrier."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels.sandbox.reactions import PROFILES
from channels.sandbox.server import HOST, LIVE_PACE, running
from members import clock


class Command(BaseCommand):
    help = "Run a carrier on this machine: real SMTP, Kannel's sendsms and the Telegram Bot API. Nothing leaves it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--smtp-port", type=int, default=8025, help="for mails (8025)")
        parser.add_argument("--http-port", type=int, default=8026, help="for SMS, chat and its own doors (8026)")
        parser.add_argument("--seed", default="chorale", help="another text draws other reactions")
        parser.add_argument(
            "--reactions",
            choices=sorted(PROFILES),
            default="demo",
            help="what follows: invented bounces, clicks and replies (demo), delivery alone (plain), nothing (none)",
        )
        parser.add_argument(
            "--pace",
            type=float,
            default=LIVE_PACE,
            help="how long reactions take; 1 is as long as in life (%(default)s)",
        )
        parser.add_argument("--now", type=clock.instant, help="live at this time (ISO 8601), which POST /clock moves")

    def handle(self, **options: Any) -> None:
        try:
            asyncio.run(self._run(options))
        except KeyboardInterrupt:
            self.stdout.write("The sandbox has stopped.")
        except OSError as error:
            raise CommandError(
                f"The sandbox cannot start ({error}); name free ports by --smtp-port and --http-port, "
                "and a directory of yours in CHORALE_HOME."
            ) from error

    async def _run(self, options: dict[str, Any]) -> None:
        home = settings.CHORALE_HOME / "sandbox"
        profile = replace(PROFILES[options["reactions"]], pace=options["pace"])
        ports_wanted = (options["smtp_port"], options["http_port"])
        how = {"seed": options["seed"], "profile": profile, "now": options["now"]}
        async with running(home, *ports_wanted, **how) as ports:
            self.stdout.write(f"The sandbox takes mails at {HOST}:{ports.smtp}, SMS and chat at {ports.url}.")
            await asyncio.Event().wait()
