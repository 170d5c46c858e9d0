"""Calls that members ask for: each is a follow-up of a team, by the outbox as all of them are."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels import house_contents
from channels.models import Message, Team
from channels.queueing import queue
from channels.vocabulary import OriginKind, Reason
from content.models import Grant
from members.models import Member
from members.sql import Sql
from members.vocabulary import Purpose

DEADLINE = timedelta(days=3)
_FIRST = 10  # before what journeys send: this member waits for it
_CANDIDATE = """
SELECT %(kind)s::text AS origin_kind, %(origin)s::bigint AS origin_id, 'call'::text AS step_key, 1 AS visit,
       %(member)s::bigint AS member_id, %(content)s::bigint AS content_id, %(offer)s::bigint AS offer_id,
       ARRAY['desk'] AS channels, %(priority)s::smallint AS priority, %(expires)s::timestamptz AS expires_at,
       NULL::bigint AS journey_id, ''::text AS journey_name, NULL::text AS once_key, %(team)s::bigint AS team_id,
       'drop'::text AS losing, NULL::text AS address_given, %(purpose)s::text AS purpose_given
"""


class CannotCall(Exception):
    """Nobody can be asked to call; the message is a sentence that says why."""


def want_call(
    member: Member, team: Team, origin: OriginKind, origin_id: int, now: datetime, *, grant: Grant | None = None
) -> Message:
    """Queue a follow-up for a team, about a grant if there is one, and return its message; asked again, the same one.

    `origin_id` names the wish. The member asked for it, so it is transactional: it needs no consent and counts nowhere
    as contact, and so it needs no lock of the shard. Raises CannotCall where no sender carries the desk.
    """
    until = now + DEADLINE
    params = {
        "kind": origin.value,
        "origin": origin_id,
        "member": member.pk,
        "content": house_contents.made("wants-a-call").pk,
        "offer": grant.offer_id if grant else None,
        "priority": _FIRST,
        "expires": min(until, grant.validity.upper) if grant else until,
        "team": team.pk,
        "purpose": Purpose.TRANSACTIONAL.value,
    }
    [verdict] = queue(Sql(_CANDIDATE, params), now)
    if verdict.message_id is None:
        raise CannotCall(str(Reason(verdict.reason).label))
    return Message.objects.get(pk=verdict.message_id)
