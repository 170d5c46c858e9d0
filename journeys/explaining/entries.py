"""What an entry lacks to name a member: the segment's false leaf, the fact that did not come, the day that is ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from journeys.days import AT, marks_of
from journeys.definition import recurrence
from journeys.definition.entry import date_name
from journeys.definition.facts import in_words, news_topic
from journeys.models import Journey
from journeys.plan import Plan
from journeys.vocabulary import NotEntered, NotNamed
from members import zones
from members.models import Event, Member, Membership, PointsEntry, Purchase, Segment
from members.rules import Answer, parse
from members.rules.given import as_date

_YEARS = 8  # how far the next 29th of February can be away
_TABLES: Mapping[str, Any] = {"purchase": Purchase, "points": PointsEntry, "event": Event}


@dataclass(frozen=True)
class Asked:
    """Who is asked about, of which journey as it is published, and when."""

    member: Member
    journey: Journey
    plan: Plan
    now: datetime

    @property
    def zone(self) -> str:
        """The name of the member's zone."""
        return zones.name_of(self.member)

    def wall(self, instant: datetime) -> str:
        """An instant as the member's calendar and clock show it."""
        return zones.wall(instant, self.zone)


@dataclass(frozen=True)
class Lacking:
    """Why an entry does not name a member: a word of `NotNamed` or `NotEntered`, a sentence, and what it rests on."""

    reason: NotNamed | NotEntered
    sentence: str
    until: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def lacking(asked: Asked) -> Lacking:
    """Return what the entry of the published version lacks for a member who was never named for it."""
    ((kind, entry),) = asked.plan.entry.items()
    return _ENTRIES[kind](asked, entry)


def leaves(answer: Answer) -> tuple[str, Mapping[str, Any]]:
    """Return the leaves that decided a rule's verdict, as a sentence and as evidence with the values found."""
    decided = [(leaf, _said(leaf, answer)) for leaf in answer.deciding()]
    found = [{"leaf": leaf.place, "sentence": said, "value": _plain(leaf.found)} for leaf, said in decided]
    return "; ".join(said.rstrip(".") for _leaf, said in decided) + ".", {"leaves": found}


def _said(leaf: Answer, whole: Answer) -> str:
    """Return a leaf's sentence; what stands under a “none” decides by being the contrary of the whole."""
    if leaf.verdict is whole.verdict:
        return leaf.sentence
    return _("%(sentence)s This is asked not to be so.") % {"sentence": leaf.sentence}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _segment(asked: Asked, entry: Mapping[str, Any]) -> Lacking:
    segment = Segment.objects.get(pk=asked.plan.entry_segment_id or 0)
    stay = Membership.objects.filter(segment=segment, member=asked.member).first()
    said = {"segment": segment.name}
    if stay:
        said["time"] = asked.wall(stay.since)
        sentence = _("in “%(segment)s” since %(time)s, before the journey began to take in those who join it.") % said
        return Lacking(NotNamed.THERE_BEFORE, sentence, evidence={"since": stay.since.isoformat()})
    answer = parse(segment.rule).why(asked.member.pk, asked.now)
    if answer.verdict:
        sentence = _("fits “%(segment)s” now, and joins it when it is refreshed next.") % said
        return Lacking(NotNamed.NOT_REFRESHED, sentence)
    why, evidence = leaves(answer)
    return Lacking(
        NotNamed.NOT_IN_SEGMENT, _("not in “%(segment)s”: %(why)s") % {**said, "why": why}, evidence=evidence
    )


def _fact(asked: Asked, entry: Mapping[str, Any]) -> Lacking:
    told = _TABLES[entry["topic"]].objects.filter(member=asked.member, recorded_at__lte=asked.now)
    if entry["topic"] == "event":
        told = told.filter(name=entry["name"])
    latest = list(told.order_by("-happened_at", "-pk").values_list("pk", "happened_at", "recorded_at")[:100])
    what = {"fact": in_words(entry)}
    meant = asked.plan.entry_fact.among([(pk, at) for pk, at, _ in latest]) if asked.plan.entry_fact else None
    fitting = [one for one in latest if meant is None or one[0] in meant]
    if fitting:
        _pk, happened_at, _recorded_at = fitting[0]
        sentence = _("%(fact)s came last at %(time)s, before the journey listened for it.")
        said = {**what, "time": asked.wall(happened_at)}
        return Lacking(NotNamed.FACT_BEFORE, sentence % said, evidence={"happened_at": happened_at.isoformat()})
    if latest:
        sentence = _("%(fact)s has not come; what came last, at %(time)s, does not fit.")
        said = {**what, "time": asked.wall(latest[0][1])}
        return Lacking(NotNamed.OTHER_FACT, sentence % said, evidence={"topic": news_topic(entry)})
    return Lacking(NotNamed.NO_FACT, _("%(fact)s has not come.") % what, evidence={"topic": news_topic(entry)})


def _date(asked: Asked, entry: Mapping[str, Any]) -> Lacking:
    of, offset = entry["of"], timedelta(days=entry.get("offset_days", 0))
    given = asked.member.attributes.get(of.partition(":")[2]) if ":" in of else getattr(asked.member, of)
    what = {"date": date_name(of)}
    own = given if isinstance(given, date) else as_date(given)
    if own is None:
        return Lacking(NotNamed.NO_DATE, _("no date is known as %(date)s.") % what)
    # A birth or a joining is no anniversary of its own.
    first = own if ":" in of else own + timedelta(days=1)
    came = ((day - offset, at) for day, at in _days(asked, entry))
    comes = next((at for day, at in came if day >= first and f"{own:%m-%d}" in marks_of(day)), None)
    if comes is None and asked.plan.closes:
        return _beyond_the_end(asked, asked.plan.closes)
    if comes is None:
        return Lacking(NotNamed.NO_DATE, _("the %(date)s does not come round.") % what)
    said = {**what, "own": own.isoformat(), "time": asked.wall(comes)}
    sentence = _("the %(date)s is %(own)s; the entry's day comes next at %(time)s.") % said
    return Lacking(NotNamed.DAY_AHEAD, sentence, comes, {"date": own.isoformat()})


def _recurring(asked: Asked, entry: Mapping[str, Any]) -> Lacking:
    if asked.plan.entry_rule:
        answer = asked.plan.entry_rule.why(asked.member.pk, asked.now)
        if not answer.verdict:
            why, evidence = leaves(answer)
            return Lacking(NotEntered.ENTRY_RULE, why, evidence=evidence)
    today = asked.now.astimezone(zones.zone(asked.zone)).date()
    named = set(
        recurrence.days(entry["every"], date.fromisoformat(entry["from"]), today, today + recurrence.LONGEST_WAIT)
    )
    comes = next((at for day, at in _days(asked, entry) if day in named), None)
    if comes is None and asked.plan.closes:
        return _beyond_the_end(asked, asked.plan.closes)
    if comes is None:
        return Lacking(NotNamed.NO_DATE, _("no more day of the entry's rule comes."))
    sentence = _("the entry's day comes next at %(time)s.") % {"time": asked.wall(comes)}
    return Lacking(NotNamed.DAY_AHEAD, sentence, comes)


def _beyond_the_end(asked: Asked, closes: datetime) -> Lacking:
    sentence = _("no day of the entry comes before the journey is over at %(time)s.")
    return Lacking(NotNamed.NO_DATE, sentence % {"time": asked.wall(closes)})


def _days(asked: Asked, entry: Mapping[str, Any]) -> Iterator[tuple[date, datetime]]:
    """Yield the days ahead in the member's zone, each with the instant when its entry comes, until the journey ends."""
    pinned, at = zones.zone(asked.zone), time.fromisoformat(entry.get("at", AT))
    today = asked.now.astimezone(UTC).date() - timedelta(days=1)
    for ahead in range(366 * _YEARS):
        day = today + timedelta(days=ahead)
        instant = zones.first_instant(pinned, day, at)
        if asked.plan.closes and instant >= asked.plan.closes:
            return
        if instant > asked.now:
            yield day, instant


_ENTRIES: Mapping[str, Callable[[Asked, Mapping[str, Any]], Lacking]] = {
    "segment": _segment,
    "fact": _fact,
    "date": _date,
    "recurring": _recurring,
}
