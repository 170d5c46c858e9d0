"""The leaf about other segments."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Segment
from members.rules import references
from members.rules.comparisons import Op, known, shown
from members.rules.errors import BadRule
from members.rules.given import Given
from members.rules.leaf import HasLeaf
from members.rules.looks import Asked, Look
from members.sql import Sql


@dataclass(frozen=True)
class SegmentLeaf(HasLeaf):
    """Whether the member belongs to another segment, as it was last refreshed."""

    kind = "segment"
    label = gettext_lazy("Segment")
    settings = ("key", "member")

    key: str

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a key; `member: false` asks for those outside of it."""
        return cls(known(given.flag("member", default=True)), given.text("key"))

    def look(self, asked: Asked) -> Look:
        """Look at the memberships."""
        tables = Sql("members_membership belongs JOIN members_segment other ON other.id = belongs.segment_id")
        where = Sql("other.key = %(key)s", {"key": self.key})
        return Look(Sql("belongs.since"), tables, "belongs.member_id", where)

    def topics(self) -> frozenset[str]:
        """Return what the other segment listens to, so that both are refreshed on the same news, and its own news."""
        reached = references.reached([self.key])
        own = {f"segment.{word}:{other.pk}" for other in reached for word in ("joined", "left")}
        return frozenset(own).union(*(references.direct_topics(other.rule) for other in reached))

    def segments(self) -> frozenset[str]:
        """Return the other segment's key."""
        return frozenset({self.key})

    def check_references(self, place: str) -> None:
        """The other segment must be there and be kept up to date."""
        active = dict(Segment.objects.values_list("key", "active"))
        if self.key not in active:
            near = get_close_matches(self.key, active, n=1)
            hint = {"key": self.key, "near": near[0] if near else _("another key")}
            raise BadRule(
                f"{place}.key", _("names the segment “%(key)s”, which is not there; make it, or use %(near)s.") % hint
            )
        if not active[self.key]:
            hint = {"key": self.key}
            raise BadRule(f"{place}.key", _("names the segment “%(key)s”, which is not active; activate it.") % hint)

    def describe(self) -> str:
        """Return the segment, wanted or not."""
        inside = self.test.op == Op.IS_SET
        words = _("the segment “%(key)s” holds them") if inside else _("the segment “%(key)s” does not hold them")
        return words % {"key": self.key}

    def found(self, value: Any) -> str:
        """Return since when."""
        return _("In it since %(day)s") % {"day": shown(value)} if value else _("Not in it")
