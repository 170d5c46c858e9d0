"""Segments: listed, counted, and their members read."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from members import audit_log, segments
from members.api.fields import Document
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.reading import Fault, Refused, Shape
from members.api.views import Endpoint
from members.models import Membership, Segment
from members.rules import BadRule, Rule, parse
from members.vocabulary import Deed


class SegmentOut(serializers.ModelSerializer[Segment]):
    """A segment and how many members it holds, as last refreshed."""

    members = serializers.IntegerField(source="size")
    rule = serializers.DictField()

    class Meta:
        model = Segment
        fields = ("key", "name", "description", "rule", "active", "members", "refreshed_at")


class MembershipOut(serializers.Serializer[Any]):
    """A member of a segment, since when."""

    public_id = serializers.UUIDField(source="member.public_id")
    external_id = serializers.CharField(source="member.external_id")
    since = serializers.DateTimeField()


class CountOut(serializers.Serializer[Any]):
    """For how many members a rule holds now."""

    members = serializers.IntegerField(allow_null=True, help_text="Null where counting took longer than five seconds.")
    words = serializers.CharField(help_text="The rule in plain words.")


class RuleIn(Shape):
    """A rule, as segments have it."""

    rule = Document()


class SegmentEndpoint(Endpoint):
    """What endpoints about segments have in common."""

    tag = "Segments"

    def counted(self, rule: Rule) -> Response:
        """Answer with the count of a rule."""
        words = _("Members for whom %(rule)s.") % {"rule": rule.describe()}
        return Response({"members": segments.count_within(rule, self.now), "words": words})


class Segments(SegmentEndpoint):
    """Segments."""

    @operation("segments:read", query=Paged, answers={200: paged(SegmentOut)})
    def get(self, request: Request) -> Response:
        """List segments by key."""
        asked = self.query()
        found = page(Segment.objects.all(), ("key",), request, asked)
        return Response({"items": SegmentOut(found.rows, many=True).data, "next": found.next})


class OneSegment(SegmentEndpoint):
    """A segment."""

    @operation("segments:read", answers={200: SegmentOut})
    def get(self, request: Request, key: str) -> Response:
        """Show a segment with its rule."""
        return Response(SegmentOut(get_object_or_404(Segment, key=key)).data)


class CountRule(SegmentEndpoint):
    """Counting a rule that is stored nowhere."""

    @operation("segments:read", body=RuleIn, answers={200: CountOut})
    def post(self, request: Request) -> Response:
        """Count for how many members a rule holds now."""
        try:
            rule = parse(self.body()["rule"]).check_references()
        except BadRule as error:
            raise Refused([Fault(error.place, f"{error}")]) from error
        return self.counted(rule)


class CountSegment(SegmentEndpoint):
    """Counting a segment anew."""

    @operation("segments:read", answers={200: CountOut})
    def get(self, request: Request, key: str) -> Response:
        """Count for how many members a segment's rule holds now, whatever the last refresh found."""
        return self.counted(parse(get_object_or_404(Segment, key=key).rule))


class SegmentMembers(SegmentEndpoint):
    """The members of a segment."""

    @operation("segments:export", query=Paged, answers={200: paged(MembershipOut)})
    def get(self, request: Request, key: str) -> Response:
        """Read the members of a segment, as last refreshed. The beginning of each reading is in the audit log."""
        segment, asked = get_object_or_404(Segment, key=key), self.query()
        rows = Membership.objects.filter(segment=segment).select_related("member")
        found = page(rows, ("member_id",), request, asked)
        if "cursor" not in asked:
            audit_log.note(self.caller, Deed.EXPORTED, segment, _("%(size)d members") % {"size": segment.size})
        return Response({"items": MembershipOut(found.rows, many=True).data, "next": found.next})
