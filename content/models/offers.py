"""Offers, grants and redemptions: what is promised."""

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import Member, Store
from members.models.shards import shard_field
from members.vocabulary import Channel


class Offer(models.Model):
    """Terms: what, at which price, for how long. Two offers in one slot are never live for one member together."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    slot = models.SlugField(_("slot"), max_length=64, help_text=_("One live grant per member and slot."))
    terms = models.TextField(_("terms"), blank=True)
    sku = models.CharField(_("sku"), max_length=64, blank=True, help_text=_("What it is for; empty for any purchase."))
    category = models.CharField(_("category"), max_length=64, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    usual_price = models.DecimalField(_("usual price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("A currency is three capital letters, such as EUR."))],
    )
    valid_days = models.PositiveSmallIntegerField(_("valid for days"), default=14, validators=[MinValueValidator(1)])
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="offer_price"),
            # An empty validity overlaps nothing: such grants would slip through the exclusion constraint.
            models.CheckConstraint(condition=models.Q(valid_days__gte=1), name="offer_valid_days"),
            models.CheckConstraint(
                condition=models.Q(starts_at__isnull=True)
                | models.Q(ends_at__isnull=True)
                | models.Q(starts_at__lt=models.F("ends_at")),
                name="offer_starts_before_end",
                violation_error_message=_("The offer must start before it ends."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """The one immutable decision "this member, this offer, this price, this code, until then".

    Only its state moves, from live to one of the ends, and back only where a redemption is undone. The validity is half
    open: [from, until).
    """

    class State(models.TextChoices):
        """What became of a grant."""

        LIVE = "live", _("Live")
        REDEEMED = "redeemed", _("Redeemed")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")  # taken back by the company
        DECLINED = "declined", _("Declined")  # the member said no

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="grants", db_index=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="grants")
    slot = models.SlugField(_("slot"), max_length=64, db_index=False)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    code = models.CharField(_("code"), max_length=16, unique=True)
    validity = DateTimeRangeField(_("validity"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.LIVE)
    granted_at = models.DateTimeField(_("granted at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # Where the decision came from; a repeated decision finds the first one.
    origin_kind = models.CharField(max_length=16)
    origin_id = models.BigIntegerField()
    step_key = models.CharField(max_length=64)
    visit = models.IntegerField()
    shard = shard_field("member")

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "origin_kind", "origin_id", "step_key", "visit"], name="grant_once"
            ),
            ExclusionConstraint(
                name="one_live_grant_a_slot",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    ("slot", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(state="live"),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-granted_at"], name="grant_member"),
            models.Index(
                models.Func(models.F("validity"), function="upper"),
                name="grant_expiry",
                condition=models.Q(state="live"),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def state_at(self, now: datetime) -> State:
        """Return the state as of now: one whose time is over has expired before anybody has booked it."""
        is_over = self.state == self.State.LIVE and now not in self.validity
        return self.State.EXPIRED if is_over else self.State(self.state)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new grant. One that exists never changes here: its state moves by `content.offers` alone."""
        if not self._state.adding:
            self._refuse_changes()
        super().save(*args, **kwargs)

    def _refuse_changes(self) -> None:
        names = [field.attname for field in self._meta.concrete_fields if not field.generated]
        stored = type(self).objects.filter(pk=self.pk).values(*names).first() or {}
        changed = [name for name in names if name in stored and stored[name] != getattr(self, name)]
        if changed:
            raise ValidationError(
                _("Grant %(code)s is a promise and cannot change (%(fields)s); withdraw it and grant anew."),
                params={"code": stored["code"], "fields": ", ".join(changed)},
            )


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    """Questions about redemptions."""

    def standing(self) -> Self:
        """Return those that count: an undone one is history alone."""
        return self.filter(undone_at__isnull=True)


class Redemption(models.Model):
    """A grant taken. A grant has one that stands, and the database refuses another; all that changes is its undoing.

    `request_key` makes a repeated tap harmless, `undo_key` a repeated undoing.
    """

    # Without an index of its own: the constraint on the request key begins with the grant.
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="redemptions", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="redemptions")
    request_key = models.CharField(_("request key"), max_length=64)
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    who_name = models.CharField(_("who"), max_length=150, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    purchase_id = models.BigIntegerField(_("purchase"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    undone_by_name = models.CharField(_("undone by"), max_length=150, blank=True, db_default="")
    undo_key = models.CharField(_("request key of the undoing"), max_length=64, blank=True, db_default="")

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        permissions = [("undo_redemption", _("Can undo redemptions of others"))]
        indexes = [models.Index(fields=["happened_at"], name="redemption_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["grant"], name="redemption_once", condition=models.Q(undone_at__isnull=True)
            ),
            models.UniqueConstraint(fields=["grant", "request_key"], name="redemption_request_once"),
        ]

    def __str__(self) -> str:
        return f"{self.grant}"
