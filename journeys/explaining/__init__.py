"""Why: where a member stands in a journey, or why they never entered it, and what became of its messages.

`never` says what the entry lacked, `under_way` where an enrollment stands; messages are explained by
`channels.explaining`.
"""

from __future__ import annotations

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
    latest = found.order_by("-ended_at", "-entered_at", "-pk").first()  # NULLs come first: those that still last
    return enrolled(latest, now) if latest else never_entered(member, about, now)
