"""Senders, and what keeps messages decent: quiet hours, contact pressure and holds."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.vocabulary import CARRIED
from members.vocabulary import Channel


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
    """When a channel may be used, in the member's local time. `closes` before `opens` means overnight."""

    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, unique=True)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        ordering = ["channel"]

    def __str__(self) -> str:
        return f"{self.channel} {self.opens:%H:%M}–{self.closes:%H:%M}"


class PressurePolicy(models.Model):
    """At most `messages` promotional messages in `days` days, over all channels; the one row with id 1 holds."""

    messages = models.PositiveSmallIntegerField(_("messages"), default=3)
    days = models.PositiveSmallIntegerField(_("in days"), default=7, validators=[MinValueValidator(1)])
    # Messages queued before fall under the policy of their day; the audit must not hold them against this one.
    since = models.DateTimeField(_("since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("contact pressure policy")
        verbose_name_plural = _("contact pressure policy")

    def __str__(self) -> str:
        return f"{self.messages} / {self.days} d"


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
