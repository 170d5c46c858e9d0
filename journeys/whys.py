"""Why a journey turned to a member, for the rep who calls: what let the member in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.models import Message
from channels.vocabulary import OriginKind
from journeys.definition import recurrence
from journeys.definition.entry import date_name
from journeys.definition.facts import in_words
from journeys.models import Enrollment, Trace
from journeys.plan import Plan, plan
from journeys.vocabulary import EndReason, Outcome
from members.models import Segment


def explain(messages: Sequence[Message]) -> Mapping[int, str]:
    """Return, for messages that journeys sent, the journey and what its entry asks of members, by message id."""
    sent = {one.origin_id: one for one in messages if one.origin_kind == OriginKind.ENROLLMENT}
    found = Enrollment.objects.filter(pk__in=sent).values_list("pk", "version_id")
    plans = {pk: plan(version_id) for pk, version_id in found}
    segments = Segment.objects.in_bulk({one.entry_segment_id for one in plans.values() if one.entry_segment_id})
    names = {one.origin_id: one.journey_name for one in sent.values()}
    told = {pk: f"{names[pk]}. {_entry(known, segments)}" for pk, known in plans.items()}
    return {one.pk: told[one.origin_id] for one in messages if one.origin_id in told and one.pk}


def left(message: Message) -> str:
    """Return why the member left the journey that a message came from, such as by reaching its goal."""
    if message.origin_kind != OriginKind.ENROLLMENT:
        return ""
    told = Trace.objects.filter(member=message.member_id, journey=message.journey_id, enrollment=message.origin_id)
    last = told.filter(outcome__in=(Outcome.CONVERTED, Outcome.ENDED), at__lte=message.ended_at).order_by("-pk").first()
    return str(EndReason(last.reason).label) if last and last.reason in EndReason.values else ""


def _entry(known: Plan, segments: Mapping[int, Segment]) -> str:
    ((kind, entry),) = known.entry.items()
    if kind == "segment":
        segment = segments.get(known.entry_segment_id or 0)
        if segment is None:
            return ""
        said = {"segment": segment.name, "description": segment.description}
        return (_("%(segment)s: %(description)s") if segment.description else _("%(segment)s.")) % said
    if kind == "fact":
        return _("It began with %(fact)s.") % {"fact": in_words(entry)}
    return recurrence.in_words(entry["every"]) if kind == "recurring" else _date(entry)


def _date(entry: Mapping[str, Any]) -> str:
    days = entry.get("offset_days", 0)
    said = {"days": abs(days), "what": date_name(entry["of"])}
    if days < 0:
        return ngettext("%(days)d day before their %(what)s.", "%(days)d days before their %(what)s.", -days) % said
    if days > 0:
        return ngettext("%(days)d day after their %(what)s.", "%(days)d days after their %(what)s.", days) % said
    return _("On their %(what)s.") % said
