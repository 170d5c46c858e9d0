"""What members allow: consents, and addresses that must not be used any more."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.people import REACHABLE, Member
from members.vocabulary import Channel, Purpose


class Consent(models.Model):
    """One decision of a member, appended and never changed; the latest by `happened_at`, then `id`, holds."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="consents", db_index=False)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    granted = models.BooleanField(_("granted"))
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    source = models.CharField(_("source"), max_length=64, help_text=_("Where it was said: a form, a till, a reply."))
    wording = models.TextField(_("wording"), blank=True, help_text=_("The words the member agreed to."))
    # Under which its source knows it; empty where it was told without one.
    key = models.CharField(_("key"), max_length=128, blank=True, db_default="")

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [
            models.Index(fields=["member", "channel", "purpose", "-happened_at", "-id"], name="consent_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel}: {'granted' if self.granted else 'withdrawn'}"


class Suppression(models.Model):
    """An address that is never used again, for any purpose, until somebody lifts it."""

    channel = models.CharField(_("channel"), max_length=8, choices=REACHABLE)
    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=200)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="suppression_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.address}: {self.reason}"
