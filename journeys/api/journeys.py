"""Journeys: listed with their numbers, published, paused, resumed and stopped; and the entry of a member."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.messages import MessageOut, told
from channels.vocabulary import State
from journeys import entering, publishing, reports, winners
from journeys.breaker import NotHeld
from journeys.models import BreakerHold, Enrollment, Journey, SplitDecision
from journeys.publishing import NotPossible
from journeys.vocabulary import NotEntered
from journeys.winners import NotDecided
from members.api.fields import Choice, Text
from members.api.operations import operation
from members.api.paging import Paged, page, paged
from members.api.problems import Kind, Problem
from members.api.reading import Fault, Refused, Shape
from members.api.views import Endpoint
from members.models import Member
from members.vocabulary import Channel


class NumbersOut(serializers.Serializer[Any]):
    """A journey's numbers over all its versions; those held out are not among the entered."""

    entered = serializers.IntegerField()
    held_out = serializers.IntegerField()
    not_entered = serializers.IntegerField()
    under_way = serializers.IntegerField()
    left = serializers.IntegerField()
    converted = serializers.IntegerField()
    held_out_converted = serializers.IntegerField()
    messages = serializers.DictField(child=serializers.IntegerField(), help_text="By what they came to.")


class ArmOut(serializers.Serializer[Any]):
    """A path of a split, as far as members were drawn for it; the share and its 95 % interval are in percent."""

    arm = serializers.CharField()
    entered = serializers.IntegerField(help_text="Enrollments that took it by lot in this round.")
    converted = serializers.IntegerField(help_text="Those of them that reached the goal.")
    sent = serializers.IntegerField(help_text="Enrollments that took it because it had won.")
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    probability = serializers.FloatField(
        allow_null=True, help_text="Of being the best, from 0 to 1; null where no winner is asked for."
    )


class DecisionOut(serializers.ModelSerializer[SplitDecision]):
    """That a path won, with what was known then; without a path, that the question was opened again."""

    who = serializers.CharField(source="who.username", default=None, allow_null=True)
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    rule = serializers.DictField()
    arms = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = SplitDecision
        fields = ("round", "arm", "at", "who", "version", "rule", "arms")


class ContestOut(serializers.Serializer[Any]):
    """How the paths of a split fare by the journey's goal."""

    round = serializers.IntegerField()
    winner = serializers.CharField(help_text="Empty while the question is open, or is not asked.")
    sample = serializers.IntegerField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    arms = serializers.ListField(child=ArmOut())
    decisions = serializers.ListField(child=DecisionOut(), help_text="Latest first.")


class StepOut(serializers.Serializer[Any]):
    """A step and who came there; `former` is one that the current version has no more."""

    key = serializers.CharField()
    standing = serializers.IntegerField()
    arrived = serializers.IntegerField()
    outcomes = serializers.DictField(child=serializers.IntegerField())
    messages = serializers.DictField(child=serializers.IntegerField())
    former = serializers.BooleanField()
    contest = ContestOut(allow_null=True, help_text="Of a split in a journey with a goal.")


class HeldOut(serializers.ModelSerializer[BreakerHold]):
    """What its circuit breaker holds a journey for."""

    sentence = serializers.CharField()

    class Meta:
        model = BreakerHold
        fields = ("kind", "since", "sentence")


class JourneyOut(serializers.ModelSerializer[Journey]):
    """A journey; `held` where its circuit breaker holds it, whatever its state."""

    held = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="current.number", default=None, allow_null=True)
    published_at = serializers.DateTimeField(source="current.published_at", default=None, allow_null=True)

    class Meta:
        model = Journey
        fields: Any = ("key", "name", "kind", "state", "held", "version", "published_at", "daily_maximum")

    @extend_schema_field(HeldOut(allow_null=True))
    def get_held(self, journey: Journey) -> dict[str, Any] | None:
        """Return what holds the journey."""
        found = next((one for one in journey.breaker_holds.all() if one.released_at is None), None)
        return dict(HeldOut(found).data) if found else None


class JourneyWithNumbers(JourneyOut):
    """A journey with its numbers."""

    numbers = NumbersOut()

    class Meta(JourneyOut.Meta):
        fields: Any = (*JourneyOut.Meta.fields, "numbers")


class WholeJourney(JourneyWithNumbers):
    """A journey with its numbers, step by step."""

    steps = serializers.ListField(child=StepOut())

    class Meta(JourneyWithNumbers.Meta):
        fields: Any = (*JourneyWithNumbers.Meta.fields, "steps")


class DraftOut(serializers.Serializer[Any]):
    """What would be published."""

    definition = serializers.DictField()


class EnrollmentOut(serializers.ModelSerializer[Enrollment]):
    """A member in a journey."""

    step = serializers.CharField(source="step.key", default=None, allow_null=True)
    version = serializers.IntegerField(source="version.number")

    class Meta:
        model = Enrollment
        fields = (
            "entry_key",
            "state",
            "held_out",
            "version",
            "step",
            "entered_at",
            "due_at",
            "converted_at",
            "ended_at",
            "end_reason",
        )


class EntryOut(serializers.Serializer[Any]):
    """Whether a member was admitted now, else why not, and the enrollment under this entry key, if there is one."""

    admitted = serializers.BooleanField()
    reason = serializers.ChoiceField(["", *NotEntered.values])
    sentence = serializers.CharField()
    enrollment = EnrollmentOut(allow_null=True)


class EntryIn(Shape):
    """Who is to enter, and what it is about."""

    member = Text(64, help_text="The member's external id.")
    entry_key = Text(
        128,
        least=0,
        required=False,
        help_text="What the entry is about, such as an order; empty if a member enters once.",
    )


class JourneyMessages(Paged):
    """Which messages of a journey to list."""

    state = Choice(State.values, required=False)
    channel = Choice(Channel.values, required=False)


def _journeys() -> QuerySet[Journey]:
    return Journey.objects.select_related("current").prefetch_related("breaker_holds")


class JourneyEndpoint(Endpoint):
    """What endpoints about journeys have in common."""

    tag = "Journeys"

    @staticmethod
    def named(key: str) -> Journey:
        """Return the journey with a key. Raises Http404."""
        return get_object_or_404(_journeys(), key=key)

    def done(self, key: str, act: Callable[[Journey], object]) -> Response:
        """Do something with a journey and answer with it as it is then. Raises Problem where that is not possible."""
        journey = self.named(key)
        try:
            act(journey)
        except (NotPossible, NotHeld) as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        return Response(JourneyOut(self.named(key)).data)


class Journeys(JourneyEndpoint):
    """Journeys."""

    @operation("journeys:read", query=Paged, answers={200: paged(JourneyWithNumbers)})
    def get(self, request: Request) -> Response:
        """List journeys by key, with their numbers."""
        asked = self.query()
        found = page(
            Journey.objects.select_related("current").prefetch_related("breaker_holds"), ("key",), request, asked
        )
        numbers = reports.journeys([one.pk for one in found.rows])
        for one in found.rows:
            one.numbers = numbers[one.pk]  # type: ignore[attr-defined]  # what the page shows besides
        return Response({"items": JourneyWithNumbers(found.rows, many=True).data, "next": found.next})


class OneJourney(JourneyEndpoint):
    """A journey."""

    @operation("journeys:read", answers={200: WholeJourney})
    def get(self, request: Request, key: str) -> Response:
        """Show a journey with its numbers, step by step."""
        journey: Any = self.named(key)
        journey.numbers, journey.steps = reports.journey(journey), reports.steps(journey)
        return Response(WholeJourney(journey).data)


def tag(journey: Journey) -> str:
    """Return the ETag of a journey's draft."""
    written = JSONRenderer().render({"definition": journey.draft})
    return f'"{sha256(written).hexdigest()[:32]}"'


class Draft(JourneyEndpoint):
    """The draft of a journey."""

    @operation("journeys:read", answers={200: DraftOut})
    def get(self, request: Request, key: str) -> Response:
        """Show what publishing would publish; its ETag goes into If-Match there."""
        journey = self.named(key)
        return Response({"definition": journey.draft}, headers={"ETag": tag(journey)})


class Pausing(JourneyEndpoint):
    """Pausing."""

    @operation("journeys:publish", answers={200: JourneyOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, key: str) -> Response:
        """Hold a live journey: nobody enters or moves, and nothing of it leaves."""
        return self.done(key, lambda journey: publishing.pause(journey, self.now, self.caller))


class Resuming(JourneyEndpoint):
    """Resuming."""

    @operation("journeys:publish", answers={200: JourneyOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, key: str) -> Response:
        """Let a paused journey go on."""
        return self.done(key, lambda journey: publishing.resume(journey, self.now, self.caller))


class Stopping(JourneyEndpoint):
    """Stopping."""

    @operation("journeys:publish", answers={200: JourneyOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, key: str) -> Response:
        """End a journey for everybody, and cancel what has not left; a stop that broke off can be said again."""
        return self.done(key, lambda journey: publishing.stop(journey, self.now, self.caller))


class Reopening(JourneyEndpoint):
    """Opening a decided split again."""

    @operation("journeys:publish", answers={200: DecisionOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, key: str, step: str) -> Response:
        """Open again which path of a split wins: who comes new is drawn by lot, and counting begins anew."""
        try:
            return Response(DecisionOut(winners.reopen(self.named(key), step, self.now, self.caller)).data)
        except NotDecided as error:
            raise Problem(Kind.CONFLICT, str(error)) from error


class Entries(JourneyEndpoint):
    """Entries of members."""

    @operation("journeys:enter", body=EntryIn, answers={200: EntryOut, 201: EntryOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, key: str) -> Response:
        """Enter a member: 201 where they were admitted now, 200 with the reason where not."""
        journey, body = self.named(key), self.body()
        member = Member.objects.filter(external_id=body["member"]).first()
        if member is None:
            raise Refused([Fault("member", _("There is no member “%(id)s”.") % {"id": body["member"]})])
        try:
            entered = entering.enter(journey, member, body.get("entry_key", ""), self.now)
        except NotPossible as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        said = {
            "admitted": entered.reason is None,
            "reason": entered.reason or "",
            "sentence": str(entered.reason.label) if entered.reason else "",
            "enrollment": EnrollmentOut(entered.enrollment).data if entered.enrollment else None,
        }
        return Response(said, status=HTTPStatus.OK if entered.reason else HTTPStatus.CREATED)


class MessagesOfJourney(JourneyEndpoint):
    """The messages of a journey."""

    @operation("messages:read", query=JourneyMessages, answers={200: paged(MessageOut)})
    def get(self, request: Request, key: str) -> Response:
        """List the messages of a journey, those queued last first, with their reasons."""
        journey, asked = self.named(key), self.query()
        found = page(told(asked).filter(journey_id=journey.pk), ("-pk",), request, asked)
        return Response({"items": MessageOut(found.rows, many=True).data, "next": found.next})
