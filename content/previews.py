"""Previews: a content as one real member would get it, in every channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from content import offers, sms
from content.facts import About, facts_for, offer_facts, sample_terms
from content.models import Content, Offer, Variant
from content.rendering import BadTemplate, Rendered, render, uses_offer
from members.models import Member
from members.vocabulary import Channel


@dataclass(frozen=True)
class Preview:
    """A variant for one member, or the sentence why it cannot be shown.

    `is_sample` tells that the offer in it is not the member's: it has no grant, and the code is none.
    """

    variant: Variant
    rendered: Rendered | None
    problem: str = ""
    length: sms.SmsLength | None = None
    is_sample: bool = False


def preview(variant: Variant, member: Member, now: datetime, offer: Offer | None = None) -> Preview:
    """Show a variant to a member as of `now`, with the member's live grant (of `offer`) or what a grant would say."""
    live = [grant for grant in offers.current(member.pk, now) if offer is None or grant.offer_id == offer.pk]
    grant = live[0] if live else None
    [facts] = facts_for([About(member.pk, variant.language, grant.pk if grant else None)])
    shown = None if grant else offer or _example()
    try:
        needed = uses_offer(variant)
        if shown and (needed or offer):
            facts["offer"] = offer_facts(sample_terms(shown, now), facts["locale"], facts["zone"])
        rendered = render(variant, facts, f"{settings.CHORALE_PUBLIC_URL}/u/preview")
    except BadTemplate as error:
        return Preview(variant, None, str(error))
    length = sms.segments(rendered.text) if variant.channel == Channel.SMS else None
    return Preview(variant, rendered, length=length, is_sample=bool(shown and (needed or offer)))


def previews(content: Content, member: Member, now: datetime, offer: Offer | None = None) -> list[Preview]:
    """Show every variant of a content to a member, by channel and language."""
    listed = content.variants.order_by("channel", "language").select_related("content")
    return [preview(variant, member, now, offer) for variant in listed]


def _example() -> Offer | None:
    """Return an offer to show where none is named: the newest that is active."""
    return Offer.objects.filter(active=True).order_by("-id").first()
