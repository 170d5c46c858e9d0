"""Segments: rules over facts, and who they hold for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.people import Member
from members.models.shards import shard_field


class Segment(models.Model):
    """A rule tree and the members it holds for, as last refreshed."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    rule = models.JSONField(_("rule"))
    active = models.BooleanField(_("active"), default=True, help_text=_("Only active segments are refreshed."))
    refreshed_at = models.DateTimeField(_("refreshed at"), null=True, blank=True, editable=False)
    size = models.IntegerField(_("members"), default=0, editable=False)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A member of a segment, since when."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="memberships")
    since = models.DateTimeField(_("since"))
    shard = shard_field("member")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["segment", "member"], name="membership_once")]
        indexes = [models.Index(fields=["shard", "segment", "member"], name="membership_shard")]
