"""What is known of the arms of splits: who took which, how they fare, and which one won."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journeys.models.journeys import Journey, Version
from members.models import Member


class Arm(models.Model):
    """The path of a split that an enrollment took, from its first visit on; of journeys with a goal alone.

    `round` counts how often the question of the winner was opened, from 1. Who was sent to a winner was not drawn.
    """

    # Written beside what the enrollment refers to; see there for the constraints.
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    step_key = models.CharField(max_length=64)
    enrollment_id = models.BigIntegerField()
    arm = models.CharField(max_length=64)
    round = models.IntegerField()
    by_lot = models.BooleanField()

    class Meta:
        verbose_name = _("arm")
        verbose_name_plural = _("arms")
        constraints = [
            models.UniqueConstraint(fields=["member", "journey", "step_key", "enrollment_id"], name="arm_once"),
        ]


class ArmCount(models.Model):
    """How many enrollments took an arm and how many reached the goal; rows are only added, and reading sums them."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+", db_index=False)
    step_key = models.CharField(max_length=64)
    round = models.IntegerField()
    arm = models.CharField(max_length=64)
    by_lot = models.BooleanField()
    day = models.DateField()
    entered = models.IntegerField(default=0)
    converted = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["journey", "step_key", "round"], name="arm_count")]


class SplitDecision(models.Model):
    """The arm that won a round, or without one that the next round was opened. A row never changes.

    `who` is a person and `version` a publication; without both it is decided by the counts that it keeps.
    """

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+", db_index=False)
    step_key = models.CharField(_("step"), max_length=64)
    round = models.IntegerField(_("round"))
    arm = models.CharField(_("arm"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"))
    who = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    version = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="+")
    rule = models.JSONField(_("rule"), default=dict)  # probability and sample, as they were asked for
    arms = models.JSONField(_("arms"), default=list)  # arm, entered, converted and probability, as they were found

    class Meta:
        verbose_name = _("decision of a split")
        verbose_name_plural = _("decisions of splits")
        constraints = [
            # One winner a round, and one opening of it, whoever asks at the same time.
            models.UniqueConstraint(
                fields=["journey", "step_key", "round"], name="split_won_once", condition=~Q(arm="")
            ),
            models.UniqueConstraint(
                fields=["journey", "step_key", "round"], name="split_opened_once", condition=Q(arm="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journey} {self.step_key} {self.round}: {self.arm}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new row; one that is stored never changes."""
        if not self._state.adding:
            raise TypeError(_("A decision never changes; open the question again instead."))
        super().save(*args, **kwargs)
