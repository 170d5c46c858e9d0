"""Hand-offs: a rep and a member agree on a store and a time, the store does the rest and the rep is told.

A table beside the follow-ups, because a follow-up is a message that the outbox gave to a team: one a message, counted
against the team's day, closed with the call. A hand-off begins where the call ends, may come without any follow-up (the
member called), belongs to a store instead of a team, and has ends of its own.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.models.desk import FollowUp, Team
from channels.vocabulary import HandOffReason, HandOffState
from content.models import Content, Grant
from members.models import Member, Store


class HandOff(models.Model):
    """A promise: this member comes to this store then, about this offer. It is kept, broken, called off, or ends with
    the offer.

    `team` is whom the result comes back to besides the rep; `note` is the rep's, `answer` the store's. `seen_at` is
    when the rep took note of the end. `content` has the script.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="hand_offs", db_index=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="hand_offs", verbose_name=_("store"), db_index=False)
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, blank=True, related_name="hand_offs", db_index=False)
    content = models.ForeignKey(Content, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    follow_up = models.ForeignKey(FollowUp, models.SET_NULL, null=True, blank=True, related_name="hand_offs")
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="hand_offs", verbose_name=_("team"), db_index=False
    )
    due_at = models.DateTimeField(_("agreed for"))
    note = models.TextField(_("note"), blank=True)
    request_key = models.CharField(max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    made_by_name = models.CharField(_("by"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("created at"))

    state = models.CharField(_("state"), max_length=10, choices=HandOffState.choices, default=HandOffState.AGREED)
    reason = models.CharField(_("reason"), max_length=10, choices=HandOffReason.choices, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    ending_key = models.CharField(max_length=64, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    ended_by_name = models.CharField(_("ended by"), max_length=150, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)

    class Meta:
        verbose_name = _("hand-off")
        verbose_name_plural = _("hand-offs")
        constraints = [
            models.UniqueConstraint(fields=["member", "request_key"], name="hand_off_once"),
            # One voice: an offer waits for its member in one store.
            models.UniqueConstraint(fields=["grant"], name="hand_off_of_grant", condition=Q(state="agreed")),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(reason=""),
                name="hand_off_end_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-due_at"], name="hand_off_member"),
            models.Index(fields=["store", "due_at"], name="hand_off_store", condition=Q(state="agreed")),
            models.Index(fields=["made_by", "due_at"], name="hand_off_unseen", condition=Q(seen_at__isnull=True)),
            models.Index(fields=["team", "due_at"], name="hand_off_team", condition=Q(seen_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.member} → {self.store}"

    def is_overdue(self, now: datetime) -> bool:
        """Say whether its time is over and nobody has said what became of it."""
        return self.state == HandOffState.AGREED and self.due_at <= now
