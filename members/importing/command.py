"""What the commands of all imports share: arguments, exit codes, and sentences instead of stack traces."""

from __future__ import annotations

import sys
from abc import abstractmethod
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members import zones
from members.importing.rejects import Rejects
from members.importing.running import Importer, run
from members.importing.sheets import Sheet, Unusable, opened


class ImportCommand(BaseCommand):
    """Imports a CSV file. Exit code 0: all rows landed; 1: some were rejected; 2: nothing could be imported."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what all imports take."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--encoding", default="utf-8", help=_("of the file; utf-8 is the default"))
        parser.add_argument("--zone", default=zones.DEFAULT, help=_("of times without offset and store"))
        parser.add_argument("--skip-unknown", action="store_true", help=_("leave columns out that are not known"))

    @abstractmethod
    def importer(self, sheet: Sheet, zone: ZoneInfo, options: dict[str, Any]) -> Importer[Any, Any]:
        """Return what imports this sheet. Raises Unusable."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file, print one line of counts and leave with the exit code."""
        try:
            summary, rejects = self._import(options)
        except (Unusable, zones.BadZone) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(summary)
        if rejects.count:
            self.stderr.write(
                ngettext(
                    "%(count)d row was rejected; it stands in %(file)s.",
                    "%(count)d rows were rejected; they stand in %(file)s.",
                    rejects.count,
                )
                % {"count": rejects.count, "file": rejects.path}
            )
            sys.exit(1)

    def _import(self, options: dict[str, Any]) -> tuple[str, Rejects]:
        path = options["file"]
        with opened(path, options["encoding"]) as (sheet, size):
            importer = self.importer(sheet, zones.zone(options["zone"]), options)
            with Rejects(path, sheet) as rejects:
                run(importer, sheet, size, rejects)
        return importer.summary(), rejects
