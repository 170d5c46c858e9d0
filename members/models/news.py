"""News: what the tick of a shard must look at. Insert-only; read by DELETE … RETURNING."""

from django.db import models

from members.models.people import Member
from members.models.shards import shard_field


class News(models.Model):
    """One piece of news about a member, written in the same statement as the fact it tells of."""

    member = models.ForeignKey(Member, models.CASCADE, db_index=False, related_name="+", db_constraint=False)
    topic = models.CharField(max_length=96)
    reference = models.CharField(max_length=128, blank=True)  # the fact's id, an entry key …
    recorded_at = models.DateTimeField()
    # When it happened, so that a fact is looked up in its month; none in news of before this was written down.
    happened_at = models.DateTimeField(null=True)
    shard = shard_field("member")

    class Meta:
        verbose_name_plural = "news"
        indexes = [models.Index(fields=["shard", "member"], name="news_shard")]


class Listener(models.Model):
    """A topic that something live listens to; nobody writes news on topics without a listener."""

    topic = models.CharField(max_length=96)
    listener = models.CharField(max_length=64)  # segment:12, journey:7

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "listener"], name="listener_once")]
