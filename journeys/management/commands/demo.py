"""The demo."""

from __future__ import annotations

import json
import signal
import sys
from argparse import ArgumentParser
from datetime import timedelta
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels.sandbox.senders import CannotReport
from journeys.demo.alone import NotAlone
from journeys.demo.dataset import NoDataset
from journeys.demo.prepare import NotOurs
from journeys.demo.processes import Fallen
from journeys.demo.show import EVERY, PortTaken, show
from journeys.play import step
from members import clock

MINUTE = timedelta(minutes=1)


class Command(BaseCommand):
    help = "Play four weeks on real purchases, everything else invented; then open the doors until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the four weeks with a summary")
        parser.add_argument("--reset", action="store_true", help="start afresh")
        parser.add_argument("--every", type=step, default=EVERY, help=f"minutes a step ({EVERY // MINUTE})")

    def handle(self, *args: Any, once: bool, reset: bool, every: timedelta, **options: Any) -> None:
        try:
            # SIGINT, too: a shell that starts the demo in the background has it ignored.
            for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(ending, _interrupt)
            result = show(clock.now(), self.stdout.write, afresh=reset, once=once, every=every)
        except (CannotReport, Fallen, NoDataset, NotAlone, NotOurs, PortTaken) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\nThe demo has stopped; again, it goes on where it was.")
            sys.exit(130 if once else 0)
        self.stdout.write(json.dumps(result.figures))
        self.stdout.flush()
        sys.exit(0 if result.good else 1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
