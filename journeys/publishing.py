"""Publishing a journey, pausing and resuming it, and stopping it for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels import holds
from channels.models import Hold
from journeys import days, definitions, engine, entries
from journeys.definition.facts import news_topic
from journeys.definitions import BadDefinition, Checked
from journeys.models import Edge, Journey, Step, Version
from journeys.plan import Plan, plan
from journeys.steps.base import kinds
from journeys.vocabulary import JourneyState
from members import audit_log, news, segments
from members.models import Segment, User
from members.sql import rows
from members.vocabulary import Deed

# Enrollments stay on their version, and a goal counts for a while after the end: these still have to be woken.
_VERSIONS_UNDER_WAY = """
SELECT DISTINCT version_id FROM journeys_enrollment
WHERE journey_id = %(journey)s AND (ended_at IS NULL OR goal_until > %(now)s)
"""


class NotPossible(Exception):
    """The journey's state does not allow this; the message is a sentence that says what to do."""


@transaction.atomic
def publish(journey: Journey, definition: Mapping[str, Any], now: datetime, who: User | None = None) -> Version:
    """Make a definition the journey's current version and let members in. Raises BadDefinition.

    Enrollments under way stay on their version. A paused journey stays paused.
    """
    checked = definitions.check(definition)
    journey = _locked(journey)
    before = journey.current_id
    if checked.definition["key"] != journey.key:
        sentence = _("the journey is called `{key}`; keep its key, or load the definition as a journey of its own.")
        raise BadDefinition("key", sentence.format(key=journey.key))
    version = _stored(journey, checked, now, who)
    _make_current(journey, version, now)
    # A tick that began before this may still enter members into the version that was current.
    _listen(journey, now, {before} if before else set())
    _take_in(version, now)
    audit_log.note(who, Deed.PUBLISHED, journey, _("version {number}").format(number=version.number))
    return version


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
    """Let a paused journey go on. Dates that came meanwhile are past; whoever waits in the entry segment may enter."""
    journey = _locked(journey)
    demand(journey, JourneyState.PAUSED)
    holds.lift(Hold.Scope.JOURNEY, str(journey.pk))
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


def _stored(journey: Journey, checked: Checked, now: datetime, who: User | None) -> Version:
    """Write the version with its steps and ways."""
    latest = journey.versions.order_by("-number").values_list("number", flat=True).first()
    version = Version.objects.create(
        journey=journey,
        number=(latest or 0) + 1,
        definition=dict(checked.definition),
        priority=checked.priority,
        entry_segment=_entry_segment(checked, now),
        holdout=checked.holdout,
        published_at=now,
        published_by=who,
    )
    _store_steps(version, checked)
    return version


def _store_steps(version: Version, checked: Checked) -> None:
    steps = Step.objects.bulk_create(
        Step(
            version=version,
            key=step.key,
            kind=step.kind,
            position=step.position,
            depth=step.depth,
            settings=dict(step.settings),
        )
        for step in checked.steps
    )
    ids = {step.key: step.pk for step in steps}
    Edge.objects.bulk_create(
        Edge(
            step_id=ids[way.source],
            outcome=way.outcome,
            target_id=ids[way.target] if way.target else None,
            again=way.again,
        )
        for way in checked.ways
    )


def _entry_segment(checked: Checked, now: datetime) -> Segment | None:
    """Return the entry segment, kept up to date from now on; its first members are no news to the journey."""
    if checked.entry_segment is None:
        return None
    segment = Segment.objects.get(key=checked.entry_segment)
    segments.activate(segment)
    if segment.refreshed_at is None:
        segments.refresh(segment, now)
    return segment


def _make_current(journey: Journey, version: Version, now: datetime) -> None:
    before, journey.current = journey.current, version
    journey.name, journey.kind = version.definition["name"], version.definition["kind"]
    journey.draft = version.definition
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
    current = plan(journey.current_id or 0)
    versions = under_way | also | {current.version_id}
    topics = {topic for version in versions for topic in _topics_under_way(plan(version))}
    news.listen(_listener(journey), topics | _entry_topics(current))


def _topics_under_way(version: Plan) -> set[str]:
    waking = [kinds()[step.kind].topics(step.settings) for step in version.steps.values()]
    asked = [rule.topics() for rule in (version.exit, version.goal) if rule is not None]
    return set().union(*waking, *asked)


def _entry_topics(version: Plan) -> set[str]:
    direct = {entries.topic(version), entries.deferred_topic(version)}
    if "segment" in version.entry:
        return direct | {f"segment.joined:{version.entry_segment_id}"}
    if "fact" in version.entry:
        return direct | {news_topic(version.entry["fact"])}
    return direct


def _take_in(version: Version, now: datetime) -> None:
    """Name whoever is in the entry segment already, if the entry says so; each stay there is worth one entry."""
    found = plan(version.pk)
    begun = found.opens is None or now >= found.opens  # before, the look at its first day does it
    if found.includes_existing and begun and version.journey.state == JourneyState.LIVE:
        entries.name_existing(found, now)
