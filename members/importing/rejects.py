"""The rows that did not land: beside the file, with their lines and the reasons, ready to be corrected and imported."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TextIO

from django.utils.translation import gettext as _

from members.importing.sheets import ADDED, Row, Sheet, Unusable


class Rejects:
    """Writes FILE.rejects.csv when the block ends, also early; without any reject it removes one of a former import."""

    def __init__(self, source: Path, sheet: Sheet) -> None:
        self.path = source.with_name(f"{_stem(source)}.rejects.csv")
        self.count = 0
        self._sheet = sheet
        self._kept = [place for place, name in enumerate(sheet.header) if name not in ADDED]
        # Of its own until it is whole: two imports of one file may run at once.
        self._draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        self._file: TextIO | None = None
        self._writer: Any = None

    def add(self, row: Row, reason: str) -> None:
        """Keep a row with the reason why it did not land."""
        with self._writing():
            if self._file is None:
                self._open()
            self._writer.writerow([row.line, reason, *self._originals(row.cells)])
        self.count += 1

    def _open(self) -> None:
        self._file = self._draft.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        self._writer = csv.writer(self._file, delimiter=self._sheet.delimiter)
        self._writer.writerow([*ADDED, *(self._sheet.header[place] for place in self._kept)])

    def _originals(self, cells: Sequence[str]) -> Sequence[str]:
        if len(cells) != len(self._sheet.header):
            return cells
        return [cells[place] for place in self._kept]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            values = {"file": self.path, "why": error.strerror}
            raise Unusable(_("%(file)s cannot be written: %(why)s.") % values) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if self._file is not None:
            try:
                with self._writing():
                    self._file.close()
                    self._draft.replace(self.path)
            finally:
                self._draft.unlink(missing_ok=True)
        elif kind is None:
            with self._writing():
                self.path.unlink(missing_ok=True)


def _stem(source: Path) -> str:
    # Only this ending goes: the files of two days, sales.2026-03-09 and sales.2026-03-10, keep rejects of their own.
    return source.stem if source.suffix.lower() == ".csv" else source.name
