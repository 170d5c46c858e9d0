"""Members, their addresses and their tags."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import ExtractDay, ExtractMonth, Upper
from django.utils.translation import gettext_lazy as _

from members import names
from members.models.places import Store, Zone
from members.models.shards import shard_field
from members.vocabulary import Channel

REACHABLE = [(channel.value, channel.label) for channel in (Channel.EMAIL, Channel.SMS, Channel.CHAT)]


class MemberQuerySet(models.QuerySet["Member"]):
    """Members, whose names can be found as they are stored."""

    def bulk_create(self, objs: Iterable[Member], *args: Any, **kwargs: Any) -> list[Member]:
        """Store members and remember the words of their names."""
        made = super().bulk_create(objs, *args, **kwargs)
        if made:
            names.learn(name for member in made for name in (member.first_name, member.last_name))
        return made


class Member(models.Model):
    """A loyalty customer. `external_id` is the company's own number; `public_id` is what URLs carry."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    external_id = models.CharField(_("external id"), max_length=64, unique=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    locale = models.CharField(
        _("locale"),
        max_length=16,
        default="en",
        validators=[RegexValidator(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")],
        help_text=_("Language of messages, such as en or de-AT."),
    )
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, verbose_name=_("zone"), db_index=False)
    home_store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True, verbose_name=_("home store"))
    preferred_channel = models.CharField(_("preferred channel"), max_length=8, blank=True, choices=REACHABLE)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    shard = shard_field("id")

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions = [("export_member", _("Can export members"))]
        indexes = [
            models.Index(fields=["shard", "id"], name="member_shard"),
            models.Index(fields=["last_name", "first_name"], name="member_name"),
            # Anniversaries: whose day it is, without looking at everybody.
            models.Index(ExtractMonth("birthday") * 100 + ExtractDay("birthday"), name="member_birthday"),
            models.Index(ExtractMonth("joined_on") * 100 + ExtractDay("joined_on"), name="member_joined_on"),
            # Beginnings of names, in any case and whatever the database's collation: what `istartswith` asks for.
            models.Index(OpClass(Upper("last_name"), name="text_pattern_ops"), name="member_last_name_begins"),
            models.Index(OpClass(Upper("first_name"), name="text_pattern_ops"), name="member_first_name_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.external_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the member and remember the words of the name, so that it is found with a typo too."""
        super().save(*args, **kwargs)
        names.learn([self.first_name, self.last_name])


class NameWord(models.Model):
    """A word of members' names, folded as `members.names` says. Nothing says whose it is."""

    word = models.CharField(max_length=201, primary_key=True)

    class Meta:
        verbose_name = _("word of a name")
        verbose_name_plural = _("words of names")
        indexes = [GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="name_word_alike")]

    def __str__(self) -> str:
        return self.word


class Identity(models.Model):
    """A member's address on a channel: E.164 for SMS, a normalised address for e-mail, a chat id for chat.

    One per member and channel; members may share an address.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="identities", db_index=False)
    channel = models.CharField(_("channel"), max_length=8, choices=REACHABLE)
    address = models.CharField(_("address"), max_length=254)
    verified = models.BooleanField(_("verified"), default=True, help_text=_("Messages go to verified addresses only."))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [models.UniqueConstraint(fields=["member", "channel"], name="identity_once")]
        indexes = [models.Index(fields=["channel", "address"], name="identity_address")]

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"


class Tag(models.Model):
    """A word that people or journeys put on a member."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="tags", db_index=False)
    name = models.SlugField(_("name"), max_length=64, db_index=False)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["member", "name"], name="tag_once")]
        indexes = [models.Index(fields=["name", "member"], name="tag_name")]

    def __str__(self) -> str:
        return self.name
