"""What a sending step wants of the outbox, for a whole cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.steps.base import StepAt, StepText
from members.sql import Sql

LOSING = ("defer", "drop")

# The deadline counts from the arrival, however often the message is deferred. Content, offer and team are looked up by
# their keys, which never change.
_CANDIDATES = """
SELECT 'enrollment'::text AS origin_kind, e.id AS origin_id, %(step_key)s::text AS step_key, e.visit, e.member_id,
       (SELECT id FROM content_content WHERE key = %(content)s) AS content_id,
       -- An offer that was deleted is not the same as none: 0 is no offer's id, and nobody has a grant of it.
       CASE WHEN %(offer)s::text IS NOT NULL
            THEN COALESCE((SELECT id FROM content_offer WHERE key = %(offer)s), 0) END AS offer_id,
       %(channels)s::text[] AS channels, %(priority)s::smallint AS priority,
       e.arrived_at + %(deadline)s::interval AS expires_at, %(journey)s::bigint AS journey_id,
       %(journey_name)s::text AS journey_name, CASE WHEN %(once)s THEN e.entry_key END AS once_key,
       (SELECT id FROM channels_team WHERE key = %(team)s) AS team_id, {losing} AS losing
FROM ({cohort}) e
"""

# Each time that a message is put off leaves a row in the trace.
_LOSING = """CASE WHEN %(defer_at_most)s <= (
           SELECT count(*) FROM journeys_trace t
           WHERE t.member_id = e.member_id AND t.journey_id = e.journey_id AND t.enrollment_id = e.id
             AND t.step_key = %(step_key)s AND t.visit = e.visit AND t.outcome = 'waiting'
             AND t.reason IN ('capped', 'lost') AND t.at >= e.arrived_at
       ) THEN 'drop' ELSE 'defer' END"""


def check_losing(settings: StepText, place: str) -> None:
    """Check what a sending step says of its rank, and of what happens when there is no room for its message."""
    if "priority" in settings:
        fields.whole(settings["priority"], fields.at(place, "priority"), least=1, most=99)
    if "losing" in settings:
        fields.chosen(settings["losing"], fields.at(place, "losing"), LOSING)
    if "defer_at_most" in settings:
        fields.whole(settings["defer_at_most"], fields.at(place, "defer_at_most"), least=1, most=99)
        if settings.get("losing") == "drop":
            sentence = _("what is dropped is never put off; take this out, or write `losing: defer`.")
            raise BadDefinition(fields.at(place, "defer_at_most"), sentence)


def candidates(step: StepAt, cohort: Sql, *, channels: Sequence[str], deadline: Mapping[str, int], once: bool) -> Sql:
    """Return the columns of `SendingKind.candidates`; `deadline` holds where the step's settings name none.

    With `once`, members who share an address get one message between them; another entry key (another order, another
    birthday) is another message.
    """
    named, settings = cohort.prefixed("c_"), step.settings
    params = {
        "step_key": step.key,
        "content": settings["content"],
        "offer": settings.get("offer"),
        "channels": list(channels),
        "priority": settings.get("priority", step.priority),
        "deadline": timedelta(**settings.get("deadline", settings.get("due_in", deadline))),
        "journey": step.journey_id,
        "journey_name": step.journey_name,
        "once": once,
        "team": settings.get("team"),
        "losing": settings.get("losing", "defer"),
        "defer_at_most": settings.get("defer_at_most"),
    }
    losing = _LOSING if "defer_at_most" in settings else "%(losing)s::text"
    return Sql(_CANDIDATES.format(cohort=named.text, losing=losing), {**named.params, **params})
