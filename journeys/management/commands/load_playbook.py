"""Install playbooks."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from journeys import publishing
from journeys.definitions import BadDefinition
from journeys.playbooks import installing, library
from members import clock


class Command(BaseCommand):
    help = "Install playbooks with everything they need, all that are named or none; what exists already stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("keys", nargs="*", metavar="KEY", help=f"one of {', '.join(library.shelf())}")
        parser.add_argument("--all", action="store_true", help="install every playbook")
        parser.add_argument("--list", action="store_true", help="say which playbooks there are")
        parser.add_argument("--publish", action="store_true", help="publish journeys that never were")

    def handle(self, *args: Any, keys: list[str], publish: bool, **options: Any) -> None:
        if options["list"]:
            self._list()
            return
        wanted = library.shelf() if options["all"] else keys
        if not wanted:
            raise CommandError("Name a playbook, or say --all; --list says which there are.")
        with transaction.atomic():
            told = [self._install(key, publish) for key in wanted]
        for line in told:
            self.stdout.write(line)

    def _list(self) -> None:
        for key in library.shelf():
            self.stdout.write(f"{key}: {library.load(key).summary}")

    def _install(self, key: str, publish: bool) -> str:
        try:
            done = installing.install(library.load(key))
            journey = done.journey
            told = f"{key}: made {', '.join(done.made) or 'nothing'}; kept {', '.join(done.kept) or 'nothing'}"
            if publish and journey.current_id is None:
                version = publishing.publish(journey, journey.draft, clock.now())
                return f"{told}; version {version.number} published"
        except BadDefinition as error:
            raise CommandError(f"Playbook {key}: {error}") from error
        return told
