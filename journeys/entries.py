"""Who is named for entry. Segments and facts come as news; existing members are made news here, days in `days`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from journeys.definition.facts import news_topic
from journeys.heard import Heard
from journeys.plan import Plan
from members import news, segments
from members.rules.months import OF_MONTHS, Known, known
from members.sql import Sql, rows

# A stay in the segment is worth one entry: whoever entered since joining it is not named again by a later publication.
_EXISTING = """
SELECT s.member_id FROM members_membership s
WHERE s.segment_id = %(segment)s AND NOT EXISTS (
    SELECT 1 FROM journeys_enrollment e
    WHERE e.member_id = s.member_id AND e.journey_id = %(journey)s AND e.entered_at >= s.since)
"""

_PROPERTY = f"""
SELECT id, properties ->> %(name)s FROM members_event happened WHERE {OF_MONTHS.format(fact="happened")}
"""


class Named(NamedTuple):
    """A member who is named for entry, and what the entry is about.

    `deferred` where the ramp put it off before; `direct` where somebody named this very member, in a segment or not;
    `stirred` where more is told of the member than that, by which they may have left the segment already. `since` is
    when it happened: what the member did after it counts for the goal, however late they are let in.
    """

    member_id: int
    entry_key: str
    deferred: bool = False
    direct: bool = False
    stirred: bool = False
    since: datetime | None = None


def topic(plan: Plan) -> str:
    """Return the topic under which members are named for a journey directly."""
    return topic_of(plan.journey_id)


def topic_of(journey_id: int) -> str:
    """Return the topic under which members are named for the journey with this id; the reference is the entry key."""
    return f"entry:{journey_id}"


def deferred_topic(plan: Plan) -> str:
    """Return the topic under which members are named again whom a journey had no room for on the day before."""
    return f"ramp:{plan.journey_id}"


def deferred_direct_topic(plan: Plan) -> str:
    """Return the topic of those among them whom somebody had named directly: no segment speaks for or against them."""
    return f"again:{plan.journey_id}"


def existing_topic(plan: Plan) -> str:
    """Return the topic under which those are named who are in the entry segment already."""
    return f"existing:{plan.journey_id}"


def topics(plan: Plan) -> set[str]:
    """Return every topic under which members are named for this journey alone."""
    return {topic(plan), existing_topic(plan), deferred_topic(plan), deferred_direct_topic(plan)}


def named(plan: Plan, heard: Heard) -> list[Named]:
    """Return the members that this news names for entry."""
    ((kind, entry),) = plan.entry.items()
    ways = {
        deferred_topic(plan): {"deferred": True},
        deferred_direct_topic(plan): {"deferred": True, "direct": True},
        topic(plan): {"direct": True},
        existing_topic(plan): {},
    }
    direct = [Named(member, key, since=at, **ways[about]) for member, about, key, at in heard.about(ways)]
    if kind == "segment":
        joined = f"segment.joined:{plan.entry_segment_id}"
        found = [(member, at) for member, _, _, at in heard.about([joined])]
        stirred = heard.stirred
        since = _told_segment(plan, heard) if any(member in stirred for member, _ in found) else {}
        return direct + [
            Named(member, "", stirred=member in stirred, since=min(since.get(member, at), at) if at else None)
            for member, at in found
        ]
    if kind == "fact":
        about = news_topic(entry)
        facts = [(one.member_id, (int(one.reference or 0), one.happened_at)) for one in heard.about([about])]
        return direct + _keyed(_meant(plan, facts), entry.get("key"))
    return direct


def _told_segment(plan: Plan, heard: Heard) -> Mapping[int, datetime]:
    """Return when the latest of what the entry segment listens to happened, by member: that made them join it now."""
    read = news.topics(f"{segments.LISTENER}{plan.entry_segment_id}")
    latest: dict[int, datetime] = {}
    for one in heard.about(read):
        if one.happened_at:
            latest[one.member_id] = max(one.happened_at, latest.get(one.member_id, one.happened_at))
    return latest


def _meant(plan: Plan, found: Sequence[tuple[int, Known]]) -> Sequence[tuple[int, Known]]:
    """Return the facts that let members in. The others name nobody: there is no "no" to be traced."""
    if plan.entry_fact is None or not found:
        return found
    meant = plan.entry_fact.among([fact for _, fact in found])
    return [(member, fact) for member, fact in found if fact[0] in meant]


def _keyed(found: Sequence[tuple[int, Known]], name: str | None) -> list[Named]:
    if name is None or not found:
        return [Named(member, "", since=at) for member, (_, at) in found]
    keys = dict(rows(_PROPERTY, {"name": name, **known([fact for _, fact in found])}))
    return [Named(member, (keys.get(fact) or "")[:128], since=at) for member, (fact, at) in found]


def existing(segment_id: int, journey_id: int) -> int:
    """Return how many are in a segment and did not enter a journey since they joined it."""
    params = {"segment": segment_id, "journey": journey_id}
    return int(rows(f"SELECT count(*) FROM ({_EXISTING}) found", params)[0][0])


def name_existing(plan: Plan, now: datetime) -> int:
    """Name everybody who is in the entry segment already; return how many."""
    found = Sql(_EXISTING, {"segment": plan.entry_segment_id, "journey": plan.journey_id})
    return news.write(found, existing_topic(plan), now)
