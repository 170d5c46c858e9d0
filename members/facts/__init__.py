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
from members.facts.people import upsert_members
from members.facts.recording import record

__all__ = [
    "Address",
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
    "record",
    "upsert_members",
]
