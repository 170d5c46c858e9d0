"""What a workload is: something that the house does, run three times, with the limits that it is held against."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from django.conf import settings

from benchmarks.crew import Crew
from benchmarks.measuring import Aim, Run
from benchmarks.population import Part
from members import clock


@dataclass(frozen=True)
class Stage:
    """What workloads stand on: how many members there are, their files in three parts, room for files, two workers.

    In full, as long is watched and as many samples are taken as the aims say; else a tenth of it.
    """

    members: int
    parts: Sequence[Part]
    folder: Path
    crew: Crew
    in_full: bool

    @contextmanager
    def later(self, passed: timedelta) -> Iterator[datetime]:
        """Let time stand still, in this process and in its workers, so much later than it is; yield that time."""
        usual, file = settings.CHORALE_CLOCK, self.folder / "clock"
        then = clock.now() + passed
        file.write_text(then.isoformat())
        self._tell(file)
        try:
            yield then
        finally:
            self._tell(usual)

    def _tell(self, file: Path | None) -> None:
        settings.CHORALE_CLOCK = file
        self.crew.each("tell_time", file and str(file))


class Workload(ABC):
    """One workload. The runner calls `prepare`, three times `run` and `limits`, and `finish`, in this order."""

    key: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str]
    unit: ClassVar[str]
    aim: ClassVar[Aim]
    # What it is held against, in words, by the name of the limit.
    against: ClassVar[Mapping[str, str]] = {}
    # How it is done, in a sentence or two for the page.
    how: ClassVar[str]
    # What limits it, and what was tried to make it faster, in whole paragraphs for the page.
    tried: ClassVar[str] = ""
    # Whether it is run at each size, for the picture of cost against size.
    scales: ClassVar[bool] = False

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Make what the runs need; not measured."""

    @abstractmethod
    def run(self, number: int) -> Run:
        """Do it for the 1st (0), 2nd or 3rd time and return what it gave."""

    def limits(self, number: int) -> Mapping[str, Run]:
        """Do the same work bare, right after the run with this number; return what that gave, by limit."""
        return {}

    def finish(self) -> None:  # noqa: B027 - most leave nothing
        """Clear away what would disturb the workloads behind this one; not measured."""
