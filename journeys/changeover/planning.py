"""The plan of a changeover: per step, who stands there, who stays, who moves where, and what they skip or repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.changeover import standing
from journeys.changeover.mapping import END, STAY, resolved
from journeys.changeover.standing import Past
from journeys.changeover.ways import Ways
from journeys.definitions import Checked
from journeys.models import Journey, Step
from journeys.steps.base import SendingKind, kinds


@dataclass(frozen=True)
class Missed:
    """A step that so many members would skip or come to again; `sends` says whether it is for a message."""

    key: str
    label: str
    sends: bool
    members: int


@dataclass(frozen=True)
class Row:
    """A step where members stand: how many by version, where they go, what they skip and repeat, what to mind.

    Messages that they had in the present visit are not sent again, whatever they repeat: their key stands already.
    """

    key: str
    label: str
    versions: Mapping[int, int]
    kept: bool  # whether the new version has a step of this key
    to: str
    skips: Sequence[Missed] = ()
    repeats: Sequence[Missed] = ()
    warnings: Sequence[str] = ()

    @property
    def members(self) -> int:
        """How many stand there."""
        return sum(self.versions.values())


@dataclass(frozen=True)
class ChangePlan:
    """What publishing would do with those under way; `steps` are the new version's, by key, with what they are."""

    rows: Sequence[Row]
    steps: Mapping[str, str]
    to: Mapping[str, str]  # where whoever stands at a step of any version goes

    @property
    def stay(self) -> int:
        """How many stay on their version."""
        return sum(row.members for row in self.rows if row.to == STAY)

    @property
    def end(self) -> int:
        """How many leave the journey."""
        return sum(row.members for row in self.rows if row.to == END)

    @property
    def move(self) -> int:
        """How many move to the new version."""
        return sum(row.members for row in self.rows) - self.stay - self.end


def plan(journey: Journey, checked: Checked, mapping: Mapping[str, str]) -> ChangePlan:
    """Return what publishing a definition with a mapping would do with those under way now. Raises BadMapping."""
    stand = standing.standing(journey.pk)
    keys = [step.key for step in checked.steps]
    to = resolved(mapping, {key: sum(found.values()) for key, found in stand.items()}, keys, journey)
    moving = {key: to[key] for key in stand if to[key] not in (STAY, END)}
    found = standing.pasts(journey.pk, moving)
    ways = Ways(keys, checked.ways)
    steps = {step.key: step.kind for step in checked.steps}
    rows = [
        Row(
            key,
            _label(kind),
            dict(sorted(stand[key].items())),
            key in steps,
            to[key],
            *_missed(ways, steps, moving.get(key), [past for past in found if past.key == key]),
            [
                *_warnings(journey, checked, ways, (key, kind), moving.get(key)),
                *_sent_again(ways, steps, moving.get(key), [past for past in found if past.key == key]),
            ],
        )
        for key, kind in _in_order(journey, stand, keys)
    ]
    return ChangePlan(rows, {key: _label(kind) for key, kind in steps.items()}, to)


def _in_order(journey: Journey, stand: Iterable[str], keys: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return (key, kind) of the steps where members stand: in the new version's order, behind them those it lost."""
    latest = Step.objects.filter(version__journey=journey, key__in=stand).order_by("key", "-version__number")
    steps = list(latest.distinct("key"))
    return [
        (step.key, step.kind)
        for step in sorted(
            steps, key=lambda step: (keys.index(step.key) if step.key in keys else len(keys), step.position, step.key)
        )
    ]


def _missed(
    ways: Ways, steps: Mapping[str, str], target: str | None, pasts: Sequence[Past]
) -> tuple[Sequence[Missed], Sequence[Missed]]:
    """Return what those with these pasts skip and repeat who go on at `target`."""
    if target is None:
        return (), ()
    skips: Counter[str] = Counter()
    repeats: Counter[str] = Counter()
    for past in pasts:
        skips.update(dict.fromkeys(ways.skipped(target, past.outcomes), past.count))
        repeats.update(dict.fromkeys(ways.repeated(target, past.now), past.count))
    return _told(skips, steps), _told(repeats, steps)


def _told(counts: Mapping[str, int], steps: Mapping[str, str]) -> Sequence[Missed]:
    return [
        Missed(key, _label(kind), isinstance(kinds()[kind], SendingKind), counts[key])
        for key, kind in steps.items()
        if counts.get(key)
    ]


def _label(kind: str) -> str:
    return str(kinds()[kind].label)


def _warnings(journey: Journey, checked: Checked, ways: Ways, at: tuple[str, str], target: str | None) -> Iterable[str]:
    """Yield what whoever maps should know: another kind of step, and messages about offers that nobody grants them."""
    if target is None:
        return
    kinds_of = {step.key: step.kind for step in checked.steps}
    if kinds_of[target] != at[1]:
        named = {"target": target, "label": _label(kinds_of[target]).lower()}
        yield _("`%(target)s` is another kind of step: %(label)s.") % named
    for offer, speaking, granting in _offers(checked):
        if granting:
            ahead = ways.ahead(target, granting)
            silent = [key for key in speaking if key in ahead]
            missing = standing.without_offer(journey.pk, at[0], offer) if silent else 0
            yield from [_without(missing, offer, silent[0])] if missing else []


def _sent_again(ways: Ways, steps: Mapping[str, str], target: str | None, pasts: Sequence[Past]) -> Iterable[str]:
    """Yield the messages that members had on an earlier round, and get again though the version draws no repetition."""
    for key in ways.once(target) if target else ():
        had = sum(past.count for past in pasts if "queued" in past.outcomes.get(key, ()) and key not in past.now)
        if had and isinstance(kinds()[steps[key]], SendingKind):
            sentence = ngettext(
                "%(count)d member had `%(step)s` on an earlier round and gets it once more.",
                "%(count)d members had `%(step)s` on an earlier round and get it once more.",
                had,
            )
            yield sentence % {"count": had, "step": key}


def _offers(checked: Checked) -> Iterable[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield each offer that messages speak of, with the steps that send these messages and those that grant it."""
    about = [(str(step.settings.get("offer") or ""), step) for step in checked.steps]
    for offer in dict.fromkeys(offer for offer, _step in about if offer):
        of_offer = [step for one, step in about if one == offer]
        sends = [step.key for step in of_offer if isinstance(kinds()[step.kind], SendingKind)]
        yield offer, sends, [step.key for step in of_offer if step.key not in sends]


def _without(count: int, offer: str, send: str) -> str:
    sentence = ngettext(
        "%(count)d member has no live grant of `%(offer)s` and skips the step that grants it: "
        "`%(send)s` sends nothing there.",
        "%(count)d members have no live grant of `%(offer)s` and skip the step that grants it: "
        "`%(send)s` sends them nothing.",
        count,
    )
    return sentence % {"count": count, "offer": offer, "send": send}
