"""A small log in the form of the real one: thirty customers, purchases over a year and a half, one exact repeat."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from journeys.demo.dataset import FILE, VERSION, Bought

LAST = date(1998, 6, 30)
HEADING = " customer_id  date number_of_cds  dollar_value\r\n"


def lines() -> list[str]:
    """Return the lines below the heading, by customer and day as the real ones are."""
    found = []
    for number in range(1, 31):
        days = [540 - number, 300 - 3 * number, 30 - number, number - 1]
        for day in sorted({day for day in days if day >= 0}, reverse=True):
            quantity = 1 + number % 3
            found.append(
                f" {number:05} {LAST - timedelta(days=day):%Y%m%d}  {quantity}   {number + 0.97 * quantity:.2f}\r\n"
            )
    return [*found, found[-1]]


def install(folder: Path) -> None:
    """Install the log as the package that the demo reads it from, into a folder for PYTHONPATH."""
    file, told = folder / FILE, folder / f"lifetimes-{VERSION}.dist-info"
    file.parent.mkdir(parents=True)
    file.write_text(HEADING + "".join(lines()), newline="")
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lifetimes\nVersion: {VERSION}\n")


def bought(
    line: int = 2, customer: str = "00001", day: date = LAST, quantity: int = 1, amount: str = "11.77"
) -> Bought:
    """Return a purchase."""
    return Bought(line, customer, day, quantity, Decimal(amount))
