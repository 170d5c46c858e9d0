"""Why a member did or did not get something of a journey."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.messages import ExplanationOut
from journeys import explaining
from journeys.models import Journey
from members import audit_log
from members.api.fields import Text
from members.api.operations import operation
from members.api.reading import Fault, Refused, Shape
from members.api.views import Endpoint
from members.models import Member


class WhyQuery(Shape):
    """Of which journey."""

    journey = Text(64, help_text="The journey's key.")


class Why(Endpoint):
    """Why a member is where they are with a journey."""

    tag = "Journeys"

    @operation("messages:read", query=WhyQuery, answers={200: ExplanationOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Explain why a member never entered a journey, what they wait for in it, and what became of its messages."""
        member = get_object_or_404(Member.objects.select_related("home_store"), public_id=public_id)
        key = self.query()["journey"]
        journey = Journey.objects.filter(key=key).first()
        if journey is None:
            raise Refused([Fault("journey", _("There is no journey “%(key)s”.") % {"key": key})])
        audit_log.note_looks(self.caller, [member], self.now)
        return Response(ExplanationOut(explaining.explain(member, journey, self.now)).data)
