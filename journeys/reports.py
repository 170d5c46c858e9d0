"""The numbers of a journey: who stands where, and what became of its messages. All are sums of counts, none a count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_lazy as _

from channels import counts as messages
from channels.messages import waiting as waiting_messages
from channels.vocabulary import State
from journeys import contests, counts
from journeys.contests import Contest
from journeys.models import Journey, Step
from journeys.steps.base import kinds
from journeys.vocabulary import Outcome

# What a message came to, in the order of its life.
FUNNEL = ("queued", "sent", "delivered", "clicked")
# What else a message may come to; shown where one did.
FATES = ("refused", "failed", "unconfirmed", "cancelled")
# How many waiting messages are counted at most, one by one.
MOST_WAITING = 10_000


@dataclass(frozen=True)
class StepNumbers:
    """A step: who stands there, who came, how often each outcome was given, and its messages.

    `former` marks one that the current version does not have and where members of an earlier one still stand.
    """

    key: str
    label: str
    depth: int
    standing: int
    arrived: int
    outcomes: Mapping[str, int]
    messages: Mapping[str, int]
    share: int  # of everybody who entered, in percent: how long the bar is
    former: bool = False
    contest: Contest | None = None  # of a split in a journey with a goal

    @property
    def outcomes_in_words(self) -> Sequence[tuple[str, int]]:
        """The outcomes as a screen names them; those of a branch or split are the keys of its paths."""
        known = dict(Outcome.choices)
        return [(str(known.get(name, name)), count) for name, count in self.outcomes.items()]

    @property
    def messages_in_words(self) -> Sequence[tuple[str, int]]:
        """What became of the messages as a screen names it, in the order of their life."""
        known = {**dict(State.choices), "clicked": _("Clicked")}
        return [(str(known[state]), count) for state, count in self.messages.items()]


@dataclass(frozen=True)
class JourneyNumbers:
    """A journey as a whole. Those held out are not among the entered."""

    entered: int
    held_out: int
    not_entered: int
    under_way: int
    left: int
    converted: int
    held_out_converted: int
    messages: Mapping[str, int] = field(default_factory=dict)

    @property
    def conversion(self) -> float:
        """The share of those who entered and reached the goal, in percent."""
        return _percent(self.converted, self.entered)

    @property
    def held_out_conversion(self) -> float:
        """The same share of those who were held out, to compare with."""
        return _percent(self.held_out_converted, self.held_out)


def journey(found: Journey) -> JourneyNumbers:
    """Return the numbers of a journey over all its versions."""
    return journeys([found.pk])[found.pk]


def journeys(ids: Collection[int]) -> Mapping[int, JourneyNumbers]:
    """Return the numbers of journeys, by their ids: two sums over counts, however many journeys there are."""
    counted, sent = counts.by_journey(ids), messages.by_journey(ids)
    return {pk: _numbers(counted.get(pk, {}), sent.get(pk, {})) for pk in ids}


def _numbers(counted: Mapping[str, int], sent: Mapping[str, int]) -> JourneyNumbers:
    entered = counted.get(Outcome.ENTERED, 0)
    standing = _standing(counted)
    return JourneyNumbers(
        entered=entered,
        held_out=counted.get(Outcome.HELD_OUT, 0),
        not_entered=counted.get(Outcome.NOT_ENTERED, 0),
        under_way=standing,
        left=entered - standing,
        converted=counted.get(Outcome.CONVERTED, 0),
        held_out_converted=counted.get("held_out_converted", 0),
        messages={state: sent.get(state, 0) for state in (*FUNNEL, *FATES)},
    )


def steps(found: Journey) -> Sequence[StepNumbers]:
    """Return the steps of the current version in reading order, with their numbers over all versions.

    Behind them come those that it no longer has, as long as somebody stands there.
    """
    if found.current_id is None:
        return []
    by_step, sent = counts.by_step(found.pk), messages.by_step(found.pk)
    entered = by_step.get("", {}).get(Outcome.ENTERED, 0)
    compares = found.current is not None and "goal" in found.current.definition
    listed = list(Step.objects.filter(version=found.current_id).order_by("position"))
    stood_at = {key for key, of_step in by_step.items() if key and _standing(of_step)}
    former = _former(found, stood_at - {step.key for step in listed})
    return [
        replace(
            _step(step, by_step.get(step.key, {}), sent.get(step.key, {}), entered, former=step in former),
            contest=contests.of(step, found.pk) if compares and step.kind == "split" else None,
        )
        for step in (*listed, *former)
    ]


def waiting(found: Journey) -> str:
    """Return how many of the journey's messages are still here; from 10,000 on it says no more than that."""
    count = waiting_messages(found.pk, list(counts.by_step(found.pk)), MOST_WAITING)
    return str(count) if count < MOST_WAITING else str(_("%(count)d or more")) % {"count": count}


def _former(found: Journey, keys: Collection[str]) -> Sequence[Step]:
    """Return the latest step of each key, in reading order."""
    steps = Step.objects.filter(version__journey=found, key__in=keys).order_by("key", "-version__number")
    return sorted(steps.distinct("key"), key=lambda step: step.position) if keys else []


def _step(
    step: Step, of_step: Mapping[str, int], sent: Mapping[str, int], entered: int, *, former: bool
) -> StepNumbers:
    arrived = of_step.get("arrived", 0)
    return StepNumbers(
        key=step.key,
        label=str(kinds()[step.kind].label),
        depth=step.depth,
        standing=_standing(of_step),
        arrived=arrived,
        outcomes={name: count for name, count in of_step.items() if name not in ("arrived", "left")},
        messages=_fates(sent),
        share=min(100, round(_percent(arrived, entered))),
        former=former,
    )


def _fates(sent: Mapping[str, int]) -> Mapping[str, int]:
    shown = (*FUNNEL, *(state for state in FATES if sent.get(state))) if sent else ()
    return {state: sent.get(state, 0) for state in shown}


def _standing(of_step: Mapping[str, int]) -> int:
    return of_step.get("arrived", 0) - of_step.get("left", 0)


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
