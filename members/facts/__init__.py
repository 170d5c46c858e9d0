"""The one way in: facts and members, in bulk and idempotent, whether they come from an API, a file or a webhook."""

from members.facts.items import (
    Address,
    ConsentFact,
    EventFact,
    Fact,
    Line,
    MemberRecord,
    PointsFact,
    PurchaseFact,
    Recorded,
    Reject,
    Said,
    Upserted,
)
from members.facts.people import CheckedMembers, check_members, store_members, upsert_members
from members.facts.recording import CheckedFacts, check_purchases, record, store_purchases

__all__ = [
    "Address",
    "CheckedFacts",
    "CheckedMembers",
    "ConsentFact",
    "EventFact",
    "Fact",
    "Line",
    "MemberRecord",
    "PointsFact",
    "PurchaseFact",
    "Recorded",
    "Reject",
    "Said",
    "Upserted",
    "check_members",
    "check_purchases",
    "record",
    "store_members",
    "store_purchases",
    "upsert_members",
]
