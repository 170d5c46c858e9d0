"""Load journeys from their text form."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from journeys import definitions, drafts, publishing
from journeys.definitions import BadDefinition
from members import clock


class Command(BaseCommand):
    help = "Load journeys from YAML files as drafts, all of them or none; with --publish, publish them as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE.yaml")
        parser.add_argument("--publish", action="store_true", help="publish each journey at once")

    def handle(self, *args: Any, files: list[Path], publish: bool, **options: Any) -> None:
        with transaction.atomic():
            told = [self._load(file, publish) for file in files]
        for line in told:
            self.stdout.write(line)

    def _load(self, file: Path, publish: bool) -> str:
        try:
            journey, new = drafts.save(definitions.read(_text(file)))
            if publish:
                version = publishing.publish(journey, journey.draft, clock.now())
                return f"{file}: journey {journey.key}, version {version.number} published"
        except BadDefinition as error:
            raise CommandError(f"{file}: {error}") from error
        return f"{file}: draft of {'new ' if new else ''}journey {journey.key} stored"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}.") from error
