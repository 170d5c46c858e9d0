"""What stood behind a "no": since when there is no consent, what became of the offer, which messages filled the cap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from channels.models import Message
from channels.models.senders import in_words
from channels.vocabulary import Reason
from content.models import Grant
from members import zones
from members.models import Consent, Identity, Member, Suppression
from members.vocabulary import Channel, Purpose


@dataclass(frozen=True)
class Wanted:
    """The message that was wanted: `channel` is the one that came closest to it, or empty; `detail` is of the trace.

    `offer` is the name of that which it speaks of, `grant` the member's last one of it, `journey_id` the journey's.
    """

    member: Member
    channel: str
    purpose: str
    at: datetime
    address: str = ""
    grant: Grant | None = None
    detail: Mapping[str, Any] | None = None
    offer: str = ""
    journey_id: int | None = None

    @property
    def by(self) -> str:
        """The channel in words."""
        return str(Channel(self.channel).label) if self.channel in Channel.values else self.channel

    def wall(self, instant: datetime) -> str:
        """An instant as the member's calendar and clock show it."""
        return zones.wall(instant, zones.name_of(self.member))


@dataclass(frozen=True)
class Behind:
    """The sentence, since when it is so, and what it rests on."""

    sentence: str
    since: datetime | None = None
    evidence: Mapping[str, Any] | None = None


def behind(reason: str, wanted: Wanted) -> Behind:
    """Return what stood behind a reason of `channels.vocabulary.Reason` at the time."""
    look = _LOOKS.get(reason)
    found = look(wanted) if look else None
    return found or Behind(str(Reason(reason).label) if reason in Reason.values else reason)


def _consent(wanted: Wanted) -> Behind:
    said = {
        "member": wanted.member,
        "purpose": str(Purpose(wanted.purpose).label).lower(),
        "channel": wanted.by,
    }
    made = Consent.objects.filter(member=wanted.member, channel=wanted.channel, purpose=wanted.purpose)
    known = Q(happened_at__lte=wanted.at, recorded_at__lte=wanted.at)
    last = made.filter(known, granted=False).order_by("-happened_at", "-pk").first()
    later = made.exclude(known).filter(granted=True).order_by("recorded_at", "pk").first()
    if later:
        said["later"] = wanted.wall(max(later.happened_at, later.recorded_at))
    if last is None:
        sentence = _("%(member)s has never agreed to %(purpose)s messages by %(channel)s.")
        told_later = _("%(member)s had not agreed to %(purpose)s messages by %(channel)s until %(later)s.")
        return Behind((told_later if later else sentence) % said)
    said |= {"time": wanted.wall(last.happened_at), "source": last.source}
    sentence = _(
        "%(member)s has not agreed to %(purpose)s messages by %(channel)s since %(time)s (said at: %(source)s)."
    )
    told_later = _(
        "%(member)s had not agreed to %(purpose)s messages by %(channel)s from %(time)s (said at: %(source)s)"
        " until %(later)s."
    )
    evidence = {"channel": wanted.channel, "purpose": wanted.purpose, "source": last.source}
    return Behind((told_later if later else sentence) % said, last.happened_at, evidence)


def _address(wanted: Wanted) -> Behind | None:
    if not wanted.channel:
        return None
    known = Identity.objects.filter(member=wanted.member, channel=wanted.channel).values_list("verified", flat=True)
    said = {"member": wanted.member, "channel": wanted.by}
    if any(known):
        return Behind(_("%(member)s had no verified address for %(channel)s then.") % said)
    if known:
        return Behind(_("The address of %(member)s for %(channel)s is not verified.") % said)
    return Behind(_("%(member)s has no address for %(channel)s.") % said)


def _suppression(wanted: Wanted) -> Behind | None:
    addresses = Identity.objects.filter(member=wanted.member, channel=wanted.channel).values_list("address", flat=True)
    asked = [wanted.address] if wanted.address else list(addresses)
    known = Suppression.objects.filter(channel=wanted.channel, address__in=asked, since__lte=wanted.at)
    found = known.order_by("since").first()
    if found is None:  # it was lifted, or the member has another address since
        sentence = _("The member's address for %(channel)s had bounced or complained, and was not used then.")
        return Behind(sentence % {"channel": wanted.by}) if wanted.channel else None
    said = {"channel": wanted.by, "time": wanted.wall(found.since), "reason": found.reason}
    sentence = _("The member's address for %(channel)s is not used since %(time)s: %(reason)s")
    return Behind(sentence % said, found.since, {"channel": wanted.channel, "suppressed_for": found.reason})


def _grant(wanted: Wanted) -> Behind | None:
    if wanted.grant is None:
        return None
    state = wanted.grant.state_at(wanted.at)
    closed_at = wanted.grant.closed_at
    said = {
        "offer": wanted.grant.offer,
        "state": str(state.label).lower(),
        "time": closed_at and wanted.wall(closed_at),
    }
    sentence = _("The offer “%(offer)s” in it is %(state)s since %(time)s.") if closed_at else None
    evidence = {"grant": str(wanted.grant.public_id), "grant_state": str(state)}
    return Behind((sentence or _("The offer “%(offer)s” in it is %(state)s.")) % said, closed_at, evidence)


def _no_grant(wanted: Wanted) -> Behind | None:
    """Say what became of the grant that there was, or that there never was one."""
    if not wanted.offer:
        return None
    if wanted.grant is None:
        sentence = _("The offer “%(offer)s” had not been granted to %(member)s.")
        return Behind(sentence % {"offer": wanted.offer, "member": wanted.member}, None, {"offer": wanted.offer})
    if wanted.grant.state_at(wanted.at) != Grant.State.LIVE:
        return _grant(wanted)
    said = {"offer": wanted.offer, "time": wanted.wall(wanted.grant.validity.upper)}
    sentence = _("The offer “%(offer)s” in it is over at %(time)s, before the message could leave.")
    return Behind(sentence % said, None, {"grant": str(wanted.grant.public_id)})


def _quiet(wanted: Wanted) -> Behind | None:
    opens = (wanted.detail or {}).get("planned_at")
    if not opens:
        return None
    said = {"channel": wanted.by, "time": wanted.wall(datetime.fromisoformat(opens))}
    sentence = _(
        "It could have left by %(channel)s at %(time)s, after the quiet hours, and its deadline was before that."
    )
    return Behind(sentence % said, None, {"planned_at": opens})


def _winner(wanted: Wanted) -> Behind | None:
    winner = (wanted.detail or {}).get("winner")
    if not winner:
        return None
    detail, policy = wanted.detail or {}, (wanted.detail or {}).get("policy")
    taken = Message.objects.filter(pk=detail.get("winner_message") or 0).first()
    if taken and taken.journey_id == wanted.journey_id:
        sentence = _("Another entry of the member into “%(journey)s” came first and took the place.")
    else:
        sentence = _("“%(journey)s” was more important and took the place.")
    sentence %= {"journey": winner}
    if policy:
        allowed = _("The contact pressure policy allows %(policy)s.") % {"policy": in_words(policy)}
        sentence = f"{sentence} {allowed}"
    evidence = {"winner": winner, "winner_message": taken and str(taken.public_id), "policy": policy}
    return Behind(sentence, None, {name: value for name, value in evidence.items() if value})


def _cap(wanted: Wanted) -> Behind | None:
    detail = wanted.detail or {}
    ids = [pk for pk in detail.get("messages", ()) if isinstance(pk, int)]
    counted = list(Message.objects.filter(pk__in=ids).select_related("content").order_by("planned_at"))
    if not counted and "policy" not in detail:
        return None
    if not counted:  # a policy that allows none at all
        sentence = _("The contact pressure policy allows %(policy)s.") % {"policy": in_words(detail["policy"])}
        return Behind(sentence, None, {**detail, "messages": []})
    listed = ", ".join(
        _("“%(content)s” on %(day)s") % {"content": one.content or one.journey_name, "day": wanted.wall(one.planned_at)}
        for one in counted
    )
    said = {"messages": listed, "policy": in_words(detail["policy"]) if "policy" in detail else _("no more")}
    sentence = _("The contact pressure policy allows %(policy)s; these count: %(messages)s.") % said
    return Behind(sentence, None, {**detail, "messages": [str(one.public_id) for one in counted]})


_LOOKS: Mapping[str, Callable[[Wanted], Behind | None]] = {
    Reason.NO_CONSENT: _consent,
    Reason.NO_ADDRESS: _address,
    Reason.SUPPRESSED: _suppression,
    Reason.GRANT_CLOSED: _grant,
    Reason.NO_GRANT: _no_grant,
    Reason.QUIET_HOURS: _quiet,
    Reason.LOST: _winner,
    Reason.CAPPED: _cap,
}
