"""Messages from contents: the variant for a member, filled in, with links that tell who clicked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from content import links
from content.compiled import check, compiled
from content.facts import About, Letter, facts_for
from content.models import Content, Variant
from content.templates import BadTemplate
from members.vocabulary import Channel

__all__ = [
    "About",
    "BadTemplate",
    "Letter",
    "Order",
    "Rendered",
    "best",
    "check",
    "facts_for",
    "problems",
    "render",
    "render_all",
    "uses_letter",
    "uses_offer",
    "variant_for",
    "variants",
]

# People read the scripts of desk and counter; nobody clicks in them.
CLICKABLE = (Channel.EMAIL, Channel.SMS, Channel.CHAT)
_SUBJECT_LENGTH = 998  # RFC 5322, 2.1.1
# Prices in many languages have a blank that does not break; GSM-7 lacks it, and the whole SMS would cost double.
_PLAIN_BLANKS = {0xA0: " ", 0x202F: " "}


@dataclass(frozen=True)
class Rendered:
    """A message as its member sees it; subject and html are empty where the channel or the variant has none."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Order:
    """A message to render. Its links are wrapped for `message_id`; `unsubscribe_url` is empty where it has none."""

    message_id: int
    variant: Variant
    about: About
    unsubscribe_url: str = ""


def uses_offer(variant: Variant) -> bool:
    """Say whether a variant cannot be sent without an offer. Raises BadTemplate."""
    return any(part.needs_offer for part in compiled(variant).parts)


def uses_letter(variant: Variant) -> bool:
    """Say whether only what a rep writes fills a variant. Raises BadTemplate."""
    return any(part.needs_letter for part in compiled(variant).parts)


def problems(content: Content, *, has_offer: bool) -> list[str]:
    """Return a sentence for each reason why a content cannot be sent, with an offer or without; none if it can."""
    listed = list(content.variants.order_by("channel", "language"))
    if not listed:
        return [_("The content %(content)s has no variants; add one for each channel.") % {"content": content.key}]
    return [sentence for variant in listed if (sentence := _problem(variant, has_offer))]


def _problem(variant: Variant, has_offer: bool) -> str:
    place = {"content": variant.content.key, "channel": variant.channel, "language": variant.language}
    try:
        check(variant)
    except BadTemplate as error:
        return _("Content %(content)s (%(channel)s, %(language)s): %(error)s") % {**place, "error": error}
    if has_offer or not uses_offer(variant):
        return ""
    return (
        _("Content %(content)s (%(channel)s, %(language)s) speaks of an offer, and there is none; name one, or write")
        + " {%% if offer %%} … {%% endif %%}."
    ) % place


def render(variant: Variant, facts: Mapping[str, Any], unsubscribe_url: str = "") -> Rendered:
    """Return a variant filled in with the facts of one member, links as they were written. Raises BadTemplate."""
    given = {**facts, "unsubscribe_url": unsubscribe_url or None}
    parts = compiled(variant)
    # One line: a line break in a subject would start another header.
    subject = " ".join(parts.subject.render(given).split())[:_SUBJECT_LENGTH] if parts.subject else ""
    text = parts.text.render(given)
    if variant.channel == Channel.SMS:
        text = text.translate(_PLAIN_BLANKS)
    return Rendered(subject, text, parts.html.render(given) if parts.html else "")


def render_all(orders: Sequence[Order]) -> list[Rendered | BadTemplate]:
    """Return each message filled in and with its links wrapped, in order, or why it cannot be: two queries a batch."""
    facts = facts_for(order.about for order in orders)
    made = [_attempt(order, given) for order, given in zip(orders, facts, strict=True)]
    found = [_places(order, one) for order, one in zip(orders, made, strict=True)]
    ids = links.link_ids(place.url for places in found for place in chain(*places))
    return [
        one if isinstance(one, BadTemplate) else _linked(one, places, ids, order.message_id)
        for order, one, places in zip(orders, made, found, strict=True)
    ]


def _attempt(order: Order, facts: Mapping[str, Any]) -> Rendered | BadTemplate:
    try:
        return render(order.variant, facts, order.unsubscribe_url)
    except BadTemplate as error:
        return error


_Places = tuple[list[links.Place], list[links.Place]]


def _places(order: Order, made: Rendered | BadTemplate) -> _Places:
    if isinstance(made, BadTemplate) or order.variant.channel not in CLICKABLE:
        return [], []
    text, html = links.in_text(made.text), links.in_html(made.html)
    return links.wrappable(text, order.unsubscribe_url), links.wrappable(html, order.unsubscribe_url)


def _linked(made: Rendered, places: _Places, ids: Mapping[str, int], message_id: int) -> Rendered:
    text, html = places
    return replace(
        made,
        text=links.wrapped(made.text, text, ids, message_id),
        html=links.wrapped(made.html, html, ids, message_id),
    )


def variants(wanted: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str, str], Variant]:
    """Return the variants by (content id, channel, language), those that exist: one query for a batch of messages."""
    keys = set(wanted)
    found = Variant.objects.filter(content_id__in={key[0] for key in keys}).select_related("content")
    by_key = {(variant.content_id, variant.channel, variant.language): variant for variant in found}
    return {key: by_key[key] for key in keys if key in by_key}


def variant_for(content: Content, channel: str, language: str) -> Variant | None:
    """Return the variant for a member's language: the very one, its parent, the house's, else the first there is.

    None where the content has nothing for the channel.
    """
    return best(content.variants.filter(channel=channel), language)


def best(listed: Iterable[Variant], language: str) -> Variant | None:
    """Return the variant for a member's language, as `variant_for` does, of those of one content and channel."""
    by_language = {variant.language: variant for variant in sorted(listed, key=lambda one: one.language)}
    first = next(iter(by_language), "")
    wished = (language, language.partition("-")[0], settings.LANGUAGE_CODE.partition("-")[0], first)
    return next((by_language[wish] for wish in wished if wish in by_language), None)
