"""Facts in bulk: events, purchases, points and consents, each once by its source and key."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from members import facts
from members.api.bulk import MOST, Bulk, FactsLanded, landed
from members.api.fields import Choice, Document, Flag, Instant, Money, Prose, Text, Whole, Wrong
from members.api.operations import operation
from members.api.reading import Shape
from members.vocabulary import Channel, PointsKind, Purpose

# Under these Chorale records facts itself; a stranger's fact under such a key would take the place of a real one.
OWN_SOURCES = frozenset({"chorale", "channels", "content", "journey", "journeys", "members", "reply", "unsubscribe"})
LANDED = {200: FactsLanded, 207: FactsLanded}


class Source(Text):
    """Who tells the fact; keys are unique in a source."""

    def __init__(self) -> None:
        own = ", ".join(sorted(OWN_SOURCES))
        super().__init__(
            64,
            right=f"write 1 to 64 printable characters, none of {own}",
            help_text=f"Who tells it, such as till-7; keys are unique in it. Kept for Chorale: {own}.",
            example="till-7",
        )

    def read(self, value: Any) -> str:
        """Return the source."""
        source = super().read(value)
        if source in OWN_SOURCES:
            raise Wrong
        return source


class FactIn(Shape):
    """What every fact has."""

    member = Text(64, help_text="The member's external id.", example="M-1")
    happened_at = Instant()
    source = Source()  # type: ignore[assignment]
    key = Text(128, help_text="Your own number of it; told again under it, nothing changes.", example="4711")


class EventIn(FactIn):
    """Something that happened to a member."""

    make = facts.EventFact
    name = Text(64, help_text="Such as checkout_left.", example="checkout_left")
    properties = Document(required=False, help_text="What rules and messages may ask of it; 20 levels deep at most.")


class LineIn(Shape):
    """A line of a purchase; a return has a negative quantity, never a negative price."""

    make = facts.Line
    sku = Text(64, least=0, example="tea-100")
    quantity = Whole(example=2)
    unit_price = Money()
    category = Text(64, least=0, required=False, example="tea")


class PurchaseIn(FactIn):
    """A purchase or return; its total is the sum of its lines."""

    make = facts.PurchaseFact
    lines = serializers.ListField(child=LineIn(), max_length=1_000, min_length=1)
    currency = Text(3, least=3, pattern="[A-Z]{3}", right="write three capitals, such as EUR", example="EUR")
    store = Text(32, required=False, help_text="The code of a store.", example="PHL")


class PointsIn(FactIn):
    """A change of points: earned ones are positive and may expire, spent and expired ones are negative."""

    make = facts.PointsFact
    kind = Choice(PointsKind.values)
    points = Whole(example=50)
    expires_at = Instant(required=False)


class ConsentIn(FactIn):
    """A decision of a member about one purpose on one channel; the latest by its time holds."""

    make = facts.ConsentFact
    channel = Choice(Channel.values)
    purpose = Choice(Purpose.values)
    granted = Flag()
    wording = Prose(10_000, required=False, help_text="The words that the member agreed to.")


class EventsIn(Shape):
    """Events."""

    items = serializers.ListField(child=EventIn(), max_length=MOST)


class PurchasesIn(Shape):
    """Purchases."""

    items = serializers.ListField(child=PurchaseIn(), max_length=MOST)


class PointsEntriesIn(Shape):
    """Changes of points."""

    items = serializers.ListField(child=PointsIn(), max_length=MOST)


class ConsentsIn(Shape):
    """Consents."""

    items = serializers.ListField(child=ConsentIn(), max_length=MOST)


class Facts(Bulk):
    """Facts of one kind."""

    tag = "Facts"

    def _record(self) -> Response:
        sent = self.sent()
        recorded = facts.record(sent.items, self.now)
        return landed(sent, recorded.rejected, new=recorded.new, known=recorded.repeated)


class Events(Facts):
    """Events in bulk."""

    @operation("facts:write", body=EventsIn, answers=LANDED)
    def post(self, request: Request) -> Response:
        """Record events, each once by its source and key."""
        return self._record()


class Purchases(Facts):
    """Purchases in bulk."""

    @operation("facts:write", body=PurchasesIn, answers=LANDED)
    def post(self, request: Request) -> Response:
        """Record purchases with their lines, each once; a known key with another total is rejected."""
        return self._record()


class Points(Facts):
    """Points in bulk."""

    @operation("facts:write", body=PointsEntriesIn, answers=LANDED)
    def post(self, request: Request) -> Response:
        """Record changes of points, each once by its source and key."""
        return self._record()


class Consents(Facts):
    """Consents in bulk."""

    @operation("consents:write", body=ConsentsIn, answers=LANDED)
    def post(self, request: Request) -> Response:
        """Record decisions of members, each once; a known key with another decision is rejected."""
        return self._record()
