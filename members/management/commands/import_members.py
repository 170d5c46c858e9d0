"""Imports members from a CSV file."""

from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from members import clock
from members.importing import columns, members
from members.importing.command import ImportCommand
from members.importing.sheets import Sheet, Unusable


class Command(ImportCommand):
    help = (
        "Imports members from a CSV file, adding new ones and changing known ones; docs/importing.md has the columns."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--region", help=_("country of phone numbers written without one, such as DE"))

    def importer(self, sheet: Sheet, zone: ZoneInfo, options: dict[str, Any]) -> members.Members:
        region = options["region"]
        if region and region not in phonenumbers.SUPPORTED_REGIONS:
            raise Unusable(_("There is no region “%(region)s”; write one such as DE.") % {"region": region})
        found = columns.find(sheet, members.KNOWN, members.NEEDED, attributes=True, skip=options["skip_unknown"])
        return members.Members(found, zone, region, clock.now())
