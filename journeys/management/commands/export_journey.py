"""Print a journey in its text form."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journeys import definitions
from journeys.models import Journey


class Command(BaseCommand):
    help = "Print a journey's draft as YAML; load_journey reads it back exactly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", metavar="KEY")

    def handle(self, *args: Any, key: str, **options: Any) -> None:
        journey = Journey.objects.filter(key=key).first()
        if journey is None:
            raise CommandError(f"There is no journey {key}; {_known()}")
        if not journey.draft:
            raise CommandError(f"Journey {key} has no draft yet; draw it in the admin or load one.")
        self.stdout.write(definitions.written(journey.draft), ending="")


def _known() -> str:
    keys = list(Journey.objects.order_by("key").values_list("key", flat=True))
    return f"there are {', '.join(keys)}." if keys else "there is none yet."
