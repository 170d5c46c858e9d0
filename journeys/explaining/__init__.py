"""Why: where a member stands in a journey, or why they never entered it, and what became of its messages.

`never` says what the entry lacked, `under_way` where an enrollment stands; messages are explained by
`channels.explaining`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from channels import explaining
from channels.explaining import Explanation
from channels.models import Message
from journeys.explaining.never import never_entered
from journeys.explaining.under_way import enrolled
from journeys.models import Enrollment, Journey
from members.models import Member

__all__ = ["Explanation", "explain"]

MOST = 10  # so many entries beside the one that is spoken of


def explain(member: Member, about: Journey | Message, now: datetime) -> Explanation:
    """Return why a member did or did not get something: of a journey, or one message.

    Of a journey that the member entered several times the latest entry counts, one that still lasts before those that
    are over. Raises ValueError for a message to somebody else.
    """
    if isinstance(about, Message):
        if about.member_id != member.pk:
            raise ValueError(_("This message is about another member."))
        return explaining.explain(about, now)
    found = Enrollment.objects.filter(member=member, journey=about).select_related("journey", "step", "version")
    ordered = found.order_by("-ended_at", "-entered_at", "-pk")  # NULLs come first: those that still last
    latest = ordered.first()
    if latest is None:
        return never_entered(member, about, now)
    others = ordered.filter(ended_at__isnull=True).exclude(pk=latest.pk).values_list("entry_key", flat=True)[:MOST]
    return _beside(enrolled(latest, now), latest.entry_key, list(others))


def _beside(found: Explanation, entry_key: str, others: Sequence[str]) -> Explanation:
    """Say which of several entries under way is spoken of, such as one of two open orders."""
    if not others:
        return found
    said = {"before": found.sentence, "key": entry_key, "others": _("”, “").join(others)}
    sentence = _("%(before)s This is about “%(key)s”; there is also “%(others)s”.") % said
    return replace(found, sentence=sentence, evidence={**found.evidence, "other_entry_keys": list(others)})
