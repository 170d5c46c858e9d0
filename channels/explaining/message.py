"""Why a message has not left, what became of it, and in whose words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from channels import holds, obstacles, quiet
from channels.explaining import ends
from channels.explaining.answer import Explanation
from channels.explaining.behind import Behind, Wanted, behind
from channels.models import Message
from channels.vocabulary import Reason, State
from members.sql import rows
from members.vocabulary import Channel

_PEOPLE = (Channel.DESK, Channel.COUNTER)


def explain(message: Message, now: datetime) -> Explanation:
    """Return why a message is in the state that it is in at `now`, and what it waits for if it has not left."""
    found = _STATES[State(message.state)](message, now)
    what = {"message": _named(message), "channel": str(message.get_channel_display())}
    sentence = _("%(message)s by %(channel)s") % what
    return Explanation(
        status=message.state,
        reason=message.reason,
        sentence=f"{sentence}: {found.sentence}",
        since=found.since,
        until=message.due_at if message.state == State.QUEUED and message.due_at > now else None,
        evidence={**_about(message), **(found.evidence or {})},
    )


def _named(message: Message) -> str:
    said = str(message.content or message.step_key or (message.payload or {}).get("type", ""))
    if not message.journey_name:
        return _("“%(content)s”") % {"content": said}
    return _("“%(content)s” of “%(journey)s”") % {"content": said, "journey": message.journey_name}


def _about(message: Message) -> dict[str, object]:
    return {
        "message": str(message.public_id),
        "channel": message.channel,
        "journey": message.journey_name,
        "step": message.step_key,
        "planned_at": message.planned_at.isoformat(),
    }


def _wanted(message: Message, at: datetime) -> Wanted:
    return Wanted(message.member, message.channel, message.purpose, at, message.address, message.grant)


def _waiting(message: Message, now: datetime) -> Behind:
    """What keeps a queued message: asked by the same condition as its claim asks."""
    text = f"SELECT {obstacles.VERDICT} FROM channels_message x WHERE x.id = %(id)s"
    ((verdict,),) = rows(text, {"id": message.pk, "now": now})
    if verdict == "waits":
        return _waits(message, now)
    if verdict:
        why = behind(verdict, _wanted(message, now))
        sentence = _("it will not leave; the next look cancels it. %(why)s") % {"why": why.sentence}
        return Behind(sentence, why.since, {"will_be": verdict, **(why.evidence or {})})
    return _on_time(message, now)


def _waits(message: Message, now: datetime) -> Behind:
    hold = holds.of(message)
    if hold is None:
        return Behind(_("it waits until the journeys have looked at what the member has just done."))
    said = {"time": _wanted(message, now).wall(hold.since), "reason": hold.reason}
    return Behind(_("it is held since %(time)s: %(reason)s") % said, hold.since, {"held": hold.scope})


def _on_time(message: Message, now: datetime) -> Behind:
    wall, sender = _wanted(message, now).wall, message.sender
    if message.due_at > now:
        said = {"time": wall(message.due_at), "words": message.words}
        if message.attempts and message.words:
            return Behind(_("the carrier did not take it (“%(words)s”); it is tried again at %(time)s.") % said)
        in_quiet = message.reason == Reason.QUIET_HOURS or message.planned_at > message.queued_at
        sentence = _("it leaves at %(time)s, after the quiet hours.") if in_quiet else _("it leaves at %(time)s.")
        return Behind(sentence % said)
    if not sender.active:
        return Behind(_("its sender “%(sender)s” is switched off.") % {"sender": sender.name})
    if sender.failing_since:
        said = {"sender": sender.name, "time": wall(sender.failing_since), "words": sender.failing_words}
        sentence = _("its sender “%(sender)s” is failing since %(time)s: “%(words)s”")
        return Behind(sentence % said, sender.failing_since, {"carrier_words": sender.failing_words})
    opens = None if message.channel == Channel.DESK else quiet.leaves(message.pk, now)
    if opens:  # nobody has looked at it since they began
        return Behind(_("it leaves at %(time)s, after the quiet hours.") % {"time": wall(opens)})
    return Behind(_("it is about to leave."))


def _handed(message: Message, now: datetime) -> Behind:
    at = message.handed_at or now
    said = {"time": _wanted(message, now).wall(at)}
    return Behind(_("it was handed over at %(time)s; the carrier's answer has not come yet.") % said, at)


def _sent(message: Message, now: datetime) -> Behind:
    at = message.sent_at or now
    said = {"time": _wanted(message, now).wall(at), "address": message.address}
    if message.channel in _PEOPLE:
        return Behind(_("it was given to the team at %(time)s.") % said, at)
    return Behind(_("the carrier took it for %(address)s at %(time)s.") % said, at)


def _delivered(message: Message, now: datetime) -> Behind:
    at = message.ended_at or message.sent_at or now
    said = {"time": _wanted(message, now).wall(at), "address": message.address}
    return Behind(_("it arrived at %(address)s, as the carrier's receipt of %(time)s says.") % said, at)


def _failed(message: Message, now: datetime) -> Behind:
    """It did not arrive, or nobody knows: the reason, and the carrier's words where there are any."""
    at = message.ended_at or message.handed_at
    parts = [str(message.get_reason_display())]
    if message.words:
        parts.append(_("The carrier said: “%(words)s”.") % {"words": message.words})
    if at:
        parts.append(_("That was at %(time)s.") % {"time": _wanted(message, now).wall(at)})
    return Behind(" ".join(parts), at, {"carrier_words": message.words})


def _cancelled(message: Message, now: datetime) -> Behind:
    at = message.ended_at or now
    why = behind(message.reason, _wanted(message, at))
    parts = [why.sentence, ends.why(message) if message.reason == Reason.ENDED else ""]
    if message.words:
        # What the house itself could not fill in, or what the carrier had said in an attempt before.
        own = message.reason == Reason.NOT_RENDERED
        parts.append((_("“%(words)s”") if own else _("The carrier had said: “%(words)s”.")) % {"words": message.words})
    said = {"time": _wanted(message, now).wall(at), "why": " ".join(part for part in parts if part)}
    evidence = {**(why.evidence or {}), **({"carrier_words": message.words} if message.words else {})}
    return Behind(_("it never left, and was cancelled at %(time)s. %(why)s") % said, why.since or at, evidence)


_STATES: Mapping[State, Callable[[Message, datetime], Behind]] = {
    State.QUEUED: _waiting,
    State.CLAIMED: _waiting,
    State.HANDED: _handed,
    State.SENT: _sent,
    State.DELIVERED: _delivered,
    State.REFUSED: _failed,
    State.FAILED: _failed,
    State.UNCONFIRMED: _failed,
    State.CANCELLED: _cancelled,
}
