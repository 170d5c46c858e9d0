"""Members: found by any identity, and shown with all that is known."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from members import audit_log, identities
from members.api.bulk import MembersLanded
from members.api.fields import Choice, Instant, Text
from members.api.operations import operation
from members.api.outputs import ConsentOut, MemberOut, TouchpointOut
from members.api.paging import Paged, page, paged
from members.api.people import MembersBulk, MembersIn
from members.api.reading import Fault, Refused
from members.api.views import Endpoint
from members.consent import in_force
from members.identities import BadAddress
from members.models import Member, Touchpoint
from members.vocabulary import Channel, Deed, Direction, TouchpointKind


class MemberQuery(Paged):
    """By which identity to find members: one of the four."""

    external_id = Text(64, required=False)
    email = Text(320, required=False)
    phone = Text(40, required=False, help_text="With country code, or without one where `region` is given.")
    chat = Text(254, required=False)
    region = Text(2, least=2, pattern="[A-Z]{2}", required=False, help_text="The country of a number without one.")


class TimelineQuery(Paged):
    """Which contacts to list."""

    channel = Choice(Channel.values, required=False)
    direction = Choice(Direction.values, required=False)
    kind = Choice(TouchpointKind.values, required=False)
    journey = Text(200, required=False, help_text="The journey's name, as contacts show it.")
    offer = Text(200, required=False, help_text="The offer's name, as contacts show it.")
    since = Instant(required=False)
    until = Instant(required=False, help_text="Before this time.")


FILTERS = {
    "channel": "channel",
    "direction": "direction",
    "kind": "kind",
    "journey": "journey_name",
    "offer": "offer_name",
    "since": "happened_at__gte",
    "until": "happened_at__lt",
}


class ConsentsOut(serializers.Serializer[Any]):
    """What holds for each channel and purpose that the member ever spoke of."""

    items = serializers.ListField(child=ConsentOut())


def whole() -> QuerySet[Member]:
    """Return members with all that is shown of them."""
    return Member.objects.select_related("home_store", "standing").prefetch_related("identities", "tags")


class Members(MembersBulk):
    """Members."""

    @operation("members:read", query=MemberQuery, answers={200: paged(MemberOut)})
    def get(self, request: Request) -> Response:
        """Find members by an external id, an e-mail address, a phone number or a chat id; several may share one."""
        asked = self.query()
        found = page(_found(asked), ("pk",), request, asked)
        audit_log.note(self.caller, Deed.LOOKED_UP, found.rows)
        return Response({"items": MemberOut(found.rows, many=True).data, "next": found.next})

    @operation("members:write", body=MembersIn, answers={200: MembersLanded, 207: MembersLanded})
    def post(self, request: Request) -> Response:
        """Store what is known about members now, by external id."""
        return self.upsert()


def _found(asked: dict[str, Any]) -> QuerySet[Member]:
    """Return the members with the identity that was asked for. Raises Refused."""
    names = ["external_id", *identities.FIELDS.values()]
    given = [name for name in names if name in asked]
    if len(given) != 1:
        sentence = _("Say one of %(names)s.") % {"names": ", ".join(names)}
        raise Refused([Fault(given[1] if given else "external_id", sentence)])
    [name] = given
    if name == "external_id":
        return whole().filter(external_id=asked[name])
    channel = next(channel for channel, field in identities.FIELDS.items() if field == name)
    try:
        address = identities.normalise(channel, _with_plus(channel, asked[name]), asked.get("region"))
    except BadAddress as error:
        raise Refused([Fault(name, str(error))]) from error
    return whole().filter(identities__channel=channel, identities__address=address)


def _with_plus(channel: str, text: str) -> str:
    """Return an address of a query with the plus that has become a blank because it was not escaped."""
    if channel == Channel.SMS and text.startswith(" "):
        return f"+{text.lstrip()}"
    return text.strip().replace(" ", "+") if channel == Channel.EMAIL else text


class OneMember(Endpoint):
    """A member."""

    tag = "Members"

    @operation("members:read", answers={200: MemberOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show a member's profile, addresses, tags and standing."""
        member = get_object_or_404(whole(), public_id=public_id)
        audit_log.note(self.caller, Deed.LOOKED_UP, member)
        return Response(MemberOut(member).data)


class Consents(Endpoint):
    """What a member allows."""

    tag = "Members"

    @operation("consents:read", answers={200: ConsentsOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show the decision that holds now for each channel and purpose."""
        member = get_object_or_404(Member, public_id=public_id)
        audit_log.note_looks(self.caller, [member], self.now)
        return Response({"items": ConsentOut(in_force(member, self.now), many=True).data})


class Timeline(Endpoint):
    """Every contact with a member."""

    tag = "Members"

    @operation("timeline:read", query=TimelineQuery, answers={200: paged(TouchpointOut)})
    def get(self, request: Request, public_id: UUID) -> Response:
        """List every contact in all channels and both directions, newest first."""
        member, asked = get_object_or_404(Member, public_id=public_id), self.query()
        audit_log.note_looks(self.caller, [member], self.now)
        chosen = {FILTERS[name]: value for name, value in asked.items() if name in FILTERS}
        contacts = Touchpoint.objects.select_related("store").filter(member=member, **chosen)
        found = page(contacts, ("-happened_at", "-pk"), request, asked)
        return Response({"items": TouchpointOut(found.rows, many=True).data, "next": found.next})
