"""Holding a journey, and releasing it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels import holds
from channels.models import Hold
from journeys import ramp
from journeys.breaker import counting
from journeys.models import BreakerHold, Journey
from journeys.vocabulary import JourneyState
from members import audit_log
from members.models import User
from members.vocabulary import Deed

log = logging.getLogger(__name__)


class NotHeld(Exception):
    """A journey cannot be released; the message is a sentence that says why."""


def hold(journey_id: int, kind: BreakerHold.Kind, now: datetime, found: Mapping[str, Any]) -> None:
    """Hold a journey, in the transaction that found it about to send too much; others may have done it meanwhile.

    `found` has the fields of BreakerHold that say what was found.
    """
    row = BreakerHold(journey_id=journey_id, kind=kind, since=now, day=ramp.today(now).day, **found)
    BreakerHold.objects.bulk_create([row], ignore_conflicts=True)
    holds.place(Hold.Scope.JOURNEY, str(journey_id), row.why, now)
    audit_log.note(None, Deed.PAUSED, row.journey, row.sentence)
    log.error("The circuit breaker holds journey %s: %s", row.journey.key, row.sentence)


def standing(journey: Journey) -> BreakerHold | None:
    """Return what holds a journey now, if its circuit breaker does."""
    return BreakerHold.objects.filter(journey=journey, released_at__isnull=True).first()


def held_now() -> Mapping[int, BreakerHold]:
    """Return every journey that its circuit breaker holds now, by its id."""
    found = BreakerHold.objects.filter(released_at__isnull=True).select_related("journey").order_by("since", "pk")
    return {one.journey_id: one for one in found}


def most_today(journey: Journey, now: datetime) -> int | None:
    """Return how many messages the journey may queue today; None where nothing limits it."""
    return counting.limits([journey.pk], now)[journey.pk].maximum


@transaction.atomic
def release(journey: Journey, now: datetime, who: User | None = None, most_today: int | None = None) -> None:
    """Let a held journey go on; `most_today` is how many messages it may queue today, if that is more than usual.

    Where members would have got a step again, they get it until the day of the house is over. Raises NotHeld.
    """
    journey = Journey.objects.select_for_update().get(pk=journey.pk)
    found = standing(journey)
    if found is None:
        raise NotHeld(_("“%(journey)s” is not held by its circuit breaker.") % {"journey": journey.name})
    _check_room(journey, now, most_today)
    found.released_at, found.released_by, found.most_that_day = now, who, most_today
    found.released_day = ramp.today(now).day
    found.save()
    holds.lift(Hold.Scope.JOURNEY, str(journey.pk))
    if journey.state == JourneyState.PAUSED:  # what holds it from here on is the pause, and says so
        holds.place(Hold.Scope.JOURNEY, str(journey.pk), _("The journey is paused."), now, who)
    detail = _("released from the circuit breaker") if most_today is None else _("released; at most %(most)d today")
    audit_log.note(who, Deed.RESUMED, journey, detail % {"most": most_today})


def forgo(journey: Journey, now: datetime) -> None:
    """End a hold with the journey that it held."""
    BreakerHold.objects.filter(journey=journey, released_at__isnull=True).update(released_at=now)


def _check_room(journey: Journey, now: datetime, most_today: int | None) -> None:
    limit = counting.limits([journey.pk], now)[journey.pk]
    most = max(limit.maximum or 0, most_today or 0)
    if limit.maximum is not None and limit.queued >= most:
        sentence = _(
            "“%(journey)s” has queued %(queued)d messages today: "
            "say a greater maximum for today, or release it tomorrow."
        )
        raise NotHeld(sentence % {"journey": journey.name, "queued": limit.queued})
