"""Makes and drops monthly partitions at the machine, as the scheduled task does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from members import clock
from members.partitions import keeping, registered


class Command(BaseCommand):
    help = "Makes the partitions of the next months, drops those that are over their time, and lists all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", type=clock.instant, help="as of this instant")
        parser.add_argument("--list", action="store_true", help="lists them and changes nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["list"]:
            for sentence in keeping.keep(options["now"] or clock.now()):
                self.stdout.write(sentence)
        for table in registered():
            for one in keeping.partitions(table.table):
                begins, ends = (f"{at:%Y-%m-%d}" if at else "" for at in (one.begins, one.ends))
                self.stdout.write(f"{table.table}\t{one.name}\t{begins}\t{ends or 'odd dates'}")
