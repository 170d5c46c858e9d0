"""Publishing by the API: the plan first, then the deed; and the release of what a circuit breaker holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import breaker, publishing
from journeys.api.journeys import JourneyEndpoint, JourneyOut, tag
from journeys.changeover import BadMapping, Row
from journeys.definitions import MOST_A_DAY, BadDefinition
from journeys.models import Journey
from journeys.publishing import NotPossible, Terms
from members.api.fields import Document, Whole
from members.api.operations import operation
from members.api.problems import Kind, Problem
from members.api.reading import Fault, Refused, Shape

T = TypeVar("T")
MAPPING = (
    "Where those go who stand at a step, by its key: the key of a step of the new version, `:same`, `:stay` or `:end`; "
    "`*` is for all other steps. Without it everybody stays on their version."
)
IF_MATCH = "The ETag of the draft that you have read: another one is not published."


class PlanIn(Shape):
    """What would be published: the draft, or an earlier version once more; and what becomes of those under way."""

    version = Whole(1, 1_000_000, required=False, help_text="The number of an earlier version to publish again.")
    mapping = Document(required=False, help_text=MAPPING)
    daily_maximum = Whole(
        1, MOST_A_DAY, required=False, help_text="How many messages a day at most; without it twice the forecast."
    )


class MissedOut(serializers.Serializer[Any]):
    """A step that so many members would skip or come to again; `sends` where it is for a message."""

    key = serializers.CharField()
    sends = serializers.BooleanField()
    members = serializers.IntegerField()


class ChangeOut(serializers.Serializer[Any]):
    """A step where members stand and what becomes of them. What they repeat sends no message twice."""

    key = serializers.CharField()
    members = serializers.IntegerField()
    versions = serializers.DictField(child=serializers.IntegerField(), help_text="How many, by number of version.")
    kept = serializers.BooleanField(help_text="Whether the new version has a step of this key.")
    to = serializers.CharField(help_text="`:stay`, `:end`, or the key of a step of the new version.")
    skips = serializers.ListField(child=MissedOut())
    repeats = serializers.ListField(child=MissedOut())
    warnings = serializers.ListField(child=serializers.CharField())


class ForecastOut(serializers.Serializer[Any]):
    """What a busy day may bring; not `known` where nothing like the entry has happened yet."""

    messages = serializers.IntegerField()
    entering = serializers.IntegerField()
    under_way = serializers.IntegerField()
    sends = serializers.IntegerField(help_text="On the longest way.")
    known = serializers.BooleanField()


class PlanOut(serializers.Serializer[Any]):
    """What publishing would do now."""

    stay = serializers.IntegerField()
    move = serializers.IntegerField()
    end = serializers.IntegerField()
    steps = serializers.ListField(child=ChangeOut())
    forecast = ForecastOut()
    daily_maximum = serializers.IntegerField(allow_null=True, help_text="Null where the journey sends nothing.")


class ReleaseIn(Shape):
    """How a journey goes on."""

    most_today = Whole(1, MOST_A_DAY, required=False, help_text="How many messages today at most, if that is more.")


class PublishingEndpoint(JourneyEndpoint):
    """What planning and publishing have in common."""

    def said(self) -> Mapping[str, Any]:
        """Return the body, which may be missing. Raises Refused."""
        return self.body() if self.request.META.get("CONTENT_LENGTH") not in (None, "", "0") else {}

    def asked(self, journey: Journey, said: Mapping[str, Any]) -> tuple[Mapping[str, Any], Terms]:
        """Return the definition that is meant, and the terms. Raises NotPossible and Refused."""
        mapping = said.get("mapping", {})
        wrong = [key for key, to in mapping.items() if type(to) is not str]
        if wrong:
            raise Refused([Fault("mapping", _("Each step is mapped to a text, such as “:stay”."))])
        number = said.get("version")
        terms = Terms(mapping, said.get("daily_maximum"), keeps_draft=number is not None)
        return (publishing.earlier(journey, number).definition if number else journey.draft), terms

    @staticmethod
    def tried(act: Callable[[], T]) -> T:
        """Return what an act gives. Raises Refused, and Problem, for what cannot be published so."""
        try:
            return act()
        except NotPossible as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        except BadMapping as error:
            raise Refused([Fault("mapping", str(error))]) from error
        except BadDefinition as error:
            raise Refused([Fault(f"definition.{error.place}".rstrip("."), str(error))]) from error
        except ValidationError as error:
            raise Refused([Fault("definition", sentence) for sentence in error.messages]) from error


class Planning(PublishingEndpoint):
    """Plans."""

    @operation("journeys:read", body=PlanIn, answers={200: PlanOut}, problems=(Kind.CONFLICT, Kind.INVALID))
    def post(self, request: Request, key: str) -> Response:
        """Show what publishing would do now with those under way, and how many messages may be expected."""
        journey, said = self.named(key), self.said()
        found = self.tried(lambda: self._plan(journey, said))
        changes = found.changes
        told = {
            "stay": changes.stay,
            "move": changes.move,
            "end": changes.end,
            "steps": [_row(row) for row in changes.rows],
            "forecast": found.forecast,
            "daily_maximum": found.daily_maximum,
        }
        return Response(PlanOut(told).data)

    def _plan(self, journey: Journey, said: Mapping[str, Any]) -> publishing.Plan:
        definition, terms = self.asked(journey, said)
        return publishing.plan(journey, definition, self.now, terms)


class Publishing(PublishingEndpoint):
    """Publishing."""

    @operation(
        "journeys:publish",
        body=PlanIn,
        answers={200: JourneyOut},
        problems=(Kind.CONFLICT, Kind.CHANGED, Kind.INVALID),
        headers={"If-Match": IF_MATCH},
    )
    def post(self, request: Request, key: str) -> Response:
        """Make the draft, or an earlier version again, the current version: members enter by it from now on.

        Those under way stay on theirs, unless `mapping` says otherwise; ask for the plan first.
        """
        said = self.said()
        return self.tried(lambda: self.done(key, lambda journey: self._publish(journey, said)))

    def _publish(self, journey: Journey, said: Mapping[str, Any]) -> None:
        wanted = self.request.headers.get("If-Match")
        if wanted is not None and wanted.strip() not in {"*", tag(journey)}:
            raise Problem(Kind.CHANGED, _("The draft is another one than you have read; read it again."))
        definition, terms = self.asked(journey, said)
        publishing.publish(journey, definition, self.now, self.caller, terms)


class Releasing(PublishingEndpoint):
    """Releasing."""

    @operation("journeys:publish", body=ReleaseIn, answers={200: JourneyOut}, problems=(Kind.CONFLICT,))
    def post(self, request: Request, key: str) -> Response:
        """Let a journey go on that its circuit breaker holds."""
        most = self.said().get("most_today")
        return self.done(key, lambda journey: breaker.release(journey, self.now, self.caller, most))


def _row(row: Row) -> Mapping[str, Any]:
    versions = {str(number): count for number, count in row.versions.items()}
    return {**vars(row), "members": row.members, "versions": versions}
