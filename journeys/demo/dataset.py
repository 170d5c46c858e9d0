"""The real part of the demo: the purchases of the CDNOW log, which the PyPI package `lifetimes` carries.

The file is read where the package is installed; the package is never imported, so it needs none of its dependencies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

PACKAGE, VERSION = "lifetimes", "0.11.3"
FILE = "lifetimes/datasets/CDNOW_master.txt"
INSTALL = f"install it by `pip install --no-deps {PACKAGE}=={VERSION}`, as `make demo` does"


class NoDataset(Exception):
    """The purchases cannot be read; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of the log: who, on which day, how many CDs, for how much. `line` is its number in the file."""

    line: int
    customer: str
    day: date
    quantity: int
    amount: Decimal


def read() -> list[Bought]:
    """Return all purchases in the order of the file. Raises NoDataset."""
    path = _path()
    try:
        with path.open(encoding="ascii") as lines:
            return _parsed(lines)
    except (OSError, ValueError, InvalidOperation) as error:
        raise NoDataset(f"{path} cannot be read as the purchases of the demo ({error}); {INSTALL} anew.") from error


def _path() -> Path:
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError as error:
        raise NoDataset(
            f"The demo reads its purchases from the package {PACKAGE}, which is missing; {INSTALL}."
        ) from error
    if package.version != VERSION:
        raise NoDataset(
            f"The demo reads its purchases from {PACKAGE} {VERSION}, and {package.version} is installed; {INSTALL}."
        )
    return Path(str(package.locate_file(FILE)))


def _parsed(lines: Iterable[str]) -> list[Bought]:
    """Read customer, day, quantity and dollars, between blanks; the first line is a heading."""
    rows = [(number, line.split()) for number, line in enumerate(lines, start=1)]
    return [
        Bought(number, customer, datetime.strptime(day, "%Y%m%d").date(), int(quantity), Decimal(amount))  # noqa: DTZ007
        for number, (customer, day, quantity, amount) in rows[1:]
    ]
