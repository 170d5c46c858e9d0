"""What is to be done once after a database was restored from a backup, before anything works on it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from journeys.progress import Progress
from journeys.restoring import NotNow, restored
from members import clock


class Command(BaseCommand):
    help = "After a restore, before workers start: call unconfirmed what may have left since the backup; see docs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backup", type=clock.instant, required=True, help="when the backup was begun")
        parser.add_argument("--until", type=clock.instant, help="the end of the lost time; now, unless given")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        backup, until = options["backup"], options["until"] or now
        try:
            with Progress(backup, backup, until) as progress:
                played = restored(backup, until, now, progress.reach)
        except NotNow as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Of what may have left since then: {played.delivered}. Workers may start.")
