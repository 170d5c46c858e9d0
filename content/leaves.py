"""The leaf of rules that content brings: grants."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Grant, Offer
from members.rules import BadRule, Leaf
from members.rules.comparisons import Kind, listed
from members.rules.given import Given
from members.rules.looks import Asked, Look
from members.rules.words import with_window
from members.sql import Sql

_LIVE = "promised.validity @> %(now)s AND (promised.state = 'live' OR promised.closed_at > %(now)s)"


@dataclass(frozen=True)
class GrantsLeaf(Leaf):
    """How many grants the member has, or had, of an offer or in a slot.

    Without `state` all that were granted count, whatever became of them. The window is about the time of granting, and
    with a state other than live about the time of its end.
    """

    kind = "grants"
    label = gettext_lazy("Grants")
    settings = ("state", "offer", "slot", "op", "value", "within_days")

    state: Grant.State | None
    offer: str
    slot: str
    within_days: int | None

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a comparison of numbers, and perhaps a state, an offer's key, a slot and a window."""
        state = Grant.State(given.choice("state", Grant.State.values)) if "state" in given else None
        test = given.comparison(Kind.NUMBER, always=True)
        return cls(test, state, given.text("offer", ""), given.text("slot", ""), given.days())

    def look(self, asked: Asked) -> Look:
        """Count grants as they stood at the time asked."""
        tables = Sql("content_grant promised JOIN content_offer meant ON meant.id = promised.offer_id")
        return Look(Sql("count(*)"), tables, "promised.member_id", self._where(asked), grouped=True, counts=True)

    def _where(self, asked: Asked) -> Sql:
        ended = self.state not in (None, Grant.State.LIVE)
        window = asked.window("promised.closed_at" if ended else "promised.granted_at", self.within_days)
        conditions, params = [window.text], dict(window.params)
        if self.state == Grant.State.LIVE:
            conditions.append(_LIVE)
        for column, value in (
            ("promised.state", self.state.value if self.state and ended else ""),
            ("meant.key", self.offer),
            ("promised.slot", self.slot),
        ):
            if value:
                name = column.partition(".")[2]
                conditions.append(f"{column} = %({name})s")
                params[name] = value
        return Sql(" AND ".join(conditions), params)

    def topics(self) -> frozenset[str]:
        """Return the topic of grants. That a validity runs out is no news; the next refresh of everybody sees it."""
        return frozenset({"grant"})

    def moves_by_time(self) -> bool:
        """Windows move on, and validities begin and run out."""
        return self.within_days is not None or self.state == Grant.State.LIVE

    def check_references(self, place: str) -> None:
        """The offer must be there."""
        keys = list(Offer.objects.values_list("key", flat=True)) if self.offer else []
        if self.offer and self.offer not in keys:
            near = get_close_matches(self.offer, keys, n=1)
            hint = {"key": self.offer, "near": near[0] if near else _("another key")}
            raise BadRule(f"{place}.offer", _("names the offer “%(key)s”, which is not there; use %(near)s.") % hint)

    def subject(self) -> str:
        """Return what is counted, with its window."""
        words: list[Any] = [self.state.label] if self.state else []
        words += [f"“{name}”" for name in (self.offer, self.slot) if name]
        counted = (
            _("the number of grants (%(words)s)") % {"words": listed(words)} if words else _("the number of grants")
        )
        return with_window(counted, self.within_days)
