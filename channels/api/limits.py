"""Limits: contact pressure policies and quiet hours, as the admin has them."""

from __future__ import annotations

from datetime import time
from http import HTTPStatus
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import pressure
from channels.models import PressurePolicy, QuietHours
from members import countries
from members.api.fields import Choice, Flag, Text, Whole
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.reading import Fault, Refused, Shape
from members.api.views import Endpoint
from members.models import Segment
from members.vocabulary import Channel, Purpose

MOST = 32_767  # what the column holds
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class WallTime(serializers.CharField):
    """A time of day, such as 09:00."""

    def to_representation(self, value: Any) -> str:
        """Write hours and minutes."""
        return f"{value:%H:%M}"


class PolicyOut(serializers.ModelSerializer[PressurePolicy]):
    """At most so many messages to a member in so many days."""

    segment = serializers.CharField(source="segment.key", default="", help_text="Empty is everybody.")
    words = serializers.CharField(source="__str__", help_text="What it says, in words.")

    class Meta:
        model = PressurePolicy
        fields = ("id", "messages", "days", "purpose", "channel", "segment", "active", "since", "words")


class PolicyChange(Shape):
    """What to change; what is left out stays."""

    messages = Whole(0, MOST, required=False, help_text="0 is never.")
    days = Whole(1, 366, required=False)
    purpose = Choice(["", *Purpose.values], required=False, help_text="Promotional unless said; empty is any purpose.")
    channel = Choice(["", *Channel.values], required=False, help_text="Empty is all channels together.")
    segment = Text(64, least=0, required=False, help_text="The key of an active segment; empty is everybody.")
    active = Flag(required=False, help_text="False switches it off.")


class PolicyIn(PolicyChange):
    """What a policy says."""

    messages = Whole(0, MOST, help_text="0 is never.")
    days = Whole(1, 366)


class HoursOut(serializers.ModelSerializer[QuietHours]):
    """From when to when a channel may be used, by the member's clock."""

    opens, closes = WallTime(), WallTime()

    class Meta:
        model = QuietHours
        fields = ("id", "channel", "country", "opens", "closes")


class HoursChange(Shape):
    """Other times; both alike is always, closing before opening is overnight."""

    opens = Text(5, least=5, pattern=_CLOCK, right=gettext_lazy("write a time of day such as 09:00"))
    closes = Text(5, least=5, pattern=_CLOCK, right=gettext_lazy("write a time of day such as 20:00"))


class HoursIn(HoursChange):
    """Where and when a channel may be used."""

    channel = Choice(Channel.values)
    country = Choice(["", *countries.names()], required=False, help_text="ISO 3166; empty is everywhere else.")


class LimitsEndpoint(Endpoint):
    """What endpoints about limits have in common."""

    tag = "Limits"


def _policy(body: dict[str, Any], policy: PressurePolicy) -> PressurePolicy:
    """Lay what was said into a policy. Raises Refused for a segment that is not kept up to date."""
    for name, value in body.items():
        setattr(policy, name, _segment(value) if name == "segment" else value)
    return policy


def _segment(key: str) -> Segment | None:
    found = Segment.objects.filter(key=key, active=True).first()
    if key and found is None:
        raise Refused([Fault("segment", _("There is no active segment “%(key)s”.") % {"key": key})])
    return found


class Policies(LimitsEndpoint):
    """Contact pressure policies."""

    @operation("limits:read", query=Paged, answers={200: paged(PolicyOut)})
    def get(self, request: Request) -> Response:
        """List the contact pressure policies; all active ones hold at once."""
        found = page(PressurePolicy.objects.select_related("segment"), ("pk",), request, self.query())
        return Response({"items": PolicyOut(found.rows, many=True).data, "next": found.next})

    @operation("limits:write", body=PolicyIn, answers={201: PolicyOut})
    def post(self, request: Request) -> Response:
        """Add a policy; it holds for what is queued from now on."""
        made = pressure.save(_policy(self.body(), PressurePolicy()), self.now)
        return Response(PolicyOut(made).data, status=HTTPStatus.CREATED)


class OnePolicy(LimitsEndpoint):
    """A contact pressure policy."""

    @operation("limits:read", answers={200: PolicyOut})
    def get(self, request: Request, number: int) -> Response:
        """Show a policy."""
        return Response(PolicyOut(get_object_or_404(PressurePolicy, pk=number)).data)

    @operation("limits:write", body=PolicyChange, answers={200: PolicyOut})
    def patch(self, request: Request, number: int) -> Response:
        """Change a policy, or switch it off; what is queued already is sent."""
        changed = _policy(self.body(), get_object_or_404(PressurePolicy, pk=number))
        return Response(PolicyOut(pressure.save(changed, self.now)).data)

    @operation("limits:write", answers={204: None})
    def delete(self, request: Request, number: int) -> Response:
        """Delete a policy."""
        get_object_or_404(PressurePolicy, pk=number).delete()
        return Response(status=HTTPStatus.NO_CONTENT)


class AllHours(LimitsEndpoint):
    """Quiet hours."""

    @operation("limits:read", query=Paged, answers={200: paged(HoursOut)})
    def get(self, request: Request) -> Response:
        """List when channels may be used; one that is not there may be used at any hour."""
        found = page(QuietHours.objects.all(), ("pk",), request, self.query())
        return Response({"items": HoursOut(found.rows, many=True).data, "next": found.next})

    @operation("limits:write", body=HoursIn, answers={201: HoursOut})
    def post(self, request: Request) -> Response:
        """Add hours for a channel, everywhere or in a country; what is queued already keeps its departure."""
        body = self.body()
        times = {name: time.fromisoformat(body[name]) for name in ("opens", "closes")}
        place = {"channel": body["channel"], "country": body.get("country", "")}
        made, new = QuietHours.objects.get_or_create(**place, defaults=times)
        if not new:
            sentence = _("This channel has its hours there already; change number %(number)d.") % {"number": made.pk}
            raise Refused([Fault("channel", sentence)])
        return Response(HoursOut(made).data, status=HTTPStatus.CREATED)


class OneHours(LimitsEndpoint):
    """Quiet hours of a channel."""

    @operation("limits:read", answers={200: HoursOut})
    def get(self, request: Request, number: int) -> Response:
        """Show when a channel may be used."""
        return Response(HoursOut(get_object_or_404(QuietHours, pk=number)).data)

    @operation("limits:write", body=HoursChange, answers={200: HoursOut})
    def patch(self, request: Request, number: int) -> Response:
        """Change the times; channel and country stay."""
        found = get_object_or_404(QuietHours, pk=number)
        body = self.body()
        found.opens, found.closes = (time.fromisoformat(body[name]) for name in ("opens", "closes"))
        found.save()
        return Response(HoursOut(found).data)

    @operation("limits:write", answers={204: None})
    def delete(self, request: Request, number: int) -> Response:
        """Delete the hours: the channel may be used at any hour there, or when it may everywhere else."""
        get_object_or_404(QuietHours, pk=number).delete()
        return Response(status=HTTPStatus.NO_CONTENT)
