"""The tables of members."""

from members.models.allowed import Consent, Suppression
from members.models.audit import AuditEntry
from members.models.facts import Event, FactKey, PointsEntry, Purchase, PurchaseLine
from members.models.news import Listener, News
from members.models.people import Identity, Member, NameWord, Tag
from members.models.places import Store, Zone
from members.models.pulses import Pulse
from members.models.segments import Membership, Segment
from members.models.shards import SHARDS
from members.models.staff import GivenRight, User
from members.models.standing import Standing, StandingPolicy, StandingRun, TierMove
from members.models.tokens import ApiToken
from members.models.touchpoints import Touchpoint

__all__ = [
    "SHARDS",
    "ApiToken",
    "AuditEntry",
    "Consent",
    "Event",
    "FactKey",
    "GivenRight",
    "Identity",
    "Listener",
    "Member",
    "Membership",
    "NameWord",
    "News",
    "PointsEntry",
    "Pulse",
    "Purchase",
    "PurchaseLine",
    "Segment",
    "Standing",
    "StandingPolicy",
    "StandingRun",
    "Store",
    "Suppression",
    "Tag",
    "TierMove",
    "Touchpoint",
    "User",
    "Zone",
]
