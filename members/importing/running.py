"""The one loop of all imports: rows are grouped, read, stored in batches; what fails goes to the rejects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tqdm import tqdm

from members.facts import Reject
from members.facts.checks import BadItem
from members.importing.ahead import ahead
from members.importing.rejects import Rejects
from members.importing.sheets import Row, Sheet

BATCH_ROWS = 10_000

Item = TypeVar("Item")


@dataclass(slots=True)
class Group:
    """Rows that make one item; with a `fault` they make none."""

    rows: list[Row]
    fault: str = ""


@dataclass(slots=True)
class _Batch(Generic[Item]):
    """What was read: items with their groups, rows that are none with the reasons, and how many bytes that took."""

    read: list[tuple[Group, Item]] = field(default_factory=list)
    faults: list[tuple[Row, str]] = field(default_factory=list)
    done: int = 0


class Importer(ABC, Generic[Item]):
    """What differs between imports."""

    @abstractmethod
    def groups(self, rows: Iterator[Row]) -> Iterator[Group]:
        """Yield the rows that belong together, in their order."""

    @abstractmethod
    def read(self, rows: Sequence[Row]) -> Item:
        """Return what a group of rows says, without asking the database. Raises BadItem."""

    @abstractmethod
    def store(self, items: Sequence[Item]) -> list[Reject]:
        """Store a batch, add to the counts and return what was rejected, by position in the batch."""

    @abstractmethod
    def summary(self) -> str:
        """Return one sentence with the counts."""


def run(importer: Importer[Item], sheet: Sheet, size: int, rejects: Rejects) -> None:
    """Import a whole sheet with bounded memory and, on a terminal, a progress bar over its bytes."""
    with tqdm(total=size or None, unit="B", unit_scale=True, disable=None) as bar:
        for batch in ahead(_read(importer, sheet)):
            for row, reason in sorted([*batch.faults, *_store(importer, batch)], key=lambda pair: pair[0].line):
                rejects.add(row, reason)
            bar.update(batch.done - bar.n)


def _batches(groups: Iterator[Group]) -> Iterator[list[Group]]:
    batch: list[Group] = []
    rows = 0
    for group in groups:
        batch.append(group)
        rows += len(group.rows)
        if rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def _read(importer: Importer[Item], sheet: Sheet) -> Iterator[_Batch[Item]]:
    """Read the groups of a sheet, batch by batch."""
    for groups in _batches(importer.groups(iter(sheet))):
        batch: _Batch[Item] = _Batch()
        for group in groups:
            fault = group.fault
            if not fault:
                try:
                    batch.read.append((group, importer.read(group.rows)))
                except BadItem as error:
                    fault = str(error)
            if fault:
                batch.faults += [(row, fault) for row in group.rows]
        batch.done = sheet.done()
        yield batch


def _store(importer: Importer[Item], batch: _Batch[Item]) -> Iterator[tuple[Row, str]]:
    """Store a batch and yield the rows that did not land, with the reasons."""
    for reject in importer.store([item for _group, item in batch.read]):
        group, _item = batch.read[reject.position]
        yield from ((row, reject.reason) for row in group.rows)
