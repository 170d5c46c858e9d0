"""Members in bulk: what is known about them now, by external id."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from members import facts, identities
from members.api.bulk import MOST, Bulk, Sent, landed
from members.api.fields import SLUG, Choice, Day, Document, Flag, Instant, Prose, Text
from members.api.reading import Fault, Shape
from members.facts import Address, MemberRecord, Said
from members.models.people import REACHABLE
from members.vocabulary import Channel, Purpose

# What is said of a member once more is stored after what was said before: a round of statements each, of 9 ms.
OFTEN = 50


def _record(external_id: str, **said: Any) -> MemberRecord:
    addresses = [
        Address(channel, said.pop(name)) for channel, name in identities.FIELDS.items() if said.get(name) is not None
    ]
    return MemberRecord(external_id, identities=addresses, **said)


class SaidIn(Shape):
    """A decision that came with a member's record; without a time, a grant never overrides a withdrawal."""

    channel = Choice(Channel.values)
    purpose = Choice(Purpose.values)
    granted = Flag()
    happened_at = Instant(required=False)
    source = Text(64, required=False, help_text="Where it was said; `api` unless said.")  # type: ignore[assignment]
    wording = Prose(10_000, required=False)

    @staticmethod
    def make(source: str = "api", **said: Any) -> Said:
        """Return the decision."""
        return Said(source=source, **said)


class MemberIn(Shape):
    """What is known about a member now. What is left out stays as it is; empty text clears it."""

    make = staticmethod(_record)
    external_id = Text(64, help_text="Your own number of the member.")
    first_name = Text(100, least=0, required=False)
    last_name = Text(100, least=0, required=False)
    birthday = Day(required=False)
    joined_on = Day(required=False)
    locale = Text(
        16,
        least=2,
        pattern=r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*",
        required=False,
        right="write a language such as en or de-AT",
        help_text="Language of messages, such as en or de-AT.",
    )
    zone = Text(64, required=False, help_text="Such as Europe/Berlin.")
    home_store = Text(32, least=0, required=False, help_text="The code of a store.")
    preferred_channel = Choice(["", *(value for value, _label in REACHABLE)], required=False)
    email = Text(320, required=False)
    phone = Text(40, required=False, help_text="With country code, or without one where `region` is given.")
    chat = Text(254, required=False, help_text="The id that the chat service gave.")
    tags = serializers.ListField(
        child=Text(64, pattern=SLUG, right="write letters, digits, - and _, 64 at most"),
        max_length=100,
        required=False,
        help_text="Added to those that the member has.",
    )
    attributes = Document(required=False, help_text="Merged into the known ones; null removes one.")
    consents = serializers.ListField(child=SaidIn(), max_length=50, required=False)


class MembersIn(Shape):
    """Members."""

    items = serializers.ListField(child=MemberIn(), max_length=MOST)
    region = Text(
        2,
        least=2,
        pattern="[A-Z]{2}",
        required=False,
        right="write a country's code of two capitals, such as DE",
        help_text="The country of phone numbers written without one, such as DE.",
    )


class MembersBulk(Bulk):
    """Members in bulk."""

    tag = "Members"

    def upsert(self) -> Response:
        """Store what the body says about members."""
        sent = _seldom(self.sent())
        stored = facts.upsert_members(sent.items, self.now, sent.rest.get("region"))
        return landed(sent, stored.rejected, new=stored.new, changed=stored.changed, known=stored.unchanged)


def _seldom(sent: Sent) -> Sent:
    """Return what was sent, with a fault for each item whose member stood in OFTEN items before it."""
    kept, times = Sent([], [], dict(sent.faults), sent.rest), Counter[str]()
    for item, place in zip(sent.items, sent.places, strict=True):
        times[item.external_id] += 1
        if times[item.external_id] <= OFTEN:
            kept.items.append(item)
            kept.places.append(place)
        else:
            sentence = _("“%(id)s” stands in %(most)d items of this call before; send what holds now in one of them.")
            kept.faults[place] = (Fault("external_id", sentence % {"id": item.external_id, "most": OFTEN}),)
    return kept
