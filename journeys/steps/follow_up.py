"""Follow-up: a rep speaks to the member, with script and offer at hand."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.references import check_content, check_offer, check_team
from journeys.steps.base import SendingKind, StepAt, StepText
from journeys.steps.candidates import candidates, check_losing
from members.sql import Sql
from members.vocabulary import Channel

DUE_IN = {"days": 3}


class FollowUp(SendingKind):
    """Ask the outbox for a message to people; consent and contact pressure hold for them as well."""

    kind = "follow_up"
    label = gettext_lazy("Give a follow-up to a team")
    names = ("content", "team", "offer", "priority", "due_in", "losing", "defer_at_most", "otherwise")

    def check(self, settings: StepText, place: str) -> None:
        """A content with a script for the desk, and a team."""
        content = fields.needed(settings, "content", place)
        check_content(content, fields.at(place, "content"), [Channel.DESK.value])
        check_team(fields.needed(settings, "team", place), fields.at(place, "team"))
        if "offer" in settings:
            check_offer(settings["offer"], fields.at(place, "offer"))
        if "due_in" in settings:
            fields.duration(settings["due_in"], fields.at(place, "due_in"))
        check_losing(settings, place)

    def candidates(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """One follow-up each; people at a desk need no address."""
        return candidates(step, cohort, channels=[Channel.DESK.value], deadline=DUE_IN, once=False)
