"""What a step kind is: it answers what happens to a cohort, and where each of its members goes next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from members.sql import Sql

# A definition of a step as it stands in a journey's text: key, kind and the kind's own settings.
StepText = Mapping[str, Any]


@dataclass(frozen=True)
class StepAt:
    """A published step as the engine hands it to its kind."""

    id: int
    key: str
    kind: str
    settings: Mapping[str, Any]
    version_id: int
    journey_id: int
    journey_name: str
    priority: int


class StepKind(ABC):
    """One kind of step. Kinds hold no state; the engine calls `act`, then `decide`, in the batch's transaction.

    A `cohort` is a query for whole rows of journeys_enrollment: all of one shard and step, all due. Both calls may run
    it as often as they like; it gives the same rows until the engine moves them. Kinds never change enrollments, nor
    look there for those of a cohort: whoever has just entered is written when they rest.
    """

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    names: ClassVar[Sequence[str]] = ()  # the kind's own settings, in the order in which a journey's text writes them

    @abstractmethod
    def check(self, settings: StepText, place: str) -> None:
        """Raise `journeys.definitions.BadDefinition`, naming the place, when the kind's own settings are wrong."""

    def check_journey(self, settings: StepText, journey: Mapping[str, Any], place: str) -> None:  # noqa: B027
        """Raise BadDefinition when the step asks something of its journey, a whole definition, that is not there."""

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """Return the steps that stand under this one, by the outcome that leads to them."""
        return {}

    def place(self, settings: StepText, outcome: str) -> str:
        """Return where the step's text keeps the steps of an outcome's path, such as `paths[0].steps`."""
        return outcome

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """Return every outcome that `decide` can give; one without a path leads to the next step."""
        return ("next",)

    def rests(self, settings: StepText) -> bool:
        """Return whether whoever arrives here always rests for a while; a way back must lead through such a step."""
        return False

    def resting(self, settings: StepText) -> str:
        """Return what those who rest here do, in words for people that follow the journey's name: “waits”."""
        return _("is about to go on")

    def over_at(self, settings: StepText, arrived_at: datetime) -> datetime | None:
        """Return when whoever rests here since then goes on at the latest; None where that is when they are due."""
        return None

    def topics(self, settings: StepText) -> frozenset[str]:
        """Return the topics of news that wake an enrollment resting here."""
        return frozenset()

    def act(self, step: StepAt, cohort: Sql, now: datetime) -> None:  # noqa: B027 - most kinds do nothing else
        """Do what the step does besides moving on (grant, tag …), by set; a repeat must do no harm."""

    @abstractmethod
    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Return a query with a row for each of the cohort's enrollments.

        Columns: `enrollment_id bigint, outcome text, rest_until timestamptz, reason text, detail jsonb`. An outcome of
        null means that the enrollment rests until `rest_until`, or until news on one of `topics` wakes it; it is then
        asked again with the same `arrived_at` and the `rest_until` it was given. `rest_until` is null on arrival.
        """


class SendingKind(StepKind):
    """A kind that wants a message: its cohort meets those of all other journeys in arbitration, and the outbox decides.

    Outcomes are `queued` and `not_sent`; whoever loses or is capped may be deferred to a later tick.
    """

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """A message is queued, or it is not."""
        return ("queued", "not_sent")

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """What happens where no message is queued stands under `otherwise`."""
        return {"not_sent": settings.get("otherwise", ())}

    def resting(self, settings: StepText) -> str:
        """Room for the message is waited for."""
        return _("waits until “%(content)s” may be sent") % {"content": settings["content"]}

    def place(self, settings: StepText, outcome: str) -> str:
        """The path of `not_sent` is written `otherwise`."""
        return "otherwise"

    @abstractmethod
    def candidates(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Return a query of what `channels.queueing.queue` takes, a row for each of the cohort's enrollments.

        Columns, in this order: `origin_kind text ('enrollment'), origin_id bigint (the enrollment), step_key text,
        visit int, member_id bigint, content_id bigint, offer_id bigint, channels text[], priority smallint,
        expires_at timestamptz, journey_id bigint, journey_name text, once_key text, team_id bigint, losing text`.
        """

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Sending kinds are decided by the outbox; the engine never asks here."""
        raise TypeError(f"A {self.kind} step is decided by the outbox.")


_kinds: dict[str, StepKind] = {}


def register(kind: StepKind) -> None:
    """Add a step kind; called for the kinds of the house from `journeys.apps`."""
    _kinds[kind.kind] = kind


def kinds() -> Mapping[str, StepKind]:
    """Return every registered kind by name."""
    return _kinds
