"""What the marketer's home says of journeys: how far members came in each, and whether the engine is behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from channels.models import Hold
from journeys import breaker, reports
from journeys.comparison import Difference, difference
from journeys.models import Journey
from journeys.reports import JourneyNumbers
from journeys.vocabulary import JourneyState
from members.home import Alarm
from members.models import News

BEHIND = timedelta(minutes=2)  # news waits a second at most while a worker runs
_SAMPLE = 200  # news is read and deleted within a second: few rows stand there, or very many


@dataclass(frozen=True)
class Stage:
    """How many came to one stage of a journey, the share of those who entered in percent, and where to see them."""

    name: str
    count: int
    share: float
    address: str


@dataclass(frozen=True)
class Result:
    """A journey with its stages, in order, and the comparison with those held out, if there are any."""

    journey: Journey
    numbers: JourneyNumbers
    stages: Sequence[Stage]
    difference: Difference | None

    @property
    def won(self) -> str:
        """The address of those who entered and reached the goal."""
        return _won(self.journey, held_out=False)

    @property
    def held_out_won(self) -> str:
        """The address of those who were held out and reached the goal all the same."""
        return _won(self.journey, held_out=True)


def results(_now: datetime) -> Mapping[str, Any]:
    """Return the journeys that are live or paused with what came of them."""
    running = Journey.objects.filter(state__in=[JourneyState.LIVE, JourneyState.PAUSED]).order_by("kind", "name")
    numbers = reports.journeys([journey.pk for journey in running])
    return {"results": [_result(journey, numbers[journey.pk]) for journey in running]}


def _result(journey: Journey, numbers: JourneyNumbers) -> Result:
    won = difference(numbers.converted, numbers.entered, numbers.held_out_converted, numbers.held_out)
    return Result(journey, numbers, list(_stages(journey, numbers)), won)


def _enrollments(journey: Journey, *, held_out: bool) -> str:
    return f"/admin/journeys/enrollment/?journey__id__exact={journey.pk}&held_out__exact={held_out:d}"


def _won(journey: Journey, *, held_out: bool) -> str:
    return f"{_enrollments(journey, held_out=held_out)}&converted_at__isempty=0"


def _stages(journey: Journey, numbers: JourneyNumbers) -> Iterable[Stage]:
    messages = f"/admin/channels/message/?journey={journey.pk}"
    sent = numbers.messages
    listed = [
        (_("Entered"), numbers.entered, _enrollments(journey, held_out=False)),
        (_("Sent"), sent["sent"], f"{messages}&reached=sent"),
        (_("Delivered"), sent["delivered"], f"{messages}&reached=delivered"),
        (_("Clicked"), sent["clicked"], f"{messages}&reached=clicked"),
        (_("Converted"), numbers.converted, _won(journey, held_out=False)),
    ]
    most = max(count for _name, count, _address in listed) or 1
    for name, count, address in listed:
        yield Stage(name, count, 100 * count / most, address)


def alarms(now: datetime) -> Iterable[Alarm]:
    """Return the journeys that are held, and an alarm when news waits: then no worker ticks, or beat sends no look."""
    yield from _held()
    waiting = list(News.objects.order_by("pk").values_list("recorded_at", flat=True)[:_SAMPLE])
    oldest = min(waiting, default=now)
    if now - oldest > BEHIND:
        yield Alarm(_("The engine is behind: news is not read; look whether beat and a worker run."), oldest)


def _held() -> Iterable[Alarm]:
    """Yield the journeys that somebody paused, and those that their circuit breaker holds."""
    tripped = breaker.held_now()
    for hold in tripped.values():
        said = {"journey": hold.journey.name, "why": hold.sentence}
        place = reverse("admin:journeys_journey_release", args=[hold.journey_id])
        yield Alarm(_("“%(journey)s” is held by its circuit breaker. %(why)s") % said, hold.since, place)
    since = dict(Hold.objects.filter(scope=Hold.Scope.JOURNEY).values_list("scope_id", "since"))
    for journey in Journey.objects.filter(pk__in=since).exclude(pk__in=tripped):
        sentence = _("“%(journey)s” is held: it is %(state)s.")
        said = {"journey": journey.name, "state": JourneyState(journey.state).label.lower()}
        place = reverse("admin:journeys_journey_change", args=[journey.pk])
        yield Alarm(sentence % said, since[str(journey.pk)], place)
