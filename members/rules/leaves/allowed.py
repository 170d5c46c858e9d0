"""Leaves about what members allow and where they can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members import consent
from members.rules.comparisons import Comparison, Kind, Op, known
from members.rules.given import Given
from members.rules.leaf import HasLeaf
from members.rules.looks import Asked, Look
from members.sql import Sql
from members.vocabulary import Channel, Purpose

ADDRESSED = (Channel.EMAIL, Channel.SMS, Channel.CHAT)

# The latest decision of each member; for one member the condition on member_id goes into it and reads one index entry.
_LATEST = """(
    SELECT DISTINCT ON (decision.member_id) decision.member_id, decision.granted
    FROM members_consent decision
    WHERE decision.channel = %(channel)s AND decision.purpose = %(purpose)s AND decision.happened_at <= %(now)s
    ORDER BY decision.member_id, decision.happened_at DESC, decision.id DESC
) latest"""


@dataclass(frozen=True)
class ConsentLeaf(HasLeaf):
    """Whether the member's latest decision on a channel and purpose was to grant it."""

    kind = "consent"
    label = gettext_lazy("Consent")
    settings = ("channel", "purpose", "granted")

    channel: Channel
    purpose: Purpose

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read channel and purpose; `granted: false` asks for those who have not, or no longer, granted it."""
        granted = given.flag("granted", default=True)
        test = Comparison(Op.EQ if granted else Op.NE, Kind.BOOLEAN, True)
        channel, purpose = given.choice("channel", Channel.values), given.choice("purpose", Purpose.values)
        return cls(test, Channel(channel), Purpose(purpose))

    def look(self, asked: Asked) -> Look:
        """Look at the latest decision by then."""
        params = {"channel": self.channel.value, "purpose": self.purpose.value, "now": asked.now}
        return Look(Sql("latest.granted"), Sql(_LATEST, params), "latest.member_id")

    def topics(self) -> frozenset[str]:
        """Return the topic of consents."""
        return frozenset({"consent"})

    def describe(self) -> str:
        """Return the consent, wanted or not."""
        words = (
            _("there is consent to “%(purpose)s” by %(channel)s")
            if self.test.op == Op.EQ
            else _("there is no consent to “%(purpose)s” by %(channel)s")
        )
        return words % {"purpose": self.purpose.label, "channel": self.channel.label}

    def found(self, value: Any) -> str:
        """Return the decision."""
        if value is None:
            return _("Never decided")
        return _("Granted") if value else _("Withdrawn")


@dataclass(frozen=True)
class _AddressLeaf(HasLeaf):
    """A leaf about the member's address on one channel."""

    settings = ("channel",)

    channel: Channel

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a channel that has addresses."""
        return cls(known(), Channel(given.choice("channel", ADDRESSED)))

    def _addresses(self, condition: str) -> Look:
        where = Sql(f"reached.channel = %(channel)s AND {condition}", {"channel": self.channel.value})
        return Look(Sql("true"), Sql("members_identity reached"), "reached.member_id", where)

    def topics(self) -> frozenset[str]:
        """Addresses belong to the profile; suppressions are told of as consents."""
        return frozenset({"profile", "consent"})


@dataclass(frozen=True)
class ReachableLeaf(_AddressLeaf):
    """Whether the member has a verified address on a channel that is not suppressed. Consent has a leaf of its own."""

    kind = "reachable"
    label = gettext_lazy("Reachable")

    def look(self, asked: Asked) -> Look:
        """Look at the addresses."""
        return self._addresses(f"reached.verified AND NOT {_SUPPRESSED}")

    def describe(self) -> str:
        """Return the channel."""
        return _("there is a verified address for %(channel)s") % {"channel": self.channel.label}

    def found(self, value: Any) -> str:
        """Return whether there is one."""
        return _("Reachable") if value else _("Not reachable")


@dataclass(frozen=True)
class SuppressedLeaf(_AddressLeaf):
    """Whether the member's address on a channel bounced, complained or was suppressed by hand."""

    kind = "suppressed"
    label = gettext_lazy("Suppressed")

    def look(self, asked: Asked) -> Look:
        """Look at the addresses."""
        return self._addresses(_SUPPRESSED)

    def describe(self) -> str:
        """Return the channel."""
        return _("the address for %(channel)s is suppressed") % {"channel": self.channel.label}

    def found(self, value: Any) -> str:
        """Return whether it is."""
        return _("Suppressed") if value else _("Not suppressed")


_SUPPRESSED = consent.suppressed("reached.channel", "reached.address")
