"""How far the past has been played."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Playback(models.Model):
    """The one row with id 1 remembers what was played in this database, so that it goes on there and never back.

    `shift_days` is set where the demo was loaded: so many days later than in the log its purchases happen.
    """

    played_until = models.DateTimeField(_("played until"), null=True)
    shift_days = models.IntegerField(_("days by which the demo's purchases are moved"), null=True)
    loaded_at = models.DateTimeField(_("demo loaded as of"), null=True)

    class Meta:
        verbose_name = _("playback")
        verbose_name_plural = _("playback")

    def __str__(self) -> str:
        return f"{self.played_until}"
