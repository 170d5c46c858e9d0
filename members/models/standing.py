"""Standing: what follows from a member's facts as of a time."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.people import Member
from members.models.shards import shard_field
from members.vocabulary import Churn, RfmClass, Tier


class StandingPolicy(models.Model):
    """How tiers and churn levels are drawn; the one row with id 1 holds."""

    class Scheme(models.TextChoices):
        """How members are put into tiers."""

        SHARES = "shares", _("Shares of members")  # the top 5 %, the next 15 %, the rest
        THRESHOLDS = "thresholds", _("Fixed thresholds")

    scheme = models.CharField(_("scheme"), max_length=16, choices=Scheme.choices, default=Scheme.SHARES)
    gold_share = models.DecimalField(_("gold share"), max_digits=4, decimal_places=3, default=Decimal("0.050"))
    silver_share = models.DecimalField(_("silver share"), max_digits=4, decimal_places=3, default=Decimal("0.150"))
    gold_spend = models.DecimalField(_("gold from"), max_digits=12, decimal_places=2, default=Decimal("1000"))
    silver_spend = models.DecimalField(_("silver from"), max_digits=12, decimal_places=2, default=Decimal("300"))
    light_gaps = models.DecimalField(_("light churn from"), max_digits=5, decimal_places=2, default=Decimal("2"))
    moderate_gaps = models.DecimalField(_("moderate churn from"), max_digits=5, decimal_places=2, default=Decimal("4"))
    severe_gaps = models.DecimalField(_("severe churn from"), max_digits=5, decimal_places=2, default=Decimal("8"))

    class Meta:
        verbose_name = _("standing policy")
        verbose_name_plural = _("standing policy")

    def __str__(self) -> str:
        return str(_("Standing policy"))

    def clean(self) -> None:
        """Refuse bounds that are not in their order, by which a run could not draw anything."""
        faults = {}
        if not 0 <= self.gold_share <= 1:
            faults["gold_share"] = _("Write a share from 0 to 1, such as 0.050 for the top 5 %.")
        if not 0 <= self.silver_share <= 1 - self.gold_share:
            faults["silver_share"] = _("Write a share from 0 to what gold leaves, such as 0.150 for the next 15 %.")
        if not 0 <= self.silver_spend <= self.gold_spend:
            faults["silver_spend"] = _("Write an amount from 0 to that of gold.")
        if not 0 < self.light_gaps <= self.moderate_gaps <= self.severe_gaps:
            faults["light_gaps"] = _("Write numbers above 0 that rise from light over moderate to severe.")
        if faults:
            raise ValidationError(faults)


class StandingRun(models.Model):
    """A refresh over everybody: the cut-offs it drew, so that one member can be placed between two runs."""

    as_of = models.DateTimeField(_("as of"), unique=True)
    cutoffs = models.JSONField(_("cut-offs"))

    class Meta:
        verbose_name = _("standing run")
        verbose_name_plural = _("standing runs")
        ordering = ["-as_of"]


class Standing(models.Model):
    """A member's standing as of `as_of`; a member without purchases has scores of null and no class."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="standing")
    as_of = models.DateTimeField(_("as of"))
    tier = models.CharField(_("tier"), max_length=8, choices=Tier.choices, default=Tier.BASE)
    # Sums have room for more than any single fact: one that did not fit would keep the whole run from ending.
    spend = models.DecimalField(_("spend of twelve months"), max_digits=20, decimal_places=2, default=Decimal(0))
    to_next_tier = models.DecimalField(_("to the next tier"), max_digits=20, decimal_places=2, null=True)
    recency = models.SmallIntegerField(_("recency score"), null=True)
    frequency = models.SmallIntegerField(_("frequency score"), null=True)
    monetary = models.SmallIntegerField(_("monetary score"), null=True)
    rfm_class = models.CharField(_("RFM class"), max_length=20, choices=RfmClass.choices, blank=True)
    churn = models.CharField(_("churn"), max_length=8, choices=Churn.choices, default=Churn.NONE)
    last_purchase_at = models.DateTimeField(_("last purchase"), null=True)
    purchases = models.IntegerField(_("purchases"), default=0)
    typical_gap = models.DecimalField(_("typical gap in days"), max_digits=8, decimal_places=2, null=True)
    points = models.BigIntegerField(_("points"), default=0)
    points_expiring = models.BigIntegerField(_("points that expire next"), default=0)
    points_expire_at = models.DateTimeField(_("next points expire at"), null=True)
    shard = shard_field("member")

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        indexes = [models.Index(fields=["tier", "churn"], name="standing_tier")]


class TierMove(models.Model):
    """A member who was in one tier and is in another one since `moved_at`; written by whatever places them."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False)
    moved_at = models.DateTimeField(_("moved at"))
    before = models.CharField(_("before"), max_length=8, choices=Tier.choices)
    after = models.CharField(_("after"), max_length=8, choices=Tier.choices)

    class Meta:
        verbose_name = _("move between tiers")
        verbose_name_plural = _("moves between tiers")
        indexes = [
            models.Index(fields=["moved_at"], name="tier_move_at"),
            models.Index(fields=["member", "moved_at"], name="tier_move_member"),
        ]
