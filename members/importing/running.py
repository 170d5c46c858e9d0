"""The one loop of all imports: rows are grouped, read, checked, stored in batches; what fails goes to the rejects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tqdm import tqdm

from members.facts import Reject
from members.facts.checks import BadItem
from members.importing.ahead import ahead
from members.importing.rejects import Rejects
from members.importing.sheets import Row, Sheet

BATCH_ROWS = 5_000

Item = TypeVar("Item")
Checked = TypeVar("Checked")


@dataclass(slots=True)
class Group:
    """Rows that make one item; with a `fault` they make none."""

    rows: list[Row]
    fault: str = ""


@dataclass(slots=True)
class _Batch(Generic[Checked]):
    """What was read: items, checked, with their groups, and rows that are none with the reasons.

    `done` is how many bytes of the file have been read with it.
    """

    groups: list[Group]
    checked: Checked
    faults: list[tuple[Row, str]]
    done: int


class Importer(ABC, Generic[Item, Checked]):
    """What differs between imports. Only `store` may ask the database: the others run beside it, in another thread."""

    @abstractmethod
    def groups(self, rows: Iterator[Row]) -> Iterator[Group]:
        """Yield the rows that belong together, in their order."""

    @abstractmethod
    def read(self, rows: Sequence[Row]) -> Item:
        """Return what a group of rows says. Raises BadItem."""

    @abstractmethod
    def check(self, items: Sequence[Item]) -> Checked:
        """Return a batch, ready to be stored."""

    @abstractmethod
    def store(self, checked: Checked) -> list[Reject]:
        """Store a batch, add to the counts and return what was rejected, by position in the batch."""

    @abstractmethod
    def summary(self) -> str:
        """Return one sentence with the counts."""


def run(importer: Importer[Item, Checked], sheet: Sheet, size: int, rejects: Rejects) -> None:
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


def _read(importer: Importer[Item, Checked], sheet: Sheet) -> Iterator[_Batch[Checked]]:
    """Read and check the groups of a sheet, batch by batch."""
    for groups in _batches(importer.groups(iter(sheet))):
        read: list[tuple[Group, Item]] = []
        faults: list[tuple[Row, str]] = []
        for group in groups:
            fault = group.fault
            if not fault:
                try:
                    read.append((group, importer.read(group.rows)))
                except BadItem as error:
                    fault = str(error)
            if fault:
                faults += [(row, fault) for row in group.rows]
        checked = importer.check([item for _group, item in read])
        yield _Batch([group for group, _item in read], checked, faults, sheet.done())


def _store(importer: Importer[Item, Checked], batch: _Batch[Checked]) -> Iterator[tuple[Row, str]]:
    """Store a batch and yield the rows that did not land, with the reasons."""
    for reject in importer.store(batch.checked):
        yield from ((row, reject.reason) for row in batch.groups[reject.position].rows)
