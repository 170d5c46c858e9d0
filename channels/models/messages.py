"""The outbox: a message is a row before it leaves."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.models.senders import Sender
from channels.vocabulary import CARRIED, WEBHOOK, OriginKind, Reason, State
from content.models import Content, Grant
from members.models import Member
from members.models.shards import shard_field
from members.vocabulary import Purpose


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions about messages."""

    def to_members(self) -> Self:
        """Return those that are said to the members they are about: neither tests nor webhooks."""
        return self.exclude(origin_kind=OriginKind.TEST).exclude(channel=WEBHOOK)


class Message(models.Model):
    """One message to or about one member.

    Its key is (member, origin kind, origin id, step key, visit); there is no second one. It says a content, or to a
    machine its `payload`.

    `planned_at` is the planned departure, which contact pressure counts; `due_at` is when it is next tried;
    `expires_at` is the deadline after which it is cancelled instead of sent.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="messages", db_index=False)
    channel = models.CharField(_("channel"), max_length=8, choices=CARRIED)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    address = models.CharField(_("address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=16)
    # A constraint would lock the one row of the content, and that of the sender, anew with every message that is
    # queued, and two workers for each other; Django protects both from being deleted.
    content = models.ForeignKey(
        Content, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    payload = models.JSONField(_("payload"), null=True, blank=True)  # what a webhook says, the same in every attempt
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, blank=True, related_name="messages", db_index=False)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    sender = models.ForeignKey(Sender, models.PROTECT, related_name="messages", db_index=False, db_constraint=False)
    team_id = models.BigIntegerField(null=True, blank=True)  # the team that works a follow-up

    origin_kind = models.CharField(max_length=16, choices=OriginKind.choices)
    origin_id = models.BigIntegerField()
    step_key = models.CharField(max_length=64)
    visit = models.IntegerField()
    journey_id = models.BigIntegerField(null=True, blank=True)
    journey_name = models.CharField(max_length=200, blank=True)
    # What must not go to one address twice, whoever the members behind it are; null where it may. The queue looks back
    # 30 days for other members; the database refuses a second one on the same day, which two shards could race to.
    once = models.UUIDField(null=True, blank=True)
    planned_day = models.DateField()  # of `planned_at`, in UTC

    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices, blank=True)
    words = models.CharField(_("the carrier's words"), max_length=500, blank=True)
    priority = models.SmallIntegerField(default=50)  # lower leaves first
    queued_at = models.DateTimeField(_("queued at"))
    planned_at = models.DateTimeField(_("planned departure"))
    due_at = models.DateTimeField(_("due at"))
    expires_at = models.DateTimeField(_("expires at"))
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    handed_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    carrier_id = models.CharField(_("carrier's id"), max_length=200, blank=True)
    clicked_at = models.DateTimeField(_("first click at"), null=True, blank=True)
    shard = shard_field("member")

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "origin_kind", "origin_id", "step_key", "visit"], name="message_once"
            ),
            models.UniqueConstraint(
                fields=["once", "planned_day"],
                name="message_address_once",
                condition=Q(once__isnull=False) & ~Q(state="cancelled"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "failed", "unconfirmed", "cancelled"]) | ~Q(reason=""),
                name="message_no_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=False, payload__isnull=True)
                | Q(content__isnull=True, payload__isnull=False),
                name="message_content_or_payload",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sender", "priority", "due_at", "id"], name="message_due", condition=Q(state="queued")
            ),
            # By the lease and not by the state: a receipt may settle a message before its worker comes back, or dies.
            models.Index(fields=["lease_until"], name="message_leased", condition=Q(lease_until__isnull=False)),
            models.Index(fields=["expires_at"], name="message_expiry", condition=Q(state="queued")),
            models.Index(fields=["member", "-planned_at"], name="message_member"),
            # What of a journey has not left. Each state of a message is written into every index that it stands in.
            models.Index(
                fields=["journey_id", "step_key"], name="message_waiting", condition=Q(state__in=["queued", "claimed"])
            ),
            # Those of a journey, the newest first, page by page.
            models.Index(
                fields=["journey_id", "-id"], name="message_of_journey", condition=Q(journey_id__isnull=False)
            ),
            models.Index(fields=["grant"], name="message_grant", condition=Q(grant__isnull=False)),
            models.Index(fields=["sender", "-queued_at"], name="message_webhook", condition=Q(channel=WEBHOOK)),
            models.Index(fields=["sender", "carrier_id"], name="message_carrier", condition=~Q(carrier_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.public_id}"


class Rendering(models.Model):
    """A message as the member saw it, kept from the moment it was handed over."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="rendering")
    subject = models.CharField(_("subject"), max_length=998, blank=True)
    text = models.TextField(_("text"))
    html = models.TextField("HTML", blank=True)

    class Meta:
        verbose_name = _("rendering")
        verbose_name_plural = _("renderings")


class Receipt(models.Model):
    """What a carrier told us, once: the raw payload is kept, and a second delivery of it changes nothing."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="receipts", db_index=False)
    key = models.CharField(max_length=200)
    kind = models.CharField(_("kind"), max_length=16)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="receipts")
    payload = models.JSONField(_("payload"))
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [models.UniqueConstraint(fields=["sender", "key"], name="receipt_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class MessageCount(models.Model):
    """How many messages came into a state, per journey, step, channel and day; added by the statement that moves them.

    `state` is a message state or `clicked`. Rows are only added; reading sums them, so no screen counts messages.
    """

    journey_id = models.BigIntegerField(null=True, blank=True)
    step_key = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=8, choices=CARRIED)
    state = models.CharField(max_length=12)
    day = models.DateField()
    count = models.IntegerField()

    class Meta:
        verbose_name = _("message count")
        verbose_name_plural = _("message counts")
        indexes = [models.Index(fields=["journey_id", "step_key", "channel", "state"], name="message_count")]


class DeliveryTime(models.Model):
    """How long messages waited for their carrier, per sender and day; added by the statement that stores results.

    From the instant a message was due, after quiet hours and pauses of retries, until the carrier took it. `bucket`
    counts the bounds of `latency.BOUNDS` below it; `seconds` is the sum. Rows are only added; reading sums them.
    """

    sender_id = models.BigIntegerField()
    day = models.DateField()
    bucket = models.SmallIntegerField()
    count = models.IntegerField()
    seconds = models.FloatField()

    class Meta:
        verbose_name = _("delivery time")
        verbose_name_plural = _("delivery times")
