"""What limits how many members a journey takes in."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from journeys.models.journeys import Journey


class RampDay(models.Model):
    """How many members a journey with a ramp took in on a day of the house. Its row is locked before it takes more."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(_("day"))
    taken = models.IntegerField(_("taken"))

    class Meta:
        verbose_name = _("ramp day")
        verbose_name_plural = _("ramp days")
        constraints = [models.UniqueConstraint(fields=["journey", "day"], name="ramp_day_once")]

    def __str__(self) -> str:
        return f"{self.journey} {self.day}: {self.taken}"


class HoldoutPolicy(models.Model):
    """The holdout over all: a share of members to whom no journey writes; the one row with id 1 holds."""

    share = models.DecimalField(
        _("share of members"),
        max_digits=4,
        decimal_places=3,
        default=0,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal("0.9"))],
        help_text=_("From 0 to 0.9, such as 0.05 for one member in twenty."),
    )

    class Meta:
        verbose_name = _("holdout over all")
        verbose_name_plural = _("holdout over all")

    def __str__(self) -> str:
        return f"{self.share}"
