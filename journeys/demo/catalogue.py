"""The catalogue, invented so that its unit prices make up the real amounts.

An article has a category and a price, and its number says both: JAZZ-1177 is jazz for 11.77. A purchase of q CDs for an
amount becomes q CDs of the price amount / q, down to the cent, of which as many cost one cent more as are missing.
"""

from __future__ import annotations

from decimal import Decimal

from journeys.demo.dataset import Bought
from journeys.demo.dice import Dice
from members.facts import Line

CATEGORIES = ("pop", "rock", "jazz", "classical", "country", "soundtrack", "world", "electronic")
# How often a purchase is of the customer's favourite category.
FAITHFUL = 0.6


def favourite(customer: str) -> str:
    """Return the category that a customer likes best."""
    return Dice("customer", customer).one_of("favourite", CATEGORIES)


def lines(bought: Bought) -> list[Line]:
    """Return the lines of a purchase: their quantities and amounts add up to the real ones."""
    dice = Dice("purchase", bought.line)
    faithful = dice.happens("faithful", FAITHFUL)
    category = favourite(bought.customer) if faithful else dice.one_of("category", CATEGORIES)
    price, dearer = divmod(int(bought.amount * 100), bought.quantity)
    parts = [(price, bought.quantity - dearer), (price + 1, dearer)]
    return [_line(category, cents, quantity) for cents, quantity in parts if quantity]


def _line(category: str, cents: int, quantity: int) -> Line:
    return Line(f"{category.upper()}-{cents:04}", quantity, Decimal(cents) / 100, category)
