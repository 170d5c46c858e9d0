"""Imports purchases from a CSV file."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from members import clock
from members.facts import checks
from members.importing import columns, purchases
from members.importing.command import ImportCommand
from members.importing.sheets import Sheet, Unusable


class Command(ImportCommand):
    help = "Imports purchases from a CSV file, each purchase once; docs/importing.md has the columns."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--source", default="import", help=_("where the keys are unique, such as tills"))
        parser.add_argument("--currency", default=settings.CHORALE_CURRENCY, help=_("where the file names none"))

    def importer(self, sheet: Sheet, zone: ZoneInfo, options: dict[str, Any]) -> purchases.Purchases:
        try:
            source = checks.text(options["source"], checks.What("source", "--source"), 64)
            currency = checks.currency(options["currency"], checks.What("currency", _("The currency")))
        except checks.BadItem as error:
            raise Unusable(str(error)) from error
        found = columns.find(sheet, purchases.KNOWN, purchases.NEEDED, attributes=False, skip=options["skip_unknown"])
        return purchases.Purchases(found, sheet.delimiter, source, currency, zone, clock.now())
