"""Filters of lists that grow without end: each asks an index."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from members import clock
from members.home.customers import SCORES, moved_between
from members.models import Member, Segment
from members.vocabulary import Tier

if TYPE_CHECKING:
    from django.contrib.admin import FieldListFilter as RangeDateTimeFilter
    from django.contrib.admin import SimpleListFilter as DropdownFilter
    from django.contrib.admin import SimpleListFilter as TextFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter, TextFilter


_NEVER = "none"


class SegmentFilter(DropdownFilter):
    """Members of a segment, as last refreshed."""

    title = _("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every segment by its id."""
        return [(pk, name) for pk, name in Segment.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Only its members."""
        chosen = self.value()
        return (
            queryset.filter(memberships__segment=int(chosen))
            if chosen and chosen.isdecimal() and len(chosen) < 19
            else queryset
        )


class TagFilter(TextFilter):
    """Members who carry a tag."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """None: the tag is typed."""
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Only those with exactly this tag."""
        chosen = self.value()
        return queryset.filter(tags__name=chosen.strip()) if chosen else queryset


class RfmFilter(DropdownFilter):
    """Members in a cell of the RFM grid: recency and frequency score."""

    title = _("RFM cell")
    parameter_name = "rfm"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every cell, the best one first, and those who are in none."""
        down = SCORES[::-1]
        cells = [(f"{recency}-{frequency}", f"R{recency} F{frequency}") for recency in down for frequency in down]
        return [*cells, (_NEVER, str(_("Never bought")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Only those in the cell."""
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        if chosen == _NEVER:
            return queryset.filter(standing__isnull=False, standing__recency=None)
        recency, frequency = chosen.split("-")
        return queryset.filter(standing__recency=int(recency), standing__frequency=int(frequency))


class TierMoveFilter(DropdownFilter):
    """Members who went from one tier to another in the last 30 days."""

    title = _("moved in 30 days")
    parameter_name = "moved"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every pair of tiers, and for each tier who rose or fell into it, from whichever one."""
        pairs = [(before, after) for before in Tier for after in Tier if before is not after]
        moves = [(f"{before}-{after}", f"{before.label} → {after.label}") for before, after in pairs]
        rose = [(f"up-{tier}", f"▲ {tier.label}") for tier in list(Tier)[:-1]]
        fell = [(f"down-{tier}", f"▼ {tier.label}") for tier in list(Tier)[1:]]
        return [*moves, *rose, *fell]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Only those who went this way."""
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        before, after = chosen.split("-")
        rank = list(Tier.values)
        place = rank.index(after)
        whence = {"up": rank[place + 1 :], "down": rank[:place]}.get(before, [before])
        return queryset.filter(pk__in=moved_between(whence, after, clock.now()))


class TimeFilter(RangeDateTimeFilter):
    """From one instant to another, in UTC. Without a time of day, a day is meant from its beginning or to its end."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only those between; what is no time counts as not said, where Unfold's own would fail."""
        ends = {"gte": self._instant("from", "00:00:00"), "lte": self._instant("to", "23:59:59")}
        return queryset.filter(**{f"{self.field_path}__{name}": end for name, end in ends.items() if end})

    def _instant(self, end: str, default: str) -> datetime | None:
        day, at = (self.used_parameters.get(f"{self.field_path}_{end}_{part}") for part in (0, 1))
        try:
            found = parse_datetime(f"{day} {at or default}")
        except ValueError:
            return None
        return found.replace(tzinfo=UTC) if found else None
