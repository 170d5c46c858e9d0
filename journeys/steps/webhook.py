"""Webhook: tell another system that the member is here, by a signed call to a receiver that an administrator set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.types.json import Jsonb

from channels import subscriptions
from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.definition.references import check_offer, check_receiver
from journeys.models import Version
from journeys.steps.base import StepAt, StepKind, StepText
from members.sql import Sql

# What of the member's profile can be told, as SQL over `m`; attributes are told by their names.
PROFILE = {
    **{
        name: f"m.{name}"
        for name in ("first_name", "last_name", "locale", "preferred_channel", "birthday", "joined_on")
    },
    "zone": "m.zone_id",
    "store": "(SELECT code FROM members_store WHERE id = m.home_store_id)",
    **{
        channel: f"(SELECT address FROM members_identity WHERE member_id = m.id AND channel = '{channel}' AND verified)"
        for channel in ("email", "sms", "chat")
    },
}
ATTRIBUTE = "attribute:"
MOST = 30
DEADLINE = {"days": 3}

# A live grant of the offer is told without its code: whoever has that can redeem.
_GRANT = """
LEFT JOIN LATERAL (
    SELECT x.id, jsonb_build_object(
               'grant', x.public_id, 'offer', o.key, 'price', x.price::text, 'currency', x.currency,
               'valid_from', lower(x.validity), 'valid_until', upper(x.validity)) AS said
    FROM content_grant x JOIN content_offer o ON o.id = x.offer_id
    WHERE x.member_id = e.member_id AND o.key = %(offer)s AND x.state = 'live' AND x.validity @> %(now)s::timestamptz
    ORDER BY x.id LIMIT 1
) g ON true
"""
_TAKEN = """
SELECT e.member_id, e.id AS origin_id, %(step_key)s::text AS step_key, e.visit, %(journey)s::bigint AS journey_id,
       %(journey_name)s::text AS journey_name, e.arrived_at + %(deadline)s::interval AS expires_at,
       jsonb_build_object(
           'journey', %(journey_key)s::text, 'journey_name', %(journey_name)s::text, 'version', %(version)s::int,
           'step', %(step_key)s::text, 'visit', e.visit, 'entry_key', e.entry_key, 'entered_at', e.entered_at,
           'profile', jsonb_build_object({profile}), 'grant', g.said, 'data', %(data)s::jsonb) AS data
FROM ({cohort}) e JOIN members_member m ON m.id = e.member_id {grant}
WHERE %(offer)s::text IS NULL OR g.id IS NOT NULL
"""
# What was queued for this very visit is there, whatever became of it since.
_DECIDE = """
SELECT e.id AS enrollment_id, CASE WHEN x.id IS NULL THEN 'not_sent' ELSE 'queued' END AS outcome,
       NULL::timestamptz AS rest_until,
       CASE WHEN x.id IS NOT NULL THEN '' WHEN %(offer)s::text IS NOT NULL AND g.id IS NULL THEN 'no_grant'
            ELSE 'no_sender' END AS reason,
       jsonb_build_object('receiver', %(receiver)s::text) AS detail
FROM ({cohort}) e {grant}
LEFT JOIN channels_message x ON x.member_id = e.member_id AND x.origin_kind = 'enrollment' AND x.origin_id = e.id
    AND x.step_key = %(step_key)s AND x.visit = e.visit
"""


class Webhook(StepKind):
    """Queue one call for each visit; it is no message to the member, so nothing of theirs limits it."""

    kind = "webhook"
    label = gettext_lazy("Call another system")
    names = ("receiver", "profile", "offer", "data", "deadline", "otherwise")

    def check(self, settings: StepText, place: str) -> None:
        """A receiver that listens to steps of journeys, and what it is told."""
        check_receiver(fields.needed(settings, "receiver", place), fields.at(place, "receiver"))
        _check_profile(settings.get("profile", []), fields.at(place, "profile"))
        if "offer" in settings:
            check_offer(settings["offer"], fields.at(place, "offer"))
        if "data" in settings:
            _check_data(settings["data"], fields.at(place, "data"))
        if "deadline" in settings:
            fields.duration(settings["deadline"], fields.at(place, "deadline"))

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """What happens where nothing is queued stands under `otherwise`."""
        return {"not_sent": settings.get("otherwise", ())}

    def place(self, settings: StepText, outcome: str) -> str:
        """The path of `not_sent` is written `otherwise`."""
        return "otherwise"

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """A call is queued, or it is not."""
        return ("queued", "not_sent")

    def act(self, step: StepAt, cohort: Sql, now: datetime) -> None:
        """Queue a call for everybody; a repeat finds the first ones."""
        profile = _profile(step.settings.get("profile", []))
        named = cohort.prefixed("c_")
        journey, version = Version.objects.values_list("journey__key", "number").get(pk=step.version_id)
        params = {
            **_params(step, now),
            "journey": step.journey_id,
            "journey_key": journey,
            "journey_name": step.journey_name,
            "version": version,
            "deadline": timedelta(**step.settings.get("deadline", DEADLINE)),
            "data": Jsonb(step.settings.get("data", {})),
        }
        text = _TAKEN.format(cohort=named.text, profile=profile.text, grant=_GRANT)
        taken = Sql(text, {**named.params, **profile.params, **params})
        subscriptions.call(step.settings["receiver"], taken, now)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """See whose call is there."""
        named = cohort.prefixed("c_")
        params = {**_params(step, now), "receiver": step.settings["receiver"]}
        return Sql(_DECIDE.format(cohort=named.text, grant=_GRANT), {**named.params, **params})


def _params(step: StepAt, now: datetime) -> dict[str, Any]:
    return {"step_key": step.key, "offer": step.settings.get("offer"), "now": now}


def _profile(told: Sequence[str]) -> Sql:
    """Return the arguments of jsonb_build_object for what is told of the profile."""
    pieces, params = [], {}
    for number, name in enumerate(told):
        params[f"name{number}"] = name.removeprefix(ATTRIBUTE)
        value = f"m.attributes -> %(name{number})s::text" if name.startswith(ATTRIBUTE) else PROFILE[name]
        pieces.append(f"%(name{number})s::text, {value}")
    return Sql(", ".join(pieces), params)


def _check_profile(value: object, place: str) -> None:
    told = fields.items(value, place, _("fields of the member"))
    for number, name in enumerate(told):
        if not (isinstance(name, str) and name.startswith(ATTRIBUTE) and name.removeprefix(ATTRIBUTE).strip()):
            fields.chosen(name, f"{place}[{number}]", [*PROFILE, f"{ATTRIBUTE}<name>"])
    if len({name.removeprefix(ATTRIBUTE) for name in told}) < len(told) or len(told) > MOST:
        raise BadDefinition(place, _("name each field once, and at most {most}.").format(most=MOST))


def _check_data(value: object, place: str) -> None:
    given = fields.mapping(value, place, _("What is told besides"))
    if len(given) > MOST:
        raise BadDefinition(place, _("at most {most} names can be told.").format(most=MOST))
    for name, one in given.items():
        if not isinstance(one, str | int | float):
            raise BadDefinition(fields.at(place, name), _("this must be a text, a number, `true` or `false`."))
