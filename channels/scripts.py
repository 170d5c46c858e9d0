"""Scripts: what people say to a member, with the member's facts as of this moment.

The counterpart of a rendering, which keeps what a message said when it was handed over: a script is spoken later, and
points, tier and price must be right then.
"""

from __future__ import annotations

from collections.abc import Sequence

from content.models import Content
from content.rendering import About, BadTemplate, facts_for, render, variant_for
from members.models import Member
from members.vocabulary import Channel


def script(
    content: Content | None,
    member: Member,
    grant_id: int | None,
    channels: Sequence[Channel],
    journey_name: str = "",
) -> str:
    """Return a content's script for a member, of the first of these channels that it has one for.

    Empty where there is none, and where it speaks of an offer and there is no grant.
    """
    if content is None:
        return ""
    variant = next(filter(None, (variant_for(content, channel, member.locale) for channel in channels)), None)
    if variant is None:
        return ""
    [facts] = facts_for([About(member.pk, variant.language, grant_id, journey_name)])
    try:
        return render(variant, facts).text
    except BadTemplate:
        return ""
