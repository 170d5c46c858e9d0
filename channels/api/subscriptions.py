"""Subscriptions: other systems say by themselves what they want to hear of, and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import senders, subscriptions
from channels.base import BadSettings, Fate
from channels.models import Sender
from channels.subscriptions import NameTaken
from channels.vocabulary import WEBHOOK
from channels.webhook import secrets, trying
from channels.webhook.adapter import Webhook
from channels.webhook.events import Event
from members.api.fields import Choice, Flag, Text, Whole
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.problems import Kind, Problem
from members.api.reading import Fault, Refused, Shape
from members.api.views import Endpoint

BASICS = ("rate", "active")


class SubscriptionOut(serializers.ModelSerializer[Sender]):
    """Where another system hears of which events, and how its receiver fares."""

    url = serializers.CharField(source="settings.url")
    events = serializers.ListField(source="settings.events", child=serializers.ChoiceField(Event.values))
    allow_private = serializers.BooleanField(source="settings.allow_private")
    failing_words = serializers.CharField(help_text="What the receiver said of late; empty while it takes everything.")

    class Meta:
        model = Sender
        fields: Any = (
            "public_id",
            "name",
            "url",
            "events",
            "allow_private",
            "rate",
            "active",
            "failing_since",
            "failing_words",
        )


class NewSubscription(SubscriptionOut):
    """A subscription with its secret, which is shown this once."""

    secret = serializers.CharField()

    class Meta(SubscriptionOut.Meta):
        fields: Any = (*SubscriptionOut.Meta.fields, "secret")


class SecretOut(serializers.Serializer[Any]):
    """A secret, which is shown this once."""

    secret = serializers.CharField()


class RetiredOut(serializers.Serializer[Any]):
    """Whether there was a former secret."""

    retired = serializers.BooleanField()


class TriedOut(serializers.Serializer[Any]):
    """What came of a test event."""

    taken = serializers.BooleanField()
    words = serializers.CharField(help_text="What the receiver answered, or why there was no answer.")


class SubscriptionChange(Shape):
    """What to change; what is left out stays."""

    name = Text(100, required=False)
    url = Text(2_000, required=False, help_text="Where the receiver is.")
    events = serializers.ListField(child=Choice(Event.values), min_length=1, max_length=len(Event), required=False)
    allow_private = Flag(required=False, help_text="For a receiver within your own network that you trust.")
    rate = Whole(1, 10_000, required=False, help_text="Calls a second at most; 100 unless said.")
    active = Flag(required=False, help_text="False pauses it: nothing is told, and what happens meanwhile is not kept.")


class SubscriptionIn(SubscriptionChange):
    """What another system wants to hear of, and where."""

    name = Text(100, help_text="As people know it; no two senders share one.")
    url = Text(2_000, help_text="Where the receiver is.")
    events = serializers.ListField(child=Choice(Event.values), min_length=1, max_length=len(Event))
    secret = Text(200, required=False, help_text="Your own, such as whsec_…; one is drawn unless said.")


class SubscriptionEndpoint(Endpoint):
    """What endpoints about subscriptions have in common."""

    tag = "Subscriptions"

    @staticmethod
    def known() -> Any:
        """Return the senders that are subscriptions."""
        return Sender.objects.filter(channel=WEBHOOK)

    def named(self, public_id: UUID) -> Sender:
        """Return a subscription. Raises Http404."""
        found: Sender = get_object_or_404(self.known(), public_id=public_id)
        return found


@contextmanager
def refusals() -> Iterator[None]:
    """Put what is wrong with a subscription at its field. Raises Refused."""
    try:
        yield
    except NameTaken as error:
        raise Refused([Fault("name", str(error))]) from error
    except BadSettings as error:
        raise Refused([Fault(senders.setting_named(Webhook, str(error)), str(error))]) from error


@contextmanager
def conflicts() -> Iterator[None]:
    """Say that a stored secret cannot be read. Raises Problem."""
    try:
        yield
    except BadSettings as error:
        raise Problem(Kind.CONFLICT, str(error)) from error


def _apart(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings of a body, and the rest of it."""
    basics = {name: body[name] for name in (*BASICS, "name") if name in body}
    return {name: value for name, value in body.items() if name not in basics}, basics


class Subscriptions(SubscriptionEndpoint):
    """Subscriptions."""

    @operation("subscriptions:read", query=Paged, answers={200: paged(SubscriptionOut)})
    def get(self, request: Request) -> Response:
        """List subscriptions by name, and how their receivers fare."""
        found = page(self.known(), ("name",), request, self.query())
        return Response({"items": SubscriptionOut(found.rows, many=True).data, "next": found.next})

    @operation("subscriptions:write", body=SubscriptionIn, answers={201: NewSubscription})
    def post(self, request: Request) -> Response:
        """Add a subscription; its secret is in this answer and in no other."""
        settings, basics = _apart(self.body())
        with refusals():
            made, secret = subscriptions.add(settings=settings, **basics)
        return Response({**SubscriptionOut(made).data, "secret": secret}, status=HTTPStatus.CREATED)


class OneSubscription(SubscriptionEndpoint):
    """A subscription."""

    @operation("subscriptions:read", answers={200: SubscriptionOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show a subscription, and how its receiver fares."""
        return Response(SubscriptionOut(self.named(public_id)).data)

    @operation("subscriptions:write", body=SubscriptionChange, answers={200: SubscriptionOut})
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Change a subscription, pause it, or let it go on."""
        found, (settings, basics) = self.named(public_id), _apart(self.body())
        with refusals():
            changed = subscriptions.change(found, settings, **basics)
        return Response(SubscriptionOut(changed).data)

    @operation("subscriptions:write", answers={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Delete a subscription with what it told and had still to tell."""
        subscriptions.delete(self.named(public_id))
        return Response(status=HTTPStatus.NO_CONTENT)


class DrawingSecret(SubscriptionEndpoint):
    """Drawing another secret."""

    @operation("subscriptions:write", answers={200: SecretOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Draw a new secret, which is in this answer alone; the former one signs as well until it is retired."""
        with conflicts():
            return Response({"secret": secrets.draw(self.named(public_id))})


class RetiringSecret(SubscriptionEndpoint):
    """Retiring the former secret."""

    @operation("subscriptions:write", answers={200: RetiredOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Let the former secret sign no more."""
        with conflicts():
            return Response({"retired": secrets.retire(self.named(public_id))})


class Trying(SubscriptionEndpoint):
    """Trying a subscription."""

    @operation("subscriptions:write", answers={200: TriedOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Send a test event now, and answer with what the receiver said; it takes at most as long as its time-out."""
        with conflicts():
            result = trying.call(self.named(public_id), self.now)
        return Response({"taken": result.fate is Fate.SENT, "words": result.words})
