"""The marketer's home: cards and alarms. Each layer registers its own in AppConfig.ready.

A card is loaded after the page, each by a request of its own, so that the page stands at once however many members
there are. `load(now)` returns what `template` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Card:
    """A part of the home for those with `permission`; cards stand by `order`."""

    key: str
    title: StrOrPromise
    order: int
    template: str
    load: Callable[[datetime], Mapping[str, Any]]
    permission: str


@dataclass(frozen=True)
class Alarm:
    """Something that somebody must look at: a sentence, since when, and the page where to look."""

    sentence: str
    since: datetime | None = None
    address: str = ""


Watch = Callable[[datetime], Iterable[Alarm]]
_cards: dict[str, Card] = {}
_watches: list[Watch] = []


def register(*cards: Card) -> None:
    """Add cards; one with the same key takes the place of the first."""
    for card in cards:
        _cards[card.key] = card


def watch(*watches: Watch) -> None:
    """Add functions that return the alarms of their layer; each asks a few queries along indexes."""
    _watches.extend(one for one in watches if one not in _watches)


def cards(request: HttpRequest) -> Sequence[Card]:
    """Return the cards that whoever asks may see, in order."""
    return sorted((card for card in _cards.values() if request.user.has_perm(card.permission)), key=lambda x: x.order)


def alarms(now: datetime) -> Sequence[Alarm]:
    """Return everything that somebody must look at, of all layers."""
    return [alarm for one in _watches for alarm in one(now)]
