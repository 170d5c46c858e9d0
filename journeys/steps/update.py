"""Update: a tag, an attribute or points of the member."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.types.json import Jsonb

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.steps.base import StepAt, StepKind, StepText
from journeys.steps.passing import passing
from members import news
from members.facts import statements
from members.sql import Sql, rows

WAYS = ("add_tag", "remove_tag", "set_attribute", "earn_points")
MOST_POINTS = 1_000_000
TAG = re.compile(r"[-a-zA-Z0-9_]{1,64}")

_CHANGE = """
WITH changed AS ({change}), told AS ({news}) SELECT array_agg(DISTINCT shard) FROM told
"""
_CHANGED = """
SELECT member_id, %(topic)s::text AS topic, ''::text AS reference, %(now)s::timestamptz AS since FROM changed
"""
# In the order of members, as everybody who writes many of them does: cohorts that meet wait and never deadlock.
_ADD_TAG = """
INSERT INTO members_tag (member_id, name, since)
SELECT DISTINCT e.member_id, %(tag)s::text, %(now)s::timestamptz FROM ({cohort}) e ORDER BY e.member_id
ON CONFLICT (member_id, name) DO NOTHING RETURNING member_id
"""
_REMOVE_TAG = """
DELETE FROM members_tag WHERE name = %(tag)s AND member_id IN (SELECT e.member_id FROM ({cohort}) e) RETURNING member_id
"""
# NO KEY UPDATE, so that facts of these members are recorded meanwhile.
_SET_ATTRIBUTE = """
UPDATE members_member m SET attributes = m.attributes || jsonb_build_object(%(name)s::text, %(value)s::jsonb)
FROM (
    SELECT x.id FROM members_member x WHERE x.id IN (SELECT e.member_id FROM ({cohort}) e)
    ORDER BY x.id FOR NO KEY UPDATE
) chosen
WHERE m.id = chosen.id AND m.attributes -> %(name)s::text IS DISTINCT FROM %(value)s::jsonb
RETURNING m.id AS member_id
"""
# The key names the visit: a repeat finds it in the ledger and earns nothing.
_EARNED = """
SELECT row_number() OVER (ORDER BY e.id) AS position, e.member_id, NULL::text AS external_id,
       %(now)s::timestamptz AS happened_at, 'journey'::text AS source,
       concat_ws(':', e.id, %(step_key)s::text, e.visit) AS key, 'earned'::text AS kind, %(points)s::int AS points,
       %(expires_at)s::timestamptz AS expires_at
FROM ({cohort}) e
"""


class Update(StepKind):
    """Change one thing about the member, and tell the news of it."""

    kind = "update"
    label = gettext_lazy("Change the member")
    names = WAYS

    def check(self, settings: StepText, place: str) -> None:
        """Exactly one change."""
        way = fields.one_of(settings, WAYS, place)
        _CHECKS[way](settings[way], fields.at(place, way))

    def act(self, step: StepAt, cohort: Sql, now: datetime) -> None:
        """Change it where it is not so already."""
        settings, named = step.settings, cohort.prefixed("c_")
        if "add_tag" in settings:
            _change(_ADD_TAG, named, "tag", {"tag": settings["add_tag"]}, now)
        elif "remove_tag" in settings:
            _change(_REMOVE_TAG, named, "tag", {"tag": settings["remove_tag"]}, now)
        elif "set_attribute" in settings:
            given = settings["set_attribute"]
            _change(_SET_ATTRIBUTE, named, "profile", {"name": given["name"], "value": Jsonb(given["value"])}, now)
        else:
            _earn(step, named, now)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Everybody goes on."""
        return passing(cohort)


def _change(text: str, cohort: Sql, topic: str, params: dict[str, Any], now: datetime) -> None:
    whole = _CHANGE.format(change=text.format(cohort=cohort.text), news=news.insertion(_CHANGED))
    [(shards,)] = rows(whole, {**cohort.params, **params, "topic": topic, "now": now})
    news.announce(shards)


def _earn(step: StepAt, cohort: Sql, now: datetime) -> None:
    """Record the points as facts are recorded: ledger, entries and news in one statement."""
    given = step.settings["earn_points"]
    text = statements.RECORD.format(
        staged=_EARNED.format(cohort=cohort.text),
        table="members_pointsentry",
        columns="kind, points, expires_at",
        lines="",
        news=statements.news_of("'points'::text"),
    )
    days = given.get("expires_after_days")
    params = {
        "fact": "points",
        "step_key": step.key,
        "points": given["points"],
        "expires_at": now + timedelta(days=days) if days else None,
        "now": now,
    }
    [(_new, _unknown, shards)] = rows(text, {**cohort.params, **params})
    news.announce(shards)


def _check_attribute(value: object, place: str) -> None:
    given = fields.mapping(value, place, _("An attribute"))
    fields.only(given, ("name", "value"), place)
    fields.text(fields.needed(given, "name", place), fields.at(place, "name"), 64)
    if not isinstance(fields.needed(given, "value", place), str | int | float):
        raise BadDefinition(fields.at(place, "value"), _("this must be a text, a number, `true` or `false`."))


def _check_points(value: object, place: str) -> None:
    given = fields.mapping(value, place, _("Earning points"))
    fields.only(given, ("points", "expires_after_days"), place)
    fields.whole(fields.needed(given, "points", place), fields.at(place, "points"), 1, MOST_POINTS)
    if "expires_after_days" in given:
        inner = fields.at(place, "expires_after_days")
        fields.whole(given["expires_after_days"], inner, 1, fields.LONGEST_DAYS)


def _check_tag(value: object, place: str) -> None:
    if not (isinstance(value, str) and TAG.fullmatch(value)):
        raise BadDefinition(place, _("a tag has 1 to 64 letters, digits, hyphens or underscores, such as `vip`."))


_CHECKS: dict[str, Callable[[object, str], object]] = {
    "add_tag": _check_tag,
    "remove_tag": _check_tag,
    "set_attribute": _check_attribute,
    "earn_points": _check_points,
}
