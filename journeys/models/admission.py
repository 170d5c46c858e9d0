"""What limits how many members a journey takes in."""

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
