"""What answers say of members, as DRF writes it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from members.models import Consent, Identity, Member, Standing, Touchpoint


class AddressOut(serializers.ModelSerializer[Identity]):
    """An address on a channel."""

    class Meta:
        model = Identity
        fields = ("channel", "address", "verified")


class StandingOut(serializers.ModelSerializer[Standing]):
    """Where a member stands, as of a time; scores are null where nothing was bought."""

    currency = serializers.SerializerMethodField(help_text="Of the amounts.")

    class Meta:
        model = Standing
        fields = (
            "as_of",
            "tier",
            "spend",
            "to_next_tier",
            "currency",
            "recency",
            "frequency",
            "monetary",
            "rfm_class",
            "churn",
            "last_purchase_at",
            "purchases",
            "typical_gap",
            "points",
            "points_expiring",
            "points_expire_at",
        )

    def get_currency(self, standing: Standing) -> str:
        """Return the house's currency, in which standing is drawn."""
        return str(settings.CHORALE_CURRENCY)


class MemberOut(serializers.ModelSerializer[Member]):
    """A member."""

    zone = serializers.CharField(source="zone_id", allow_null=True)
    home_store = serializers.CharField(source="home_store.code", default=None, allow_null=True)
    addresses = AddressOut(source="identities", many=True)
    tags: Any = serializers.SlugRelatedField("name", many=True, read_only=True)
    attributes = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()

    class Meta:
        model = Member
        fields = (
            "public_id",
            "external_id",
            "first_name",
            "last_name",
            "birthday",
            "joined_on",
            "locale",
            "zone",
            "home_store",
            "preferred_channel",
            "addresses",
            "tags",
            "attributes",
            "standing",
        )

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_attributes(self, member: Member) -> dict[str, Any]:
        """Return the attributes as they are stored."""
        return dict(member.attributes)

    @extend_schema_field(StandingOut(allow_null=True))
    def get_standing(self, member: Member) -> Any:
        """Return the standing; null where it was never drawn."""
        found = getattr(member, "standing", None)
        return StandingOut(found).data if found else None


class ConsentOut(serializers.ModelSerializer[Consent]):
    """A decision that holds."""

    class Meta:
        model = Consent
        fields = ("channel", "purpose", "granted", "happened_at", "source", "wording")


class TouchpointOut(serializers.ModelSerializer[Touchpoint]):
    """A contact, with names as they were at the time."""

    who = serializers.CharField(source="who_name")
    store = serializers.CharField(source="store.code", default=None, allow_null=True)
    journey = serializers.CharField(source="journey_name")
    offer = serializers.CharField(source="offer_name")
    content = serializers.CharField(source="content_name")

    class Meta:
        model = Touchpoint
        fields = (
            "happened_at",
            "channel",
            "direction",
            "kind",
            "who",
            "store",
            "journey",
            "offer",
            "content",
            "price",
            "currency",
            "text",
            "outcome",
        )
