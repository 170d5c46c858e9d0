"""One round of the engine without Celery."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from journeys import days, engine, work
from members import clock


class Command(BaseCommand):
    help = "Do all the work that journeys have at one time, for every shard, in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", type=clock.instant, help="ISO 8601 with offset; the time it is otherwise.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or clock.now()
        named = days.name(now)
        found = work.groups(now)
        done = [engine.tick(shards, now) for shards in found]
        entered, moved = sum(one.entered for one in done), sum(one.moved for one in done)
        self.stdout.write(f"{named} named by date, {entered} entered, {moved} moves in {sum(map(len, found))} shards.")
