"""Grant an offer: one decision a member, which every channel then speaks from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from content.models import Offer
from content.offers import grant_cohort
from journeys.definition import fields
from journeys.definition.references import check_offer
from journeys.steps.base import StepAt, StepKind, StepText
from members.sql import Sql

_CANDIDATES = """
SELECT e.member_id, 'enrollment' AS origin_kind, e.id AS origin_id, %(step_key)s::text AS step_key, e.visit
FROM ({cohort}) e
"""
# A live grant of the offer counts, whoever gave it; so does the one that this very visit gave, whatever became of it.
_DECIDE = """
SELECT e.id AS enrollment_id, CASE WHEN g.id IS NULL THEN 'not_granted' ELSE 'granted' END AS outcome,
       NULL::timestamptz AS rest_until,
       CASE WHEN g.id IS NOT NULL THEN '' WHEN taken.by IS NOT NULL THEN 'slot_taken' ELSE 'offer_over' END AS reason,
       jsonb_strip_nulls(jsonb_build_object('grant', g.id, 'taken_by', taken.by)) AS detail
FROM ({cohort}) e
LEFT JOIN content_offer o ON o.key = %(offer)s
LEFT JOIN LATERAL (
    SELECT x.id FROM content_grant x
    WHERE x.member_id = e.member_id AND x.offer_id = o.id AND (
        x.state = 'live' AND x.validity @> %(now)s::timestamptz
        OR x.origin_kind = 'enrollment' AND x.origin_id = e.id AND x.step_key = %(step_key)s AND x.visit = e.visit)
    ORDER BY x.id DESC LIMIT 1
) g ON true
LEFT JOIN LATERAL (
    SELECT other.name AS by FROM content_grant x JOIN content_offer other ON other.id = x.offer_id
    WHERE g.id IS NULL AND x.member_id = e.member_id AND x.slot = o.slot AND x.offer_id <> o.id
      AND x.state = 'live' AND upper(x.validity) > %(now)s::timestamptz
    LIMIT 1
) taken ON true
"""


class GrantOffer(StepKind):
    """Grant the offer where the member's slot is free; a live grant of the same offer serves as well."""

    kind = "grant_offer"
    label = gettext_lazy("Grant an offer")
    names = ("offer", "otherwise")

    def check(self, settings: StepText, place: str) -> None:
        """The key of an offer."""
        check_offer(fields.needed(settings, "offer", place), fields.at(place, "offer"))

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """What happens where it is not granted stands under `otherwise`."""
        return {"not_granted": settings.get("otherwise", ())}

    def place(self, settings: StepText, outcome: str) -> str:
        """The path of `not_granted` is written `otherwise`."""
        return "otherwise"

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """The member has it, or not."""
        return ("granted", "not_granted")

    def act(self, step: StepAt, cohort: Sql, now: datetime) -> None:
        """Grant it to the cohort; a repeat finds the first grants."""
        offer = Offer.objects.filter(key=step.settings["offer"]).first()
        if offer is not None:
            candidates = _candidates(step, cohort)
            grant_cohort(offer, candidates, now)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """See who has it."""
        named = cohort.prefixed("c_")
        params = {**named.params, "offer": step.settings["offer"], "step_key": step.key, "now": now}
        return Sql(_DECIDE.format(cohort=named.text), params)


def _candidates(step: StepAt, cohort: Sql) -> Sql:
    named = cohort.prefixed("e_")
    return Sql(_CANDIDATES.format(cohort=named.text), {**named.params, "step_key": step.key})
