"""Publishing a journey, pausing and resuming it, and stopping it for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels import holds
from channels.models import Hold
from journeys import breaker, changeover, days, definitions, engine, entries, storing, winners
from journeys import plan as versions
from journeys.breaker import Forecast
from journeys.changeover import ChangePlan
from journeys.definition.facts import news_topic
from journeys.definitions import BadDefinition, Checked
from journeys.models import Journey, Version
from journeys.steps.base import kinds
from journeys.vocabulary import JourneyState
from members import audit_log, news
from members.models import User
from members.sql import rows
from members.vocabulary import Deed

# Enrollments stay on their version, and a goal counts for a while after the end: these still have to be woken.
_VERSIONS_UNDER_WAY = """
SELECT DISTINCT version_id FROM journeys_enrollment
WHERE journey_id = %(journey)s AND (ended_at IS NULL OR goal_until > %(now)s)
"""


class NotPossible(Exception):
    """The journey's state does not allow this; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Terms:
    """How to publish: `mapping` says where those under way go, by the key of their step (see `journeys.changeover`).

    Without a `daily_maximum`, the definition's holds, else twice the forecast. The definition becomes the draft, unless
    that is to be kept.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    daily_maximum: int | None = None
    keeps_draft: bool = False


@dataclass(frozen=True)
class Plan:
    """What publishing would do: with those under way, and how many messages may be expected and will be the most."""

    changes: ChangePlan
    forecast: Forecast
    daily_maximum: int | None


def plan(journey: Journey, definition: Mapping[str, Any], now: datetime, terms: Terms | None = None) -> Plan:
    """Return what publishing a definition would do now.

    Raises BadDefinition, and BadMapping for a mapping that cannot be followed. Without one, everybody stays.
    """
    return _planned(journey, _checked(journey, definition), now, terms or Terms())


def publish(
    journey: Journey, definition: Mapping[str, Any], now: datetime, who: User | None = None, terms: Terms | None = None
) -> Version:
    """Make a definition the journey's current version and let members in. Raises BadDefinition and BadMapping.

    Enrollments under way stay on their version, unless the terms say otherwise. A paused journey stays paused, and so
    does one that its circuit breaker holds.
    """
    with transaction.atomic():
        version = _published(journey, definition, now, who, terms or Terms())
    changeover.finish(version, now)
    return version


def roll_back(
    journey: Journey, number: int, now: datetime, who: User | None = None, terms: Terms | None = None
) -> Version:
    """Publish what an earlier version says as a version of its own; the draft stays as it is.

    Raises NotPossible where there is no such version, BadDefinition where what it refers to is no more, BadMapping.
    """
    found = earlier(journey, number)
    return publish(journey, found.definition, now, who, replace(terms or Terms(), keeps_draft=True))


def earlier(journey: Journey, number: int) -> Version:
    """Return a version of a journey by its number. Raises NotPossible."""
    found = journey.versions.filter(number=number).first()
    if found is None:
        sentence = _("“{journey}” has no version {number}; choose one of those that were published.")
        raise NotPossible(sentence.format(journey=journey.name, number=number))
    return found


def _planned(journey: Journey, checked: Checked, now: datetime, terms: Terms) -> Plan:
    changes = changeover.plan(journey, checked, terms.mapping)
    found = breaker.forecast(journey, checked, now)
    given = terms.daily_maximum or checked.definition.get("daily_maximum")
    return Plan(changes, found, given or found.daily_maximum or None)


def _published(
    journey: Journey, definition: Mapping[str, Any], now: datetime, who: User | None, terms: Terms
) -> Version:
    journey = _locked(journey)
    checked = _checked(journey, definition)
    planned = _planned(journey, checked, now, terms)
    before = journey.current_id
    version = storing.store(journey, checked, now, who)
    changeover.begin(version, planned.changes)
    journey.daily_maximum = planned.daily_maximum
    if not terms.keeps_draft:
        journey.draft = version.definition
    _make_current(journey, version, now)
    # A tick that began before this may still enter members into the version that was current.
    _listen(journey, now, {before} if before else set())
    _take_in(version, now)
    winners.reopen_published(version, now)
    audit_log.note(who, Deed.PUBLISHED, journey, _("version {number}").format(number=version.number))
    return version


def _checked(journey: Journey, definition: Mapping[str, Any]) -> Checked:
    checked = definitions.check(definition)
    if checked.definition["key"] != journey.key:
        sentence = _("the journey is called `{key}`; keep its key, or load the definition as a journey of its own.")
        raise BadDefinition("key", sentence.format(key=journey.key))
    return checked


@transaction.atomic
def pause(journey: Journey, now: datetime, who: User | None = None) -> None:
    """Hold a live journey: nobody enters or moves, and nothing of it leaves. One row, whatever its size."""
    journey = _locked(journey)
    demand(journey, JourneyState.LIVE)
    holds.place(Hold.Scope.JOURNEY, str(journey.pk), _("The journey is paused."), now, who)
    _set_state(journey, JourneyState.PAUSED)
    audit_log.note(who, Deed.PAUSED, journey)


@transaction.atomic
def resume(journey: Journey, now: datetime, who: User | None = None) -> None:
    """Let a paused journey go on. Dates that came meanwhile are past; whoever waits in the entry segment may enter.

    What its circuit breaker holds stays held until it is released.
    """
    journey = _locked(journey)
    demand(journey, JourneyState.PAUSED)
    holds.lift(Hold.Scope.JOURNEY, str(journey.pk))
    held = breaker.standing(journey)
    if held:
        holds.place(Hold.Scope.JOURNEY, str(journey.pk), held.why, held.since)
    journey.dates_until = now
    _set_state(journey, JourneyState.LIVE)
    if journey.current is not None:
        _take_in(journey.current, now)
    audit_log.note(who, Deed.RESUMED, journey)


def stop(journey: Journey, now: datetime, who: User | None = None) -> int:
    """Stop a journey: everybody under way leaves, and what has not left is cancelled. Returns how many left.

    The journey is held until the last shard is through, and a stop that broke off can be said again.
    """
    with transaction.atomic():
        journey = _locked(journey)
        demand(journey, JourneyState.LIVE, JourneyState.PAUSED, JourneyState.STOPPED)
        holds.place(Hold.Scope.JOURNEY, str(journey.pk), _("The journey is being stopped."), now, who)
        news.unlisten(_listener(journey))
        breaker.forgo(journey, now)
        _set_state(journey, JourneyState.STOPPED)
        audit_log.note(who, Deed.STOPPED, journey)
    left = engine.end_journey(journey.pk, now)
    holds.lift(Hold.Scope.JOURNEY, str(journey.pk))
    return left


def _locked(journey: Journey) -> Journey:
    return Journey.objects.select_for_update(of=("self",)).select_related("current").get(pk=journey.pk)


def demand(journey: Journey, *states: JourneyState) -> None:
    """Raise NotPossible unless a journey is in one of these states."""
    if journey.state not in states:
        sentence = _("“{journey}” is {state}; this takes a journey that is {states}.")
        shown = " / ".join(str(state.label).lower() for state in states)
        state = JourneyState(journey.state).label.lower()
        raise NotPossible(sentence.format(journey=journey.name, state=state, states=shown))


def _set_state(journey: Journey, state: JourneyState) -> None:
    journey.state = state
    journey.save()


def _make_current(journey: Journey, version: Version, now: datetime) -> None:
    before, journey.current = journey.current, version
    journey.name, journey.kind = version.definition["name"], version.definition["kind"]
    if journey.state not in (JourneyState.LIVE, JourneyState.PAUSED):
        holds.lift(Hold.Scope.JOURNEY, str(journey.pk))
        journey.state = JourneyState.LIVE
        before = None
    # Days are looked for from here on, or from the last look where members entered by such days already.
    kinds_of_entry = version.definition["entry"].keys() & set(days.KINDS)
    if before is None or not kinds_of_entry & before.definition["entry"].keys():
        journey.dates_until = now
    journey.save()


def _listener(journey: Journey) -> str:
    return f"journey:{journey.pk}"


def _listen(journey: Journey, now: datetime, also: set[int]) -> None:
    """Listen to whatever names members for entry, wakes them, converts them or makes them leave."""
    under_way = {version for (version,) in rows(_VERSIONS_UNDER_WAY, {"journey": journey.pk, "now": now})}
    current = versions.plan(journey.current_id or 0)
    ids = under_way | also | {current.version_id}
    topics = {topic for pk in ids for topic in _topics_under_way(versions.plan(pk))}
    news.listen(_listener(journey), topics | _entry_topics(current))


def _topics_under_way(version: versions.Plan) -> set[str]:
    waking = [kinds()[step.kind].topics(step.settings) for step in version.steps.values()]
    asked = [rule.topics() for rule in (version.exit, version.goal) if rule is not None]
    return set().union(*waking, *asked)


def _entry_topics(version: versions.Plan) -> set[str]:
    direct = entries.topics(version)
    if "segment" in version.entry:
        return direct | {f"segment.joined:{version.entry_segment_id}"}
    if "fact" in version.entry:
        return direct | {news_topic(version.entry["fact"])}
    return direct


def _take_in(version: Version, now: datetime) -> None:
    """Name whoever is in the entry segment already, if the entry says so; each stay there is worth one entry."""
    found = versions.plan(version.pk)
    begun = found.opens is None or now >= found.opens  # before, the look at its first day does it
    if found.includes_existing and begun and version.journey.state == JourneyState.LIVE:
        entries.name_existing(found, now)
