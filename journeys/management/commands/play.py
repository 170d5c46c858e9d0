"""Days played without Celery."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journeys.play import EVERY, Backwards, play, played_until, step
from journeys.progress import Progress
from members import clock


class Command(BaseCommand):
    help = "Play days through engine, outbox and adapters in this process, step by step and only forward."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="start",
            type=clock.instant,
            help="ISO 8601 with offset; where the last play ended otherwise.",
        )
        parser.add_argument("--to", dest="end", type=clock.instant, required=True, help="ISO 8601 with offset.")
        parser.add_argument(
            "--every", type=step, default=EVERY, help=f"minutes a step ({EVERY // timedelta(minutes=1)})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        start, end = options["start"] or played_until(), options["end"]
        if start is None:
            raise CommandError("This database was never played; say where to begin by --from.")
        if end <= start:
            raise CommandError(f"--to must lie after {start.isoformat()}, where the play begins.")
        try:
            with Progress(start, start, end) as progress:
                played = play(start, end, options["every"], told=progress.reach)
        except Backwards as error:
            raise CommandError(str(error)) from error
        ticked = played.ticked
        self.stdout.write(
            f"{played.steps} steps: {ticked.entered} entered, {ticked.moved} moves; messages: {played.delivered}."
        )
