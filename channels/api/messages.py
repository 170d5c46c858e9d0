"""Messages: where each stands and why, and what the member saw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import explaining
from channels.models import Message, Rendering
from channels.vocabulary import Reason, State
from members import audit_log
from members.api.fields import Choice, PublicId, Text
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.problems import Kind
from members.api.reading import Fault, Refused
from members.api.views import Endpoint
from members.models import Member
from members.vocabulary import Channel


class MessageOut(serializers.ModelSerializer[Message]):
    """A message; `reason` says why it did not leave or arrive, `sentence` says it in words."""

    member = serializers.UUIDField(source="member.public_id")
    content = serializers.CharField(source="content.key")
    grant = serializers.UUIDField(source="grant.public_id", default=None, allow_null=True)
    journey = serializers.CharField(source="journey_name")
    step = serializers.CharField(source="step_key")
    sentence = serializers.SerializerMethodField()
    carrier_words = serializers.CharField(source="words")

    class Meta:
        model = Message
        fields: Any = (
            "public_id",
            "member",
            "channel",
            "purpose",
            "address",
            "language",
            "content",
            "grant",
            "price",
            "currency",
            "origin_kind",
            "journey",
            "step",
            "state",
            "reason",
            "sentence",
            "carrier_words",
            "queued_at",
            "planned_at",
            "expires_at",
            "handed_at",
            "sent_at",
            "ended_at",
            "clicked_at",
        )

    def get_sentence(self, message: Message) -> str:
        """Return the reason in words, empty where nothing went wrong."""
        return str(Reason(message.reason).label) if message.reason else ""


class PartOut(serializers.Serializer[Any]):
    """An explanation: `status` is a message's state or where a member is with a journey; `sentence` can be read out."""

    status = serializers.CharField()
    reason = serializers.CharField(help_text="A word of the closed sets of reasons, or empty.")
    sentence = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    evidence = serializers.DictField(help_text="What the answer rests on: values found, messages that count, a winner.")


class ExplanationOut(PartOut):
    """An explanation with those of the messages that belong to it, in the order in which they were wanted."""

    parts = serializers.ListField(child=PartOut())


class SeenOut(serializers.ModelSerializer[Rendering]):
    """What the member saw."""

    class Meta:
        model = Rendering
        fields = ("subject", "text", "html")


class WholeMessage(MessageOut):
    """A message with what the member saw; null until it is handed over."""

    seen = SeenOut(source="rendering", default=None, allow_null=True)

    class Meta(MessageOut.Meta):
        fields: Any = (*MessageOut.Meta.fields, "seen")


class MessageQuery(Paged):
    """Which messages to list: those of a member or of a journey."""

    member = PublicId(required=False)
    journey = Text(200, required=False, help_text="The journey's name, as messages show it; with `member`.")
    state = Choice(State.values, required=False)
    channel = Choice(Channel.values, required=False)
    reason = Choice(Reason.values, required=False)


class Messages(Endpoint):
    """Messages."""

    tag = "Messages"

    @operation("messages:read", query=MessageQuery, answers={200: paged(MessageOut)}, problems=(Kind.NOT_FOUND,))
    def get(self, request: Request) -> Response:
        """List the messages of a member, those planned last first."""
        asked = self.query()
        if "member" not in asked:
            raise Refused([Fault("member", _("Say which member's; a journey's stand at /journeys/…/messages/."))])
        member = get_object_or_404(Member, public_id=asked["member"])
        rows = told(asked).filter(member=member)
        if "journey" in asked:
            rows = rows.filter(journey_name=asked["journey"])
        found = page(rows, ("-planned_at", "-pk"), request, asked)
        return Response({"items": MessageOut(found.rows, many=True).data, "next": found.next})


class OneMessage(Endpoint):
    """A message."""

    tag = "Messages"

    @operation("messages:read", answers={200: WholeMessage})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show a message as the member saw it."""
        found = told({}).select_related("rendering")
        return Response(WholeMessage(get_object_or_404(found, public_id=public_id)).data)


class WhyMessage(Endpoint):
    """Why a message went the way it went."""

    tag = "Messages"

    @operation("messages:read", answers={200: ExplanationOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Explain a message: what it waits for, who refused it in which words, or why it never left."""
        found = get_object_or_404(
            told({}).select_related("grant__offer", "sender", "member__home_store"), public_id=public_id
        )
        audit_log.note_looks(self.caller, [found.member], self.now)
        return Response(ExplanationOut(explaining.explain(found, self.now)).data)


def told(asked: dict[str, Any]) -> Any:
    """Return messages said to members, with all that is shown of them, of the states that a query asks for."""
    chosen = {name: asked[name] for name in ("state", "channel", "reason") if name in asked}
    listed = Message.objects.to_members().filter(**chosen)
    return listed.select_related("member", "content", "grant")
