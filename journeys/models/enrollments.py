"""Enrollments: one member in one version at one step, due at one time; and the trace of what happened."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from journeys.models.journeys import Journey, Step, Version
from journeys.vocabulary import EndReason, EnrollmentState
from members.models import Member
from members.models.shards import shard_field


class Enrollment(models.Model):
    """A member under way. `entry_key` is empty, or names what the entry was about (an order, a year)."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="enrollments", db_index=False)
    # Versions and their steps never change, and Django protects what enrollments refer to. A constraint besides would
    # look each of them up anew with every move of every member, which took a third of the time of a tick.
    journey = models.ForeignKey(
        Journey, models.PROTECT, related_name="enrollments", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(
        Version, models.PROTECT, related_name="enrollments", db_index=False, db_constraint=False
    )
    step = models.ForeignKey(
        Step, models.PROTECT, null=True, blank=True, related_name="enrollments", db_index=False, db_constraint=False
    )
    state = models.CharField(_("state"), max_length=8, choices=EnrollmentState.choices)
    held_out = models.BooleanField(_("held out"), default=False)  # stays when the enrollment has ended
    entry_key = models.CharField(_("entry key"), max_length=128, default="", blank=True)
    # When what named the member happened, where that was before the entry: what the member did since then counts.
    named_at = models.DateTimeField(_("named at"), null=True, blank=True)
    entered_at = models.DateTimeField(_("entered at"))
    arrived_at = models.DateTimeField(_("at this step since"))
    due_at = models.DateTimeField(_("due at"))
    rest_until = models.DateTimeField(_("rests until"), null=True, blank=True)
    visit = models.IntegerField(_("visit"), default=1)
    # By the key of a way back: the visit that it is on. As `:since` when the member came to a message that was put off.
    rounds = models.JSONField(null=True, blank=True, editable=False)
    goal_until = models.DateTimeField(_("time for the goal ends at"), null=True, blank=True)
    converted_at = models.DateTimeField(_("converted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("end reason"), max_length=16, choices=EndReason.choices, blank=True)
    shard = shard_field("member")

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(
                fields=["journey", "member", "entry_key"], name="enrollment_once", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) & ~Q(end_reason="") | ~Q(state="ended"),
                name="enrollment_end_has_reason",
            ),
            models.CheckConstraint(condition=~Q(state="live") | Q(step__isnull=False), name="enrollment_at_step"),
        ]
        indexes = [
            models.Index(fields=["shard", "due_at"], name="enrollment_due", condition=Q(state="live")),
            # With the journey in it no plan reads a whole journey for one member, not even without statistics.
            models.Index(fields=["member", "journey", "-entered_at"], name="enrollment_member"),
            models.Index(fields=["step", "state"], name="enrollment_step", condition=Q(state="live")),
            models.Index(fields=["journey", "entered_at"], name="enrollment_journey"),
            models.Index(fields=["shard", "goal_until"], name="enrollment_held_out", condition=Q(state="held_out")),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.journey}"

    @property
    def trace(self) -> QuerySet[Trace]:
        """What happened in it, found among what happened to its member in its journey."""
        return Trace.objects.filter(member=self.member_id, journey=self.journey_id, enrollment=self.pk)


class Trace(models.Model):
    """What happened to a member in a journey: each outcome, and every "no" with its reason. Append-only."""

    # Written beside the enrollment by one statement, and deleted with it; see there for the constraints.
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    enrollment = models.ForeignKey(
        # It goes with its member, and these rows do. An index by enrollment took a third of the time of writing one.
        Enrollment,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    step_key = models.CharField(_("step"), max_length=64, blank=True)
    visit = models.IntegerField(default=1)
    outcome = models.CharField(_("outcome"), max_length=64)
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("trace")
        indexes = [
            models.Index(fields=["member", "journey", "id"], name="trace_member"),
        ]


class StepCount(models.Model):
    """Outcomes counted per step and day, added by the statement that moves the cohort: no screen counts big tables.

    Beside the outcomes stand `arrived` and `left`, whose difference is how many stand at the step now. Rows are only
    added; reading sums them.
    """

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="counts", db_index=False)
    step_key = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=64)
    day = models.DateField()
    count = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["journey", "step_key", "outcome"], name="step_count")]
