"""A CSV file as a stream of rows: of any size, with any usual delimiter, and with the line where each row stands."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

DELIMITERS = ",;\t|"
LONGEST_LINE = 1_000_000
# What a file of rejects has in front: it can be corrected and imported as it is.
ADDED = ("line", "reason")


class Unusable(Exception):
    """Nothing of the file can be imported; the message is one sentence that says why."""


@dataclass(slots=True)
class Row:
    """A row of the file: `line` is the number of its first line, `fault` says why it could not even be split."""

    line: int
    cells: list[str]
    fault: str = ""


class Sheet:
    """An open CSV file. `header` holds the names of the columns, as they stand there."""

    def __init__(self, binary: BinaryIO, encoding: str, path: Path) -> None:
        self._binary = binary
        # Bytes that are not of the encoding spoil their row alone, and go to the rejects as they were.
        self._file = io.TextIOWrapper(binary, encoding, errors="surrogateescape", newline="")
        self._path = path
        first = self._first_line()
        self.delimiter = max(DELIMITERS, key=first.count)
        # A line of unusual length comes in pieces: they are rejected, and memory stays bounded.
        lines = iter(lambda: self._file.readline(LONGEST_LINE), "")
        self._reader = csv.reader(lines, delimiter=self.delimiter)
        self.header = self._names(first)
        self._lines_before = 1
        if not any(self.header):
            raise Unusable(_("%(file)s has no header line with the names of the columns.") % {"file": path})
        if not "".join(self.header).isprintable():
            raise Unusable(
                _("%(file)s is not in this encoding; save it as UTF-8, or name its own one with --encoding.")
                % {"file": path}
            )

    def _first_line(self) -> str:
        try:
            return self._file.readline(LONGEST_LINE)
        except UnicodeError as error:
            raise Unusable(
                _("%(file)s is not in this encoding: %(why)s.") % {"file": self._path, "why": error}
            ) from error

    def _names(self, first: str) -> list[str]:
        try:
            return [name.strip() for name in next(csv.reader([first], delimiter=self.delimiter), [])]
        except csv.Error as error:
            values = {"file": self._path, "why": error}
            raise Unusable(_("The first line of %(file)s names no columns: %(why)s.") % values) from error

    def done(self) -> int:
        """Return how many bytes have been read so far."""
        return self._binary.tell() if self._binary.seekable() else 0

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that are not empty."""
        while True:
            line = self._lines_before + self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except (csv.Error, UnicodeError) as error:
                yield Row(line, [], self._torn(line, error))
            else:
                if cells:
                    yield Row(line, cells, self._fault(cells))

    def _torn(self, line: int, error: Exception) -> str:
        last = self._lines_before + self._reader.line_num
        if isinstance(error, UnicodeError) or last < line:
            values = {"file": self._path, "line": line, "why": error}
            raise Unusable(_("%(file)s cannot be read from line %(line)d on: %(why)s.") % values) from error
        return _("The lines %(first)d to %(last)d cannot be read, perhaps a quotation mark is not closed: %(why)s.") % {
            "first": line,
            "last": last,
            "why": error,
        }

    def _fault(self, cells: Sequence[str]) -> str:
        if len(cells) != len(self.header):
            return _("The row has %(found)d cells; the header names %(wanted)d columns.") % {
                "found": len(cells),
                "wanted": len(self.header),
            }
        return ""


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[tuple[Sheet, int]]:
    """Open a CSV file, with or without a byte order mark, and give it with its size in bytes. Raises Unusable."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)  # a codec alone may be one that makes no text of bytes
    except LookupError as error:
        raise Unusable(
            _("There is no encoding “%(name)s”; write one such as utf-8 or cp1252.") % {"name": encoding}
        ) from error
    marked = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unusable(_("%(file)s cannot be read: %(why)s.") % {"file": path, "why": error.strerror}) from error
    with file:
        yield Sheet(file, marked, path), os.fstat(file.fileno()).st_size
