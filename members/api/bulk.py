"""Calls with many items: each lands or is rejected for itself, with its place in the call, its field and a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from members.api.problems import Kind, Problem
from members.api.reading import Fault, Refused, reader
from members.api.views import Endpoint
from members.facts import Reject

MOST = 5_000


class RejectOut(serializers.Serializer[Any]):
    """Why an item did not land. An item with several faults has several of these."""

    index = serializers.IntegerField(help_text="Its place in the call, from 0.")
    field = serializers.CharField(help_text="Such as lines[0].sku; empty for the item as a whole.")
    sentence = serializers.CharField()


class FactsLanded(serializers.Serializer[Any]):
    """What became of the items: 200 says that none was rejected, 207 that some or all were."""

    new = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Told before under the same source and key; nothing changed.")
    rejected = serializers.IntegerField()
    errors = serializers.ListField(child=RejectOut())  # type: ignore[assignment]  # DRF has one too


class MembersLanded(serializers.Serializer[Any]):
    """What became of the items: 200 says that none was rejected, 207 that some or all were."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    known = serializers.IntegerField(help_text="They were as the item says already.")
    rejected = serializers.IntegerField()
    errors = serializers.ListField(child=RejectOut())  # type: ignore[assignment]  # DRF has one too


@dataclass(frozen=True, slots=True)
class Sent:
    """The items that can be read, with the place that each had in the call, and the faults of the others by place."""

    items: list[Any]
    places: list[int]
    faults: dict[int, tuple[Fault, ...]]
    rest: dict[str, Any]  # the other fields of the body


class Bulk(Endpoint):
    """An endpoint whose body holds `items`."""

    largest_body = 16_000_000

    def sent(self) -> Sent:
        """Return what the body holds. Raises Refused and Problem where it is wrong as a whole."""
        shape = self.operation.body
        data = self.request.data
        if shape is None or type(data) is not dict or type(data.get("items")) is not list:
            raise Refused([Fault("items", _("“items” is missing; write a list of at most %(most)d.") % {"most": MOST})])
        if len(data["items"]) > MOST:
            told = {"size": len(data["items"]), "most": MOST}
            raise Problem(Kind.TOO_LARGE, _("The call has %(size)d items; %(most)d are the most.") % told)
        rest = reader(shape).without("items").read({name: said for name, said in data.items() if name != "items"})
        return _read(data["items"], type(shape().fields["items"].child), rest)  # type: ignore[attr-defined]


def _read(listed: list[Any], shape: Any, rest: dict[str, Any]) -> Sent:
    sent = Sent([], [], {}, rest)
    read = reader(shape).read
    for place, item in enumerate(listed):
        try:
            sent.items.append(read(item))
            sent.places.append(place)
        except Refused as error:
            sent.faults[place] = error.faults
    return sent


def landed(sent: Sent, rejected: Iterable[Reject], **counts: int) -> Response:
    """Return the answer: what landed, and all that did not by its place."""
    faults = dict(sent.faults)
    for reject in rejected:
        faults[sent.places[reject.position]] = (Fault(reject.field, reject.reason),)
    errors = [
        {"index": place, "field": fault.field, "sentence": fault.sentence}
        for place in sorted(faults)
        for fault in faults[place]
    ]
    status = HTTPStatus.MULTI_STATUS if faults else HTTPStatus.OK
    return Response({**counts, "rejected": len(faults), "errors": errors}, status=status)
