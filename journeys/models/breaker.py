"""The circuit breaker: how much a journey queued on a day, and when it was held for too much."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from journeys.models.journeys import Journey


class SendDay(models.Model):
    """How many messages a journey queued on a day of the house, in rows that no two workers write at once.

    Who ticks several shards together writes the row of the first, whose lock it has.
    """

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(_("day"))
    shard = models.SmallIntegerField(_("shard"))
    queued = models.IntegerField(_("queued"))

    class Meta:
        verbose_name = _("day of sending")
        verbose_name_plural = _("days of sending")
        constraints = [models.UniqueConstraint(fields=["journey", "day", "shard"], name="send_day_once")]

    def __str__(self) -> str:
        return f"{self.journey} {self.day}: {self.queued}"


class BreakerHold(models.Model):
    """A journey that its circuit breaker held, until somebody releases it.

    `queued` and `wanted` are the messages of that day and those that were about to be queued; `names` are the codes of
    the first members who would have got a step again. A release may raise the maximum for its day.
    """

    class Kind(models.TextChoices):
        """What was about to happen."""

        MAXIMUM = "maximum", _("more messages on a day than its maximum")
        AGAIN = "again", _("the same step again to a member within the re-entry limit")

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="breaker_holds", db_index=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    since = models.DateTimeField(_("since"))
    day = models.DateField(_("day"))
    queued = models.IntegerField(_("queued"), default=0)
    wanted = models.IntegerField(_("wanted"))
    maximum = models.IntegerField(_("maximum"), null=True, blank=True)
    step_key = models.CharField(_("step"), max_length=64, blank=True)
    names = models.JSONField(_("members"), default=list)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    released_day = models.DateField(_("day of the release"), null=True, blank=True)
    most_that_day = models.IntegerField(_("maximum of that day"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold by the circuit breaker")
        verbose_name_plural = _("holds by the circuit breaker")
        constraints = [
            models.UniqueConstraint(
                fields=["journey"], name="breaker_hold_once", condition=models.Q(released_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["journey", "released_day"], name="breaker_hold_released")]

    def __str__(self) -> str:
        return f"{self.journey}: {self.sentence}"

    @property
    def why(self) -> str:
        """What was about to happen, in one sentence that names nobody: others may be told it about a member."""
        if self.kind == self.Kind.MAXIMUM:
            sentence = _now(
                "It would send more than its %(most)d messages a day: %(queued)d were queued, %(more)d more were due."
            )
            return sentence % {"most": self.maximum or 0, "queued": self.queued, "more": self.wanted}
        sentence = ngettext(
            "It would send “%(step)s” again to %(count)d member within its re-entry limit.",
            "It would send “%(step)s” again to %(count)d members within its re-entry limit.",
            self.wanted,
        )
        return sentence % {"step": self.step_key, "count": self.wanted}

    @property
    def sentence(self) -> str:
        """The same with the first of the members, for those who look after the journey."""
        if not self.names:
            return self.why
        names = ", ".join(self.names) + (" …" if self.wanted > len(self.names) else "")
        return _now("%(why)s They are: %(names)s.") % {"why": self.why, "names": names}
