"""Send: a message by the first channel that reaches the member."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.definition.references import SENDABLE, check_content, check_offer
from journeys.steps.base import SendingKind, StepAt, StepText
from journeys.steps.candidates import candidates, check_losing
from members.sql import Sql

CHANNELS = ("preferred", *SENDABLE)
DEADLINE = {"days": 3}


class Send(SendingKind):
    """Ask the outbox for a message; it says yes, not now, or no with a reason."""

    kind = "send"
    label = gettext_lazy("Send a message")
    names = ("content", "channels", "offer", "priority", "deadline", "losing", "defer_at_most", "otherwise")

    def check(self, settings: StepText, place: str) -> None:
        """A content, and channels that it has variants for."""
        channels = _channels(fields.needed(settings, "channels", place), fields.at(place, "channels"))
        check_content(fields.needed(settings, "content", place), fields.at(place, "content"), channels)
        if "offer" in settings:
            check_offer(settings["offer"], fields.at(place, "offer"))
        if "deadline" in settings:
            fields.duration(settings["deadline"], fields.at(place, "deadline"))
        check_losing(settings, place)

    def candidates(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """One message each, and one an address: members who share it read it together."""
        return candidates(step, cohort, channels=step.settings["channels"], deadline=DEADLINE, once=True)


def _channels(value: object, place: str) -> list[str]:
    found = [
        fields.chosen(channel, f"{place}[{number}]", CHANNELS)
        for number, channel in enumerate(fields.items(value, place, _("channels")))
    ]
    if not found or len(set(found)) < len(found):
        raise BadDefinition(place, _("name at least one channel, and each only once."))
    return found
