"""The desk adapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from channels.base import Adapter, Fate, Outgoing, Result
from channels.desk import capacity
from channels.vocabulary import Reason
from members.sql import rows
from members.vocabulary import Channel

# A message that has a follow-up already keeps it: the same window handed over twice gives nobody two calls.
_GIVE = """
INSERT INTO channels_followup (
    public_id, message_id, member_id, team_id, state, result, note, given_on, due_at, created_at)
SELECT gen_random_uuid(), m.id, m.member_id, m.team_id, 'open', '', '', given.day, m.expires_at, %(now)s
FROM unnest(%(messages)s::bigint[], %(days)s::date[]) AS given(id, day) JOIN channels_message m USING (id)
ON CONFLICT (message_id) DO NOTHING
"""
_GIVEN = "SELECT message_id, public_id::text FROM channels_followup WHERE message_id = ANY(%(messages)s)"


class Desk(Adapter):
    """Follow-ups for people."""

    kind = "desk"
    channel = Channel.DESK
    label = _("Desk (people)")
    dedupes = True
    needs_address = False

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """There is nothing that could be wrong."""

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Give each message to its team as a follow-up, in the order of the window, while the team's day has room."""
        moments = [out.now for out in window if out.now]
        if not moments:
            return []
        with transaction.atomic(durable=True):
            return self._give(window, min(moments))

    def _give(self, window: Sequence[Outgoing], now: datetime) -> list[Result]:
        ids = [out.message_id for out in window]
        given = dict(rows(_GIVEN, {"messages": ids}))
        days = capacity.days({out.team_id for out in window if out.team_id}, now)
        taken = {}
        for out in window:
            day = days.get(out.team_id or 0)
            if out.message_id not in given and day and day.take():
                taken[out.message_id] = day.date
        rows(_GIVE, {"messages": list(taken), "days": list(taken.values()), "now": now})
        given = dict(rows(_GIVEN, {"messages": ids}))
        return [_result(out, given.get(out.message_id), days.get(out.team_id or 0), now) for out in window]


def _result(out: Outgoing, given: str | None, day: capacity.Day | None, now: datetime) -> Result:
    if given:
        return Result(out.message_id, Fate.SENT, given)
    if day is None:
        return Result(out.message_id, Fate.REFUSED, words=str(_("The message names no team that exists.")))
    full = _("The team has its %(capacity)d follow-ups for %(day)s.") % {"capacity": day.capacity, "day": day.date}
    wait = (day.next_opening - now).total_seconds()
    return Result(out.message_id, Fate.AGAIN, words=str(full), wait=wait, reason=Reason.OVER_CAPACITY)
