"""The verdict: outbox, trace and audit, held against the carrier's own log. Each check returns sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from channels.models import Message
from channels.models.messages import MessageQuerySet
from content.models import Redemption
from journeys import audit
from journeys.models import Enrollment, Trace
from members.models import Event
from tests.faults.log import CarriersLog
from tests.faults.shop import CLOSES, OPENS, SENDING
from tests.faults.writers import Told

# Between the claim, which asks for quiet hours, and the hand-over lies a batch, and the played clock runs fast.
_GRACE = timedelta(minutes=6)
# What may befall the messages about offers of members whose offers the writers turn upside down.
_OF_WRITERS = {"slot_taken", "no_grant", "grant_closed"}


@dataclass
class Expected:
    """What ought to have come of a run. `doubts` is how many messages may be in doubt, by kills and by answers that
    came too late; `quarrelled` are the members whom the writers worked on."""

    orders: set[str]
    quarrelled: set[str]
    doubts: int
    told: Told = field(default_factory=Told)

    def unconfirmed(self) -> int:
        """Return how many messages are in doubt."""
        return _carried().filter(state="unconfirmed").count()


def broken(expected: Expected, log: CarriersLog, now: datetime) -> list[str]:
    """Return a sentence for everything that does not hold."""
    return [
        *_nothing_twice(log),
        *_outbox_against_log(log),
        *_reasons(expected, log),
        *_doubts(expected, log),
        *_everybody(expected),
        *_every_step(expected),
        *_quiet_hours(),
        *_writers(expected.told),
        *(f"The audit: {each.count} rows break “{each.promise}”" for each in audit.run(now) if each.count),
    ]


def _nothing_twice(log: CarriersLog) -> Iterator[str]:
    for key in log.twice():
        yield f"Message {key} left {log.taken[key]} times."


def _outbox_against_log(log: CarriersLog) -> Iterator[str]:
    """Hold each message against what the carrier says of it."""
    known = set()
    for key, state, reason in _carried().values_list("public_id", "state", "reason"):
        name = str(key)
        known.add(name)
        took = bool(log.taken.get(name))
        if state in ("sent", "delivered") and not took:
            yield f"Message {name} is {state}, and the carrier never took it."
        if state in ("queued", "claimed", "handed"):
            yield f"Message {name} is still {state} ({reason or 'without a reason'})."
        if state in ("cancelled", "refused", "failed") and took and reason != "bounced":
            yield f"Message {name} is {state} ({reason}), and the carrier took it."
    for stranger in log.taken.keys() - known:
        yield f"The carrier knows message {stranger}, which is not in the outbox."


def _reasons(expected: Expected, log: CarriersLog) -> Iterator[str]:
    """Nothing stayed away without a cause that a fault explains."""
    ended = _carried().filter(state__in=("cancelled", "refused", "failed"))
    for key, reason, who in ended.values_list("public_id", "reason", "member__external_id"):
        refused = reason == "carrier_refused" and "refuse" in log.did[str(key)]
        if not refused and not (reason in _OF_WRITERS and who in expected.quarrelled):
            yield f"Message {key} did not leave ({reason}), and no fault explains it."


def _doubts(expected: Expected, log: CarriersLog) -> Iterator[str]:
    doubtful = _carried().filter(state="unconfirmed").values_list("public_id", flat=True)
    unexplained = [key for key in doubtful if not log.did[str(key)] & {"hang", "vanish"}]
    if len(unexplained) > expected.doubts:
        yield f"{len(unexplained)} messages are unconfirmed; kills explain at most {expected.doubts}."


def _everybody(expected: Expected) -> Iterator[str]:
    """Every fact that was acknowledged is there once, and let its member into both journeys once."""
    stored = Event.objects.filter(name="ordered").values_list("key", flat=True)
    if sorted(stored) != sorted(expected.orders):
        yield f"{len(expected.orders)} facts were acknowledged and {len(stored)} are stored."
    for journey in SENDING:
        entered = Enrollment.objects.filter(journey__key=journey).values_list("entry_key", flat=True)
        if sorted(entered) != sorted(expected.orders):
            yield f"{len(expected.orders)} orders let members into “{journey}”, and {len(entered)} are enrolled."
    under_way = Enrollment.objects.exclude(state="ended", end_reason="finished").count()
    if under_way:
        yield f"{under_way} enrollments have not finished."


def _every_step(expected: Expected) -> Iterator[str]:
    """Each step that sends made a message for each enrollment, or says why not."""
    for journey, steps in SENDING.items():
        enrolled = dict(Enrollment.objects.filter(journey__key=journey).values_list("id", "member__external_id"))
        for step in steps:
            sent = Message.objects.filter(origin_kind="enrollment", step_key=step, origin_id__in=enrolled)
            without = enrolled.keys() - set(sent.values_list("origin_id", flat=True))
            told = Trace.objects.filter(enrollment_id__in=without, outcome__in=("not_sent", "not_granted"))
            reasons = dict(told.values_list("enrollment_id", "reason"))
            for each in sorted(without):
                if enrolled[each] not in expected.quarrelled or reasons.get(each) not in _OF_WRITERS:
                    yield f"Step {step} of {journey} sent {enrolled[each]} nothing ({reasons.get(each, 'no reason')})."


def _quiet_hours() -> Iterator[str]:
    """No mail left in the night of its member, by a reckoning of our own."""
    mails = _carried().filter(channel="email", sent_at__isnull=False)
    for key, at, zone in mails.values_list("public_id", "handed_at", "member__zone_id"):
        assert isinstance(at, datetime)  # whatever was sent was handed over
        local = [moment.astimezone(ZoneInfo(zone or "UTC")).time() for moment in (at, at - _GRACE)]
        if not any(OPENS <= moment < CLOSES for moment in local):
            yield f"Mail {key} left at {local[0]:%H:%M} in {zone or 'UTC'}."


def _writers(told: Told) -> Iterator[str]:
    yield from told.wrong
    for grant, prices in told.prices.items():
        if len(prices) > 1:
            yield f"Grant {grant} was shown at {len(prices)} prices."
    stored = dict(Redemption.objects.values_list("request_key", "undone_at"))
    for key in told.confirmed:
        if key not in stored:
            yield f"Redemption {key} was confirmed and is not there."
    for key in told.undone:
        if stored.get(key) is None:
            yield f"Redemption {key} was undone, and stands."


def _carried() -> MessageQuerySet:
    return Message.objects.filter(channel__in=("email", "sms"))
