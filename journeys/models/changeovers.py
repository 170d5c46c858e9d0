"""Changeovers: what becomes of members under way when another version is published."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from journeys.models.journeys import Version


class Changeover(models.Model):
    """What a publication decided for those under way, and how far that is done.

    `mapping` is by step key, `planned` and `moved` are how many it was for: {step key: {where to: how many}}. Shards
    before `next_shard` are through.
    """

    version = models.OneToOneField(Version, models.CASCADE, related_name="changeover")
    mapping = models.JSONField(_("mapping"))
    planned = models.JSONField(_("planned"))
    moved = models.JSONField(_("moved"), default=dict)
    next_shard = models.SmallIntegerField(_("next shard"), default=0)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("changeover")
        verbose_name_plural = _("changeovers")
        indexes = [
            models.Index(fields=["id"], name="changeover_under_way", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.version)
