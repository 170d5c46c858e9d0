"""Senders, and what keeps messages decent: quiet hours, contact pressure and holds."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from channels.vocabulary import CARRIED
from members.models import Segment
from members.vocabulary import Channel, Purpose


class Sender(models.Model):
    """A configured adapter. Of several active senders of a channel the one with the lowest rank carries it."""

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    adapter = models.CharField(_("adapter"), max_length=32)
    channel = models.CharField(_("channel"), max_length=8, choices=CARRIED)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = models.TextField(_("secrets"), blank=True, editable=False)  # JSON under MultiFernet
    rate = models.PositiveIntegerField(
        _("messages a second"), default=100, validators=[MinValueValidator(1)], help_text=_("What the carrier allows.")
    )
    rank = models.PositiveSmallIntegerField(_("rank"), default=10)
    active = models.BooleanField(_("active"), default=True)
    token = models.CharField(_("webhook token"), max_length=64, unique=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    failing_words = models.CharField(_("the carrier's words"), max_length=500, blank=True, editable=False)
    # Nothing leaves before: the rate's next free moment, or the end of a pause after a failure.
    free_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["channel", "rank", "name"]

    def __str__(self) -> str:
        return self.name


class QuietHours(models.Model):
    """When a channel may be used, in the member's local time. `closes` before `opens` means overnight.

    A row with a country holds there instead of the one without.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166; empty is everywhere else
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        ordering = ["channel", "country"]
        constraints = [models.UniqueConstraint(fields=["channel", "country"], name="quiet_hours_once")]

    def __str__(self) -> str:
        where = (self.get_channel_display(), self.country, f"{self.opens:%H:%M}–{self.closes:%H:%M}")
        return ", ".join(part for part in where if part)


class PressurePolicy(models.Model):
    """At most `messages` messages to a member in `days` days. All active policies hold at once.

    A policy counts, and stops, the messages of its channel and purpose to the members of its segment; what is left
    empty is every channel, purpose or member.
    """

    messages = models.PositiveSmallIntegerField(_("messages"), default=3)
    days = models.PositiveSmallIntegerField(
        _("in days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    purpose = models.CharField(
        _("purpose"), max_length=16, choices=Purpose.choices, default=Purpose.PROMOTIONAL, blank=True
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, blank=True)
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, verbose_name=_("segment"))
    active = models.BooleanField(_("active"), default=True)
    # Messages queued before fall under the policies of their day; the audit must not hold them against this one.
    since = models.DateTimeField(_("since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("contact pressure policy")
        verbose_name_plural = _("contact pressure policies")
        ordering = ["id"]

    def __str__(self) -> str:
        return in_words(self.told())

    def told(self) -> dict[str, Any]:
        """Return what it says, to be kept with what it stopped: policies are edited and deleted."""
        return {
            "id": self.pk,
            "messages": self.messages,
            "days": self.days,
            "purpose": self.purpose,
            "channel": self.channel,
            "segment": self.segment.name if self.segment else "",
        }


def in_words(told: Mapping[str, Any]) -> str:
    """Return what a policy says or said (see `PressurePolicy.told`) as a phrase."""
    what = {**dict(Purpose.choices), "": _("of any purpose")}[told["purpose"]]
    by = {**dict(Channel.choices), "": _("all channels together")}[told["channel"]]
    said = {"messages": told["messages"], "days": told["days"], "what": str(what).lower(), "by": by}
    words = (
        ngettext(
            "at most %(messages)s %(what)s in %(days)s day by %(by)s",
            "at most %(messages)s %(what)s in %(days)s days by %(by)s",
            told["days"],
        )
        % said
    )
    return _("%(words)s, for “%(segment)s”") % {"words": words, **told} if told["segment"] else str(words)


class Hold(models.Model):
    """Nothing of this scope leaves while the row stands. A paused journey is one hold, not a million updates."""

    class Scope(models.TextChoices):
        """What is held."""

        ALL = "all", _("Everything")
        CHANNEL = "channel", _("A channel")
        SENDER = "sender", _("A sender")
        JOURNEY = "journey", _("A journey")

    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices)
    scope_id = models.CharField(_("of"), max_length=32, blank=True)  # a channel's name, or an id
    reason = models.CharField(_("reason"), max_length=200)
    since = models.DateTimeField(_("since"))
    who = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [models.UniqueConstraint(fields=["scope", "scope_id"], name="hold_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id}"
