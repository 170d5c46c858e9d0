"""Facts: what members did. They are appended through `members.facts` and never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.people import Member
from members.models.places import Store
from members.models.shards import shard_field
from members.vocabulary import PointsKind


class FactKey(models.Model):
    """The ledger that makes facts idempotent: a second fact of a kind with the same source and key is refused."""

    kind = models.CharField(max_length=16)  # event, purchase, points or consent
    source = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    member = models.ForeignKey(Member, models.CASCADE, db_index=False, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("fact key")
        verbose_name_plural = _("fact keys")
        constraints = [models.UniqueConstraint(fields=["source", "key", "kind"], name="fact_once")]


class Fact(models.Model):
    """What every fact has: when it happened, when it was recorded, and the key under which its source knows it.

    The tables are partitioned by the month of `happened_at`: whoever knows it, or a bound, should ask for it as well.
    """

    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    source = models.CharField(_("source"), max_length=64)
    key = models.CharField(_("key"), max_length=128)
    shard = shard_field("member")

    class Meta:
        abstract = True


class Event(Fact):
    """Something a member did or that happened to them, by name, with properties."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="events", db_index=False)
    name = models.CharField(_("name"), max_length=64)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["member", "name", "happened_at"], name="event_member")]

    def __str__(self) -> str:
        return self.name


class Purchase(Fact):
    """A purchase or a return: `total` is the sum of its lines, negative for a return."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="purchases", db_index=False)
    store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True, db_index=False)
    currency = models.CharField(_("currency"), max_length=3)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    quantity = models.IntegerField(_("quantity"))

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        indexes = [models.Index(fields=["member", "happened_at"], name="purchase_member")]

    def __str__(self) -> str:
        return f"{self.total} {self.currency}"


class PurchaseLine(models.Model):
    """One line of a purchase; a return has a negative quantity."""

    # Purchases are partitioned by month, so that no constraint of theirs holds `id` alone, and PostgreSQL lets nothing
    # refer to it. Lines come with their purchase in one statement, and go with it: by Django, and by `keep_partitions`.
    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="lines", db_constraint=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False)
    sku = models.CharField(_("sku"), max_length=64)
    category = models.CharField(_("category"), max_length=64, blank=True)
    quantity = models.IntegerField(_("quantity"))
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("purchase line")
        verbose_name_plural = _("purchase lines")

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class PointsEntry(Fact):
    """A change of a member's points; `points` is positive when earned, negative when spent or expired."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="points_entries", db_index=False)
    kind = models.CharField(_("kind"), max_length=8, choices=PointsKind.choices)
    points = models.IntegerField(_("points"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, help_text=_("Of earned points only."))

    class Meta:
        verbose_name = _("points entry")
        verbose_name_plural = _("points entries")
        indexes = [models.Index(fields=["member", "happened_at"], name="points_member")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="earned", points__gt=0) | models.Q(kind__in=["spent", "expired"], points__lt=0),
                name="points_sign",
            )
        ]

    def __str__(self) -> str:
        return f"{self.points:+d} ({self.kind})"
