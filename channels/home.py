"""What the marketer's home says of channels: the messages planned for today and tomorrow, and what needs looking at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.holds import held, sender_held
from channels.models import Hold, Message, MessageCount, Sender
from channels.vocabulary import WEBHOOK, State, to_member
from members import zones
from members.home import Alarm
from members.sql import rows
from members.vocabulary import Channel

LATE = timedelta(minutes=10)  # beyond it something is wrong: a look a second is what is planned

_PLANNED = f"""
SELECT channel, greatest(floor(extract(epoch FROM planned_at - %(start)s) / 3600), -1)::int AS hour, count(*)
FROM channels_message x WHERE state = 'queued' AND planned_at < %(end)s AND {to_member("x")} GROUP BY channel, hour
"""
# After so many attempts, half an hour, whoever runs the receiver should look.
STUBBORN = 5
# Whether somebody is late is asked sender by sender along the index of what is due; what is held is not late.
_LATE = f"""
SELECT s.id FROM channels_sender s
WHERE s.active AND s.failing_since IS NULL AND NOT {sender_held("s.id", "s.channel")}
  AND EXISTS (SELECT FROM channels_message m WHERE m.sender_id = s.id AND m.state = 'queued'
              AND m.due_at < %(late)s AND m.expires_at > %(now)s AND NOT {held("m")})
ORDER BY s.id
"""


@dataclass(frozen=True)
class Days:
    """Two days in the house's zone: where each begins, and where the second one ends."""

    today: datetime
    tomorrow: datetime
    end: datetime

    @property
    def hours(self) -> int:
        """How many hours both have: 48, and one more or less where the clocks change."""
        return round((self.end - self.today) / timedelta(hours=1))


@dataclass(frozen=True)
class Planned:
    """A channel's messages that wait for their departure: per hour, and per day. `earlier` should have left before."""

    channel: str
    label: str
    earlier: int
    today: int
    tomorrow: int
    hours: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Hour:
    """An hour in which messages leave: when it begins, what a wall clock says then, and how many by channel."""

    begins: datetime
    label: str
    counts: Sequence[tuple[Planned, int]]


def days(now: datetime) -> Days:
    """Return today and tomorrow in the house's zone."""
    zone = zones.zone(zones.DEFAULT)
    day = now.astimezone(zone).date()
    begins = [zones.first_instant(zone, day + timedelta(days=ahead), time.min) for ahead in range(3)]
    return Days(*begins)


def planned(now: datetime) -> Mapping[str, Any]:
    """Return what waits for its departure today and tomorrow, per channel and hour."""
    two = days(now)
    counts: dict[str, dict[int, int]] = {}
    for channel, hour, count in rows(_PLANNED, {"start": two.today, "end": two.end}):
        counts.setdefault(channel, {})[hour] = count
    most = max((count for found in counts.values() for hour, count in found.items() if hour >= 0), default=0)
    turn = round((two.tomorrow - two.today) / timedelta(hours=1))
    listed = [_planned(channel, counts[channel], turn, two.hours, most) for channel in Channel if channel in counts]
    hours = _hours(two, [(one, counts[one.channel]) for one in listed])
    return {"channels": listed, "hours": hours, "days": two, "zone": zones.DEFAULT, "turn": 100 * turn / two.hours}


def _hours(two: Days, by_channel: Sequence[tuple[Planned, Mapping[int, int]]]) -> list[Hour]:
    """Return the hours of both days in which anything leaves: the table to the picture."""
    busy = [n for n in range(two.hours) if any(n in found for _channel, found in by_channel)]
    return [_hour(two, n, [(channel, found.get(n, 0)) for channel, found in by_channel]) for n in busy]


def _hour(two: Days, n: int, counts: Sequence[tuple[Planned, int]]) -> Hour:
    # Hours that pass, not those of the clock: where the clocks change, one is missing or comes twice.
    begins = two.today.astimezone(UTC) + timedelta(hours=n)
    day = _("Today") if begins < two.tomorrow else _("Tomorrow")
    return Hour(begins, f"{day} {begins.astimezone(zones.zone(zones.DEFAULT)):%H:%M}", counts)


def _planned(channel: Channel, found: Mapping[int, int], turn: int, hours: int, most: int) -> Planned:
    by_hour = [found.get(hour, 0) for hour in range(hours)]
    drawn = [(count, 100 * count / most if most else 0.0) for count in by_hour]
    return Planned(channel.value, str(channel.label), found.get(-1, 0), sum(by_hour[:turn]), sum(by_hour[turn:]), drawn)


def alarms(now: datetime) -> Iterable[Alarm]:
    """Return what keeps messages from leaving, and those of unknown fate."""
    # Who switches a failing sender off has seen it; a subscription that its receiver ended nobody has.
    for sender in Sender.objects.filter(Q(active=True) | Q(channel=WEBHOOK), failing_since__isnull=False):
        sentence = _("The sender “%(sender)s” is failing: %(words)s")
        if not sender.active:
            sentence = _("The sender “%(sender)s” was switched off, for its receiver said: %(words)s")
        words = {"sender": sender.name, "words": sender.failing_words or _("it does not answer")}
        yield Alarm(sentence % words, sender.failing_since, _page(sender))
    yield from _stubborn()
    # Journeys are known by their names one layer above.
    for hold in Hold.objects.exclude(scope=Hold.Scope.JOURNEY).order_by("since"):
        place = reverse("admin:channels_hold_changelist")
        scope = Hold.Scope(hold.scope).label
        yield Alarm(_("%(scope)s is held: %(reason)s") % {"scope": scope, "reason": hold.reason}, hold.since, place)
    yield from _late(now)
    yield from _unconfirmed(now)


def _page(sender: Sender) -> str:
    return reverse("admin:channels_sender_change", args=[sender.pk])


def _stubborn() -> Iterable[Alarm]:
    """Yield the subscriptions whose receiver works, and refuses something that it is told all the same."""
    for sender in Sender.objects.filter(channel=WEBHOOK, active=True, failing_since__isnull=True):
        waiting = Message.objects.filter(sender=sender, state=State.QUEUED, attempts__gte=STUBBORN)
        refused = waiting.order_by("priority", "due_at").first()
        if refused:
            sentence = _("The receiver of “%(sender)s” refuses what it is told again and again: %(words)s")
            words = {"sender": sender.name, "words": refused.words}
            yield Alarm(sentence % words, refused.queued_at, _page(sender))


def _late(now: datetime) -> Iterable[Alarm]:
    ids = [pk for (pk,) in rows(_LATE, {"late": now - LATE, "now": now})]
    for sender in Sender.objects.filter(pk__in=ids):
        sentence = _("Messages of the sender “%(sender)s” are late; look whether workers run and its rate suffices.")
        place = reverse("admin:channels_message_changelist") + "?state__exact=queued"
        yield Alarm(sentence % {"sender": sender.name}, now - LATE, place)


def _unconfirmed(now: datetime) -> Iterable[Alarm]:
    since = (now - timedelta(days=1)).astimezone(UTC).date()
    counted = MessageCount.objects.filter(day__gte=since, state=State.UNCONFIRMED).aggregate(Sum("count"))
    count = counted["count__sum"] or 0
    still = count and Message.objects.filter(state=State.UNCONFIRMED, ended_at__gte=now - timedelta(days=2)).exists()
    if still:
        sentence = ngettext(
            "%(count)d message since yesterday may have left or not: no answer came back.",
            "%(count)d messages since yesterday may have left or not: no answer came back.",
            count,
        )
        place = reverse("admin:channels_message_changelist") + f"?state__exact={State.UNCONFIRMED}"
        yield Alarm(sentence % {"count": count}, None, place)
