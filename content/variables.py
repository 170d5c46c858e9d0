"""The variables that marketers write into templates, with what they mean. docs/content.md shows the same table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from content.formats import Day


@dataclass(frozen=True)
class Variable:
    """A name with its meaning for people, and a value as an example."""

    name: str
    meaning: Promise
    example: Any


VARIABLES = (
    Variable("member.first_name", _("First name."), "Ada"),
    Variable("member.last_name", _("Last name."), "Berg"),
    Variable("member.name", _("First and last name."), "Ada Berg"),
    Variable("member.code", _("Member code, your own number for the member."), "M-1001"),
    Variable("member.tier", _("Tier as a key for conditions: gold, silver or base."), "gold"),
    Variable("member.tier_name", _("Tier as people read it."), "Gold"),
    Variable("member.points", _("Points balance, a number."), 1250),
    Variable("member.points_expiring", _("How many points expire next, a number."), 200),
    Variable("member.points_expire_on", _("The day on which they expire."), Day.of(date(2026, 6, 30), "en")),
    Variable("member.birthday", _("Birthday."), Day.of(date(1990, 3, 14), "en")),
    Variable("member.joined_on", _("The day on which the member joined."), Day.of(date(2024, 5, 1), "en")),
    Variable(
        "member.attributes.*", _("Any attribute of the member, by its name, such as member.attributes.size."), "M"
    ),
    Variable("store", _("Whether the member has a home store, for conditions."), True),
    Variable("store.name", _("Name of the home store."), "Chorale Berlin"),
    Variable("store.phone", _("Its phone number."), "+4930123456"),
    Variable("store.address", _("Its address."), "Lindenallee 1"),
    Variable("offer", _("Whether the message comes with an offer, for conditions."), True),
    Variable("offer.name", _("Name of the offer."), "Tea for two"),
    Variable("offer.terms", _("Its terms."), "One cup each."),
    Variable("offer.price", _("The price promised to this member, with currency."), "€10.00"),
    Variable("offer.usual_price", _("The usual price, with currency."), "€15.00"),
    Variable("offer.saving", _("Usual price less the promised one, with currency."), "€5.00"),
    Variable("offer.code", _("The member's own code for the offer."), "K7QM2-XWPBD"),
    Variable("offer.until", _("The last day on which the offer is valid."), Day.of(date(2026, 5, 20), "en")),
    Variable(
        "offer.url", _("Address of the member's own page of the offer, with its QR code."), "https://example.com/o/8/"
    ),
    Variable(
        "offer.qr_url",
        _("Address of a picture of that QR code, for e-mails."),
        "https://example.com/o/8/code.png",
    ),
    Variable("letter", _("Whether the message is a letter that a rep wrote, for conditions."), True),
    Variable("letter.subject", _("What the rep wrote as its subject."), "Your coat"),
    Variable("letter.text", _("What the rep wrote, line by line."), "It is here, in your size."),
    Variable("journey.name", _("Name of the journey that sends the message."), "Win back"),
    Variable("unsubscribe_url", _("Address of the page where the member unsubscribes."), "https://example.com/u/7"),
)
NAMES = tuple(variable.name for variable in VARIABLES)
_ATTRIBUTES = ("member", "attributes")


class Attributes(dict[str, Any]):
    """A member's attributes; one that this member lacks is empty, since not every member has all of them."""

    def __missing__(self, key: str) -> None:
        """Return None, which Liquid writes as nothing and takes for false."""


class Later(dict[str, Any]):
    """Variables of which some are made when they are asked for: dates are costly to write, and few templates ask."""

    def __init__(self, known: Mapping[str, Any], made: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__(known)
        self._made = made

    def __missing__(self, name: str) -> Any:
        """Make a variable and keep it. Raises KeyError for one that there is not."""
        self[name] = value = self._made[name]()
        return value


class Group(dict[str, str | None]):
    """Variables about one thing. In conditions and in text it stands for its name, and is false without one."""

    def __liquid__(self) -> str | None:
        """Return what Liquid compares and asks for truth."""
        return self["name"] or None

    def __str__(self) -> str:
        return self["name"] or ""


class Words(dict[str, str]):
    """What somebody wrote: `subject` and `text`. In conditions and in text it stands for its text."""

    def __liquid__(self) -> str:
        """Return what Liquid compares and asks for truth."""
        return self["text"]

    def __str__(self) -> str:
        return self["text"]


def is_known(path: Sequence[Any]) -> bool:
    """Say whether a path such as ("member", "first_name") is a variable."""
    if tuple(path[:2]) == _ATTRIBUTES:
        return len(path) == 3 and isinstance(path[2], str)
    return all(isinstance(part, str) for part in path) and ".".join(path) in NAMES


def nearest(name: str) -> str:
    """Return the variable that somebody who wrote `name` most likely meant, or an empty string."""
    ends = [known for known in NAMES if known.rpartition(".")[2] == name.rpartition(".")[2]]
    return next(iter(get_close_matches(name, ends or NAMES, n=1, cutoff=0.5)), "")


def examples() -> dict[str, Any]:
    """Return the facts of an invented member: every variable with its example."""
    made: dict[str, Any] = {
        "member": {"attributes": Attributes()},
        "store": Group(),
        "offer": Group(),
        "letter": Words(),
        "journey": {},
    }
    for variable in VARIABLES:
        group, _dot, name = variable.name.partition(".")
        if group not in made:
            made[group] = variable.example
        elif name and not name.startswith("attributes"):
            made[group][name] = variable.example
    return {**made, "locale": "en"}
