"""Contact pressure: which of a cohort's messages there is room for, under every policy at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from channels.models import PressurePolicy
from channels.vocabulary import LIVE, WEBHOOK, OriginKind
from members.models import Segment

# What nobody but us wanted to be said. What members asked for themselves presses nobody, and a test goes elsewhere.
UNASKED = (OriginKind.ENROLLMENT.value, OriginKind.REP.value)
# So many of the messages that leave no room are named, the latest first.
NAMED = 20


def counts(policy: str, message: str) -> str:
    """Return a condition: a policy counts, and so may stop, a message of this channel and purpose.

    The arguments are aliases of rows of the policies and of messages; the segment is asked by `holds_for`.
    """
    return (
        f"({policy}.channel IN ('', {message}.channel) AND {policy}.purpose IN ('', {message}.purpose)"
        f" AND {message}.origin_kind IN {UNASKED} AND {message}.channel <> '{WEBHOOK}')"
    )


def holds_for(policy: str, member: str) -> str:
    """Return a condition: a policy holds for a member, who is in its segment if it has one."""
    return (
        f"({policy}.segment_id IS NULL OR EXISTS (SELECT FROM members_membership pressed"
        f" WHERE pressed.segment_id = {policy}.segment_id AND pressed.member_id = {member}))"
    )


_COUNTED = f"""
    FROM channels_message x
    WHERE x.member_id = {{candidate}}.member_id AND x.state = ANY(%(live)s) AND {counts("p", "x")}
      AND x.planned_at > {{candidate}}.planned_at - p.span AND x.planned_at < {{candidate}}.planned_at + p.span
"""

# From `shared` to `judged`. No window of so many days around the planned departure may hold more than a policy allows:
# counting all of ± days is stricter than each single window by itself, and never too lax. Messages of one batch leave
# within hours of each other and are taken to share every window.
#
# Whoever wants more messages than there is room for is gone through in the order of importance: a message must fit
# under every policy that counts it, and one that does not takes room from nobody. That is a recursion over places, for
# all such members at once; it carries their candidates along as arrays, because joining them anew in each round was
# left to a planner that knows nothing of their number. For the same reason its end is a FULL JOIN, which is never made
# by comparing each with each.
_JUDGED = f"""
policy AS MATERIALIZED (
    SELECT * FROM unnest(%(policies)s::bigint[], %(policy_channels)s::text[], %(policy_purposes)s::text[],
                         %(policy_segments)s::bigint[], %(policy_messages)s::int[], %(policy_spans)s::interval[])
        WITH ORDINALITY AS policy(id, channel, purpose, segment_id, messages, span, number)
),
-- How many more each policy allows, in the order of the policies; null where one does not count the message.
roomy AS (
    SELECT s.*, room.rooms, room.least
    FROM shared s LEFT JOIN LATERAL (
        SELECT array_agg(free ORDER BY number) AS rooms, min(free) AS least
        FROM (
            SELECT p.number, CASE WHEN {counts("p", "s")} AND {holds_for("p", "s.member_id")}
                                  THEN p.messages - (SELECT count(*)::int {_COUNTED.format(candidate="s")}) END AS free
            FROM policy p WHERE s.no IS NULL OFFSET 0  -- or it would be counted once for each time that it is named
        ) each_policy
    ) room ON true
),
placed AS MATERIALIZED (
    SELECT r.*, CASE WHEN least > 0 THEN row_number() OVER importance END AS place,
           CASE WHEN least > 0 THEN count(*) OVER together > min(least) OVER together END AS contested
    FROM roomy r
    WINDOW together AS (PARTITION BY member_id, least > 0),
           importance AS (PARTITION BY member_id, least > 0 ORDER BY priority, expires_at, origin_id, step_key)
),
turn AS (
    SELECT member_id, 0::bigint AS place, array_agg(rooms ORDER BY place) AS rooms,
           array_agg(origin_id ORDER BY place) AS origins, array_agg(journey_name ORDER BY place) AS names,
           array_fill(0, ARRAY[%(policy_count)s]) AS taken, array_fill(0::bigint, ARRAY[%(policy_count)s]) AS first,
           NULL::bigint AS blocking, NULL::bigint AS won
    FROM placed WHERE contested GROUP BY member_id
    UNION ALL
    SELECT t.member_id, t.place + 1, t.rooms, t.origins, t.names,
           CASE WHEN next.blocking IS NULL THEN next.taken ELSE t.taken END,
           CASE WHEN next.blocking IS NULL THEN next.first ELSE t.first END,
           next.blocking, t.first[next.blocking]
    FROM turn t CROSS JOIN LATERAL (
        SELECT min(number) FILTER (WHERE free <= taken) AS blocking,
               array_agg(taken + (free IS NOT NULL)::int ORDER BY number) AS taken,
               array_agg(CASE WHEN first = 0 AND free IS NOT NULL THEN t.place + 1 ELSE first END ORDER BY number)
                   AS first
        FROM unnest(t.rooms[t.place + 1 : t.place + 1], t.taken, t.first)
            WITH ORDINALITY AS at_policy(free, taken, first, number)
    ) next
    WHERE t.place < cardinality(t.origins)
),
judged AS MATERIALIZED (
    SELECT p.*, t.blocking, t.origins[t.won] AS winner_id, t.names[t.won] AS winner,
           COALESCE(p.no, CASE WHEN p.least <= 0 THEN 'capped' WHEN t.blocking IS NOT NULL THEN 'lost' END) AS verdict
    FROM placed p FULL JOIN (SELECT * FROM turn WHERE place > 0) t USING (member_id, place)
)
"""

_UNPRESSED = """
judged AS MATERIALIZED (
    SELECT s.*, NULL::bigint AS winner_id, NULL::text AS winner, no AS verdict FROM shared s
)
"""

# Of the policies that stop a message the one that is named takes longest to make room; null is never. Who has had no
# message is not looked for: by then the statement has filled the table, and the plan was made before.
_WHY = f"""
LEFT JOIN LATERAL (
    SELECT p.id AS policy_id, live.ids, live.times[p.messages] + p.span AS free_at
    FROM policy p CROSS JOIN LATERAL (
        SELECT array_agg(x.planned_at ORDER BY x.planned_at DESC) AS times,
               (array_agg(x.id ORDER BY x.planned_at DESC, x.id DESC))[:{NAMED}] AS ids
        {_COUNTED.format(candidate="j")} AND j.rooms[p.number] < p.messages
    ) live
    WHERE j.verdict IN ('capped', 'lost')
      AND CASE j.verdict WHEN 'capped' THEN j.rooms[p.number] <= 0 ELSE p.number = j.blocking END
    ORDER BY free_at DESC NULLS FIRST, p.number LIMIT 1
) why ON true
"""
_NO_WHY = """
CROSS JOIN (SELECT NULL::bigint AS policy_id, NULL::bigint[] AS ids, NULL::timestamptz AS free_at) why
"""


def save(policy: PressurePolicy, now: datetime) -> PressurePolicy:
    """Store a policy, which says what it says since now: earlier messages fell under the policies of their day."""
    policy.since = now
    policy.save()
    return policy


def needs(segment: Segment) -> str:
    """Return the sentence that an active policy holds for the members of a segment, empty where none does."""
    found = PressurePolicy.objects.filter(segment=segment, active=True).first()
    if found is None:
        return ""
    said = {"policy": found, "name": segment}
    return _("The contact pressure policy “%(policy)s” holds for “%(name)s”; switch it off first.") % said


@dataclass(frozen=True)
class Judgement:
    """The part of the queue's statement that asks the policies.

    `judged` are its CTEs: they take `shared` and give `judged`, the same rows with `verdict`, `winner_id` and `winner`.
    `why` joins to its rows `j` which policy said no (`policy_id`), because of which messages (`ids`), and when there is
    room (`free_at`).
    """

    judged: str
    why: str
    params: Mapping[str, Any]


def judge(policies: Sequence[PressurePolicy]) -> Judgement:
    """Return how candidates are judged under these policies; nothing is asked where there are none."""
    if not policies:
        return Judgement(_UNPRESSED, _NO_WHY, {})
    params = {
        "policies": [policy.pk for policy in policies],
        "policy_channels": [policy.channel for policy in policies],
        "policy_purposes": [policy.purpose for policy in policies],
        "policy_segments": [policy.segment_id for policy in policies],
        "policy_messages": [policy.messages for policy in policies],
        "policy_spans": [timedelta(days=policy.days) for policy in policies],
        "policy_count": len(policies),
        "live": list(LIVE),
    }
    return Judgement(_JUDGED, _WHY, params)
