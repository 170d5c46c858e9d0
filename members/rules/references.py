"""Which segments a rule speaks of, and through them which others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter

from django.utils.translation import gettext as _

from members.models import Segment
from members.rules.errors import BadRule
from members.rules.rule import Rule, parse


def of(rule: Rule) -> dict[str, str]:
    """Return the keys of the segments that a rule speaks of itself, and at which place."""
    return {key: at.place for at in rule.leaves() for key in at.leaf.segments()}


def reached(keys: Iterable[str]) -> list[Segment]:
    """Return the segments of these keys and all that they speak of; what does not exist is left out."""
    found: dict[str, Segment] = {}
    wanted = set(keys)
    while wanted:
        new = list(Segment.objects.filter(key__in=wanted).order_by("pk"))
        found |= {segment.key: segment for segment in new}
        wanted = {key for segment in new for key in of(parse(segment.rule))} - found.keys()
    return list(found.values())


def direct_topics(written: object) -> frozenset[str]:
    """Return the topics of all leaves of a rule that speak of no segment."""
    leaves = [at.leaf for at in parse(written).leaves()]
    return frozenset().union(*(leaf.topics() for leaf in leaves if not leaf.segments()))


def in_order(segments: Sequence[Segment]) -> list[Segment]:
    """Return segments so that each stands after those its rule speaks of."""
    by_key = {segment.key: segment for segment in segments}
    graph = {segment.key: sorted(_spoken_of(segment) & by_key.keys()) for segment in segments}
    return [by_key[key] for key in TopologicalSorter(graph).static_order()]


def speaking_of(key: str, segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments whose rules speak of a key, themselves or through others."""
    found: dict[str, Segment] = {}
    wanted = {key}
    while wanted:
        new = {one.key: one for one in segments if one.key not in found and _spoken_of(one) & wanted}
        found |= new
        wanted = set(new)
    return list(found.values())


def check_cycles(key: str, rule: Rule, others: Sequence[Segment]) -> None:
    """Raise BadRule when a segment with this key and rule would depend on itself."""
    behind = {one.key for one in speaking_of(key, others)} | {key}
    for spoken_of, place in of(rule).items():
        if spoken_of in behind:
            about = {"key": spoken_of, "own": key}
            raise BadRule(
                f"{place}.key",
                _("names “%(key)s”, which depends on this segment, “%(own)s”: neither could come first.") % about,
            )


def _spoken_of(segment: Segment) -> set[str]:
    return set(of(parse(segment.rule, f"{segment.key}.rule")))
