"""What the member's page says of channels: the latest messages with their reasons, and the follow-ups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from channels.models import FollowUp, Message
from members.models import Member
from members.panels import Panel

MOST = 15


def messages(member: Member, _request: HttpRequest, _now: datetime) -> Mapping[str, Any]:
    """Return the latest messages to the member."""
    found = Message.objects.filter(member=member).to_members()
    return {"messages": found.select_related("content").order_by("-planned_at")[:MOST]}


def follow_ups(member: Member, _request: HttpRequest, _now: datetime) -> Mapping[str, Any]:
    """Return the member's latest follow-ups, open ones first."""
    found = FollowUp.objects.filter(member=member).select_related("team", "message__content", "assignee")
    latest = found.order_by("-pk")[:MOST]
    return {"follow_ups": sorted(latest, key=lambda one: one.state != FollowUp.State.OPEN)}


PANELS = (
    Panel(
        key="follow-ups",
        title=gettext_lazy("Follow-ups"),
        order=72,
        template="channels/panels/follow_ups.html",
        load=follow_ups,
        permission="channels.view_followup",
    ),
    Panel(
        key="messages",
        title=gettext_lazy("Messages"),
        order=75,
        template="channels/panels/messages.html",
        load=messages,
        permission="channels.view_message",
        wide=True,
    ),
)
