"""The winner of a split: decided by a stated rule from counts, written down, and opened again by whoever says so."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from journeys import arms, posterior
from journeys.arms import Taken
from journeys.models import Journey, SplitDecision, Step, Version
from journeys.vocabulary import JourneyState
from members import audit_log
from members.models import User
from members.vocabulary import Deed

PROBABILITY = 0.95

log = logging.getLogger(__name__)


class NotDecided(Exception):
    """There is no winner to take back; the message is a sentence that says so."""


def decide(now: datetime) -> int:
    """Decide every split of a live or paused journey whose rule is met and that has no winner; return how many."""
    return sum(_decide(step, now) for step in _asking())


def _asking() -> Iterator[Step]:
    open_ = Journey.objects.filter(state__in=[JourneyState.LIVE, JourneyState.PAUSED], current__isnull=False)
    steps = Step.objects.filter(version__in=open_.values("current"), kind="split", settings__has_key="winner")
    yield from steps.select_related("version").order_by("pk")


@transaction.atomic
def _decide(step: Step, now: datetime) -> bool:
    journey = Journey.objects.select_for_update(of=("self",)).get(pk=step.version.journey_id)
    latest = arms.latest(journey.pk, step.key)
    if journey.current_id != step.version_id or (latest is not None and latest.arm):
        return False
    of_round = arms.round_of(latest)
    found = judged(step.settings["paths"], arms.counted(journey.pk, step.key, of_round))
    rule = {"probability": PROBABILITY, **step.settings["winner"]}
    best = max(found, key=lambda arm: float(arm["probability"]))
    if min(arm["entered"] for arm in found) < rule["sample"] or best["probability"] < rule["probability"]:
        return False
    stated = {name: rule[name] for name in ("probability", "sample")}
    SplitDecision.objects.create(
        journey=journey, step_key=step.key, round=of_round, arm=best["arm"], at=now, rule=stated, arms=found
    )
    log.info("Split %s of journey %s: %s wins round %d.", step.key, journey.key, best["arm"], of_round)
    return True


def judged(paths: Sequence[Mapping[str, Any]], counted: Mapping[str, Taken]) -> list[dict[str, Any]]:
    """Return the open arms with what is known of them, and how probable it is that each is the best."""
    known = [(path["key"], counted.get(path["key"], Taken())) for path in paths if path["weight"]]
    best = posterior.best(tuple((taken.entered, taken.converted) for _key, taken in known))
    return [
        {"arm": key, "entered": taken.entered, "converted": taken.converted, "probability": round(chance, 6)}
        for (key, taken), chance in zip(known, best, strict=True)
    ]


@transaction.atomic
def reopen(journey: Journey, step_key: str, now: datetime, who: User | None = None) -> SplitDecision:
    """Open the question of a winner again: later arrivals are drawn by lot, and counts begin anew. Raises NotDecided.

    The decision stays on record, and members keep the arm that they are in.
    """
    opened = _opened(journey, step_key, now, who=who)
    if opened is None:
        raise NotDecided(_("“{step}” has no winner; there is nothing to open again.").format(step=step_key))
    said = _("the winner of “{step}” is open again, round {round}").format(step=step_key, round=opened.round)
    audit_log.note(who, Deed.CHANGED, journey, said)
    return opened


def reopen_published(version: Version, now: datetime) -> None:
    """Open again what a version that was just published says so of; the caller holds its journey."""
    for step in version.steps.filter(kind="split", settings__winner__reopen=True).order_by("pk"):
        _opened(version.journey, step.key, now, version=version)


def _opened(journey: Journey, step_key: str, now: datetime, **by: Any) -> SplitDecision | None:
    Journey.objects.select_for_update(of=("self",)).get(pk=journey.pk)
    latest = arms.latest(journey.pk, step_key)
    if latest is None or not latest.arm:
        return None
    return SplitDecision.objects.create(
        journey=journey, step_key=step_key, round=latest.round + 1, at=now, rule={}, arms=[], **by
    )
