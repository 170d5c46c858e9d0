"""Follow-ups: listed as reps see them, worked, and handed to a store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import follow_ups
from channels.api.hand_offs import HandOffOut
from channels.follow_ups import Asked, BadContact, Contact, NotOpen
from channels.hand_offs import Agreed, CannotHandOff
from channels.models import FollowUp
from channels.scripts import script
from channels.vocabulary import FollowUpResult, Intent
from content.api.grants import KEY, KEY_SAYS, KeyIn, request_key
from members.api.fields import Choice, Instant, Prose, Text, Whole
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.problems import Kind, Problem
from members.api.reading import Fault, Refused
from members.api.views import Endpoint
from members.models import Store
from members.vocabulary import Channel

ONCE: Any = {"problems": (Kind.CONFLICT,), "headers": {KEY: KEY_SAYS}}


class FollowUpOut(serializers.ModelSerializer[FollowUp]):
    """Work for people: call this member about this offer."""

    member = serializers.UUIDField(source="member.public_id")
    external_id = serializers.CharField(source="member.external_id")
    team = serializers.CharField(source="team.key")
    assignee = serializers.CharField(source="assignee.username", default=None, allow_null=True)
    content = serializers.CharField(source="message.content.name")
    grant = serializers.UUIDField(source="message.grant.public_id", default=None, allow_null=True)

    class Meta:
        model = FollowUp
        fields: Any = (
            "public_id",
            "member",
            "external_id",
            "team",
            "assignee",
            "content",
            "grant",
            "state",
            "result",
            "intent",
            "note",
            "contacts",
            "promised",
            "due_at",
            "created_at",
            "contacted_at",
            "closed_at",
        )


class FollowUpWithScript(FollowUpOut):
    """A follow-up with the words to say, filled in as of this moment."""

    script = serializers.SerializerMethodField()

    class Meta(FollowUpOut.Meta):
        fields: Any = (*FollowUpOut.Meta.fields, "script")

    def get_script(self, follow_up: FollowUp) -> str:
        """Return the script, empty where there is none."""
        message = follow_up.message
        return script(message.content, follow_up.member, message.grant_id, [Channel.DESK], message.journey_name)


class FollowUpQuery(Paged):
    """Which follow-ups to list."""

    state = Choice(FollowUp.State.values, required=False, help_text="`open` unless said.")
    asked = Choice(Asked.values, required=False, help_text="Which of the open ones; all of one's teams unless said.")


class ContactIn(KeyIn):
    """What came of a contact."""

    result = Choice([one for one in FollowUpResult.values if one != FollowUpResult.HANDED_OVER])
    intent = Choice(Intent.values, required=False)
    note = Prose(2_000, required=False)
    next_at = Instant(required=False, help_text="The next contact that was agreed; without one the follow-up is done.")
    contacts = Whole(0, 30_000, required=False, help_text="How many were noted when you read it; 0 unless said.")


class HandOverIn(KeyIn):
    """To which store the member comes, and when."""

    store = Text(32, help_text="The code of a store.")
    due_at = Instant(help_text="When the member comes.")
    note = Prose(2_000, required=False, help_text="For the store.")
    contacts = Whole(0, 30_000, required=False, help_text="How many were noted when you read it; 0 unless said.")


class FollowUps(Endpoint):
    """Follow-ups."""

    tag = "Follow-ups"

    @operation("follow_ups:read", query=FollowUpQuery, answers={200: paged(FollowUpOut)})
    def get(self, request: Request) -> Response:
        """List follow-ups of one's teams: open ones by when they are due, others the newest first."""
        asked = self.query()
        rows, order = self._chosen(asked)
        found = page(rows, order, request, asked)
        return Response({"items": FollowUpOut(found.rows, many=True).data, "next": found.next})

    def _chosen(self, asked: dict[str, Any]) -> tuple[QuerySet[FollowUp], tuple[str, ...]]:
        state = asked.get("state", FollowUp.State.OPEN)
        if state == FollowUp.State.OPEN:
            return follow_ups.listed(self.caller, Asked(asked.get("asked", Asked.ALL)), self.now), ("due_at", "pk")
        if "asked" in asked:
            raise Refused([Fault("asked", _("“asked” is about open follow-ups; leave “state” out."))])
        return follow_ups.shown_to(self.caller).filter(state=state), ("-pk",)


class OneFollowUp(Endpoint):
    """A follow-up."""

    tag = "Follow-ups"

    @operation("follow_ups:read", answers={200: FollowUpWithScript})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show a follow-up with its script."""
        found = get_object_or_404(follow_ups.shown_to(self.caller), public_id=public_id)
        return Response(FollowUpWithScript(found).data)


class Working(Endpoint):
    """What is done with a follow-up, once for each request: `post` is said by the endpoints."""

    tag = "Follow-ups"

    def done(
        self, request: Request, public_id: UUID, act: Callable[[FollowUp, dict[str, Any], str], dict[str, Any]]
    ) -> Response:
        """Do something with a follow-up, the body and the request's key; answer with what comes of it.

        Raises Problem where the follow-up does not allow it.
        """
        body = self.body()
        key = request_key(request, body)
        follow_up = get_object_or_404(follow_ups.shown_to(self.caller), public_id=public_id)
        try:
            return Response(act(follow_up, body, key))
        except (NotOpen, CannotHandOff) as error:
            raise Problem(Kind.CONFLICT, str(error)) from error


class Contacts(Working):
    """The contacts of a follow-up."""

    @operation("follow_ups:write", body=ContactIn, answers={200: FollowUpWithScript}, **ONCE)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Note what came of a contact; without a next one the follow-up is done."""
        return self.done(request, public_id, self._note)

    def _note(self, follow_up: FollowUp, body: dict[str, Any], key: str) -> dict[str, Any]:
        contact = Contact(
            FollowUpResult(body["result"]),
            number=body.get("contacts", 0),
            intent=body.get("intent", ""),
            note=body.get("note", ""),
            next_at=body.get("next_at"),
        )
        try:
            worked = follow_ups.work(follow_up, contact, who=self.caller, request_key=key, now=self.now)
        except BadContact as error:
            raise Refused([Fault("next_at", str(error))]) from error
        return FollowUpWithScript(worked).data


class HandingOver(Working):
    """Handing a follow-up over to a store."""

    @operation("hand_offs:write", body=HandOverIn, answers={200: HandOffOut}, **ONCE)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Hand the member over to a store, which expects them at that time; the follow-up is done."""
        return self.done(request, public_id, self._hand_over)

    def _hand_over(self, follow_up: FollowUp, body: dict[str, Any], key: str) -> dict[str, Any]:
        store = Store.objects.filter(code=body["store"]).first()
        if store is None:
            raise Refused([Fault("store", _("There is no store “%(code)s”.") % {"code": body["store"]})])
        message, note = follow_up.message, body.get("note", "")
        agreed = Agreed(follow_up.member, store, body["due_at"], note, message.grant, message.content)
        contact = Contact(FollowUpResult.HANDED_OVER, number=body.get("contacts", 0), note=note)
        handed = follow_ups.hand_over(follow_up, agreed, contact, who=self.caller, request_key=key, now=self.now)
        return HandOffOut(handed).data
