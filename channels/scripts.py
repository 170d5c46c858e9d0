"""Scripts: what people say to a member, with the member's facts as of this moment.

The counterpart of a rendering, which keeps what a message said when it was handed over: a script is spoken later, and
points, tier and price must be right then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels.models import Message
from content.models import Content, Variant
from content.rendering import About, BadTemplate, best, facts_for, render
from members.models import Member
from members.vocabulary import Channel


@dataclass(frozen=True)
class Wanted:
    """A script that is wanted: of a content, about a grant if there is one, as that journey would say it."""

    content_id: int
    grant_id: int | None = None
    journey_name: str = ""


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
    return scripts(member, [Wanted(content.pk, grant_id, journey_name)], channels)[0] if content else ""


def scripts(member: Member, wanted: Sequence[Wanted], channels: Sequence[Channel]) -> list[str]:
    """Return several scripts for a member, in order, as `script` does: two queries for all of them."""
    return _scripts([(member, one) for one in wanted], channels)


def of_messages(messages: Sequence[Message], channels: Sequence[Channel]) -> dict[int, str]:
    """Return the script of each message, by its id, for its member as `script` does: two queries for all of them."""
    wanted = [
        (one.pk, one.member, Wanted(one.content_id, one.grant_id, one.journey_name))
        for one in messages
        if one.content_id
    ]
    said = _scripts([(member, one) for _pk, member, one in wanted], channels)
    return {pk: text for (pk, _member, _one), text in zip(wanted, said, strict=True)}


def _scripts(asked: Sequence[tuple[Member, Wanted]], channels: Sequence[Channel]) -> list[str]:
    contents = {one.content_id for _member, one in asked}
    listed = list(Variant.objects.filter(content_id__in=contents, channel__in=channels)) if asked else []
    chosen = [_variant(listed, one.content_id, channels, member.locale) for member, one in asked]
    abouts = [
        About(member.pk, variant.language, one.grant_id, one.journey_name)
        for (member, one), variant in zip(asked, chosen, strict=True)
        if variant
    ]
    facts = iter(facts_for(abouts) if abouts else ())
    return [_rendered(variant, next(facts)) if variant else "" for variant in chosen]


def _variant(listed: Sequence[Variant], content_id: int, channels: Sequence[Channel], language: str) -> Variant | None:
    of_channel = (
        best([one for one in listed if (one.content_id, one.channel) == (content_id, channel)], language)
        for channel in channels
    )
    return next(filter(None, of_channel), None)


def _rendered(variant: Variant, facts: dict[str, Any]) -> str:
    try:
        return render(variant, facts).text
    except BadTemplate:
        return ""
