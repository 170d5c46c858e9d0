"""Take old entries out of the audit log."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from members import clock, pruning

LEAST = 180


class Command(BaseCommand):
    help = "Delete entries of the audit log that are older than so many days; that it was done is an entry itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, required=True, help=f"how many days to keep, at least {LEAST}")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        if days < LEAST:
            raise CommandError(f"--days is {days}; the audit log keeps at least {LEAST} days.")
        gone = pruning.prune(clock.now() - timedelta(days=days))
        self.stdout.write(f"{gone} entries deleted")
