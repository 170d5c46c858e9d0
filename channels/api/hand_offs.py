"""Hand-offs: what a store expects, and what became of it."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import hand_offs
from channels.hand_offs import CannotEnd
from channels.models import HandOff
from channels.vocabulary import HandOffState
from content.api.grants import KEY, KEY_SAYS, KeyIn, request_key
from members.api.fields import Choice, Prose
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.problems import Kind, Problem
from members.api.views import Endpoint


class HandOffOut(serializers.ModelSerializer[HandOff]):
    """A promise that a member comes to a store then."""

    member = serializers.UUIDField(source="member.public_id")
    external_id = serializers.CharField(source="member.external_id")
    store = serializers.CharField(source="store.code")
    grant = serializers.UUIDField(source="grant.public_id", default=None, allow_null=True)
    made_by = serializers.CharField(source="made_by_name")
    ended_by = serializers.CharField(source="ended_by_name")

    class Meta:
        model = HandOff
        fields = (
            "public_id",
            "member",
            "external_id",
            "store",
            "grant",
            "due_at",
            "note",
            "made_by",
            "created_at",
            "state",
            "reason",
            "answer",
            "ended_by",
            "ended_at",
        )


class EndIn(KeyIn):
    """What became of a hand-off."""

    state = Choice([end.value for end in hand_offs.ENDS])
    answer = Prose(2_000, required=False, help_text="For the rep.")


class HandOffs(Endpoint):
    """Hand-offs."""

    tag = "Follow-ups"

    @operation("hand_offs:read", query=Paged, answers={200: paged(HandOffOut)})
    def get(self, request: Request) -> Response:
        """List what is under way in one's store, or was handed over by oneself or one's teams, by when it is due."""
        asked = self.query()
        under_way = hand_offs.shown_to(self.caller).filter(state=HandOffState.AGREED)
        found = page(under_way, ("due_at", "pk"), request, asked)
        return Response({"items": HandOffOut(found.rows, many=True).data, "next": found.next})


class OneHandOff(Endpoint):
    """A hand-off."""

    tag = "Follow-ups"

    @operation("hand_offs:read", answers={200: HandOffOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show a hand-off and what became of it."""
        return Response(HandOffOut(get_object_or_404(hand_offs.shown_to(self.caller), public_id=public_id)).data)


class Ending(Endpoint):
    """Ending a hand-off."""

    tag = "Follow-ups"

    @operation(
        "hand_offs:end",
        body=EndIn,
        answers={200: HandOffOut},
        problems=(Kind.CONFLICT,),
        headers={KEY: KEY_SAYS},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Say that the member came, did not come, or that it is called off; the rep is told."""
        body = self.body()
        key, state = request_key(request, body), HandOffState(body["state"])
        found = get_object_or_404(hand_offs.ended_by(self.caller, state), public_id=public_id)
        try:
            ended = hand_offs.end(
                found, state, who=self.caller, request_key=key, now=self.now, answer=body.get("answer", "")
            )
        except CannotEnd as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        return Response(HandOffOut(ended).data)
