"""Ask live data whether what always holds does hold."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from journeys import audit
from members import clock


class Command(BaseCommand):
    help = "Check on live data what always holds: a line each with a count. Exit code 1 if any promise is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", type=clock.instant, help="ISO 8601 with offset; the time it is otherwise.")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for finding in audit.run(options["now"] or clock.now()):
            broken += bool(finding.count)
            mark = self.style.ERROR("broken") if finding.count else self.style.SUCCESS("holds ")
            self.stdout.write(f"{mark} {finding.count:>6}  {finding.name:<16} {finding.promise}")
        if broken:
            self.stderr.write(f"{broken} promises are broken.")
            sys.exit(1)
