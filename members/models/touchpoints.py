"""Touchpoints: every contact, in any channel and direction."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.people import Member
from members.models.places import Store
from members.vocabulary import Channel, Direction, TouchpointKind


class Touchpoint(models.Model):
    """One contact. What upper layers own is kept as a plain id with its name at the time."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="touchpoints", db_index=False)
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    kind = models.CharField(_("kind"), max_length=16, choices=TouchpointKind.choices)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False)
    who_name = models.CharField(_("who"), max_length=150, blank=True)
    store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True, db_index=False)
    message_id = models.BigIntegerField(null=True, blank=True)
    journey_id = models.BigIntegerField(null=True, blank=True)
    journey_name = models.CharField(_("journey"), max_length=200, blank=True)
    offer_id = models.BigIntegerField(null=True, blank=True)
    offer_name = models.CharField(_("offer"), max_length=200, blank=True)
    grant_id = models.BigIntegerField(null=True, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    content_id = models.BigIntegerField(null=True, blank=True)
    content_name = models.CharField(_("content"), max_length=200, blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    outcome = models.CharField(_("outcome"), max_length=32, blank=True)

    class Meta:
        verbose_name = _("touchpoint")
        verbose_name_plural = _("touchpoints")
        indexes = [
            models.Index(fields=["member", "-happened_at", "-id"], name="touchpoint_history"),
            models.Index(
                fields=["message_id"], name="touchpoint_message", condition=models.Q(message_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"

    # Django's own translate every choice for each row, which was a fifth of what a member's page took.
    def get_channel_display(self) -> str:  # type: ignore[no-redef]
        """Return the channel in words."""
        return _words(Channel, self.channel)

    def get_direction_display(self) -> str:  # type: ignore[no-redef]
        """Return the direction in words."""
        return _words(Direction, self.direction)

    def get_kind_display(self) -> str:  # type: ignore[no-redef]
        """Return the kind in words."""
        return _words(TouchpointKind, self.kind)

    @property
    def is_receipt(self) -> bool:
        """Whether neither house nor member spoke, but a carrier told what became of a message."""
        return self.kind in {TouchpointKind.DELIVERED, TouchpointKind.FAILED}


def _words(choices: type[models.TextChoices], value: str) -> str:
    return str(choices(value).label) if value in choices else value
