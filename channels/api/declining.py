"""Declining: the member does not want an offer."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from channels.counter import deeds
from channels.counter.deeds import Refused, Tap
from content.api.grants import KEY, KEY_SAYS, GrantOut, KeyIn, request_key, whole
from members.api.operations import operation
from members.api.problems import Kind, Problem
from members.api.views import Endpoint


class Declining(Endpoint):
    """Declining a grant."""

    tag = "Offers"

    @operation(
        "offers:decline",
        body=KeyIn,
        answers={200: GrantOut},
        problems=(Kind.CONFLICT,),
        headers={KEY: KEY_SAYS},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Note that the member does not want an offer: every channel is silent about it from now on."""
        key = request_key(request, self.body())
        grant = get_object_or_404(whole(), public_id=public_id)
        try:
            deeds.decline(Tap(self.caller, self.caller.store, key, self.now), grant)
        except Refused as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        return Response(GrantOut(whole().get(pk=grant.pk)).data)
