"""Previews: a content as one real member would get it, in every channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from content import links, offers, sms, variables
from content.facts import About, Letter, facts_for, offer_facts, sample_terms
from content.models import Content, Offer, Variant
from content.rendering import BadTemplate, Rendered, render, uses_offer
from members.models import Member
from members.vocabulary import Channel

UNSUBSCRIBE_TOKEN = 38  # characters of the token that `channels` makes
# Ids with as many digits as those of a house that has sent for years.
_LINK, _MESSAGE = 62**4 - 1, 62**5 - 1


@dataclass(frozen=True)
class Preview:
    """A variant for one member, or the sentence why it cannot be shown.

    `is_sample` tells that the offer in it is not the member's: it has no grant, and the code is none. `length` is that
    of an SMS as it would leave, with a short address in the place of each link.
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
    about = About(member.pk, variant.language, grant.pk if grant else None, letter=_letter())
    [facts] = facts_for([about])
    shown = None if grant else offer or _example()
    try:
        needed = uses_offer(variant)
        if shown and (needed or offer):
            facts["offer"] = offer_facts(sample_terms(shown, now), facts["locale"], facts["zone"])
        rendered = render(variant, facts, _stop())
    except BadTemplate as error:
        return Preview(variant, None, str(error))
    length = sms.segments(_as_sent(rendered.text)) if variant.channel == Channel.SMS else None
    return Preview(variant, rendered, length=length, is_sample=bool(shown and (needed or offer)))


def previews(content: Content, member: Member, now: datetime, offer: Offer | None = None) -> list[Preview]:
    """Show every variant of a content to a member, by channel and language."""
    listed = content.variants.order_by("channel", "language").select_related("content")
    return [preview(variant, member, now, offer) for variant in listed]


def _stop() -> str:
    """Return an unsubscribe address as long as the real ones, which leads nowhere."""
    return f"{settings.CHORALE_PUBLIC_URL}/u/{'preview'.ljust(UNSUBSCRIBE_TOKEN, '-')}"


def _as_sent(text: str) -> str:
    places = links.wrappable(links.in_text(text), _stop())
    return links.wrapped(text, places, dict.fromkeys((place.url for place in places), _LINK), _MESSAGE)


def _letter() -> Letter:
    """Return a letter to show where a rep will write one."""
    return Letter(**variables.examples()["letter"])


def _example() -> Offer | None:
    """Return an offer to show where none is named: the newest that is active."""
    return Offer.objects.filter(active=True).order_by("-id").first()
