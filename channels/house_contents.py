"""Contents that the house itself needs. Each is made when it is first used, and is the marketers' from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from content.models import Content, Variant
from members.vocabulary import Channel, Purpose

LANGUAGE = "en"

_FOOT = """
      <mj-text font-size="12px" color="#737373">You get this because you are a member.
        <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>"""
_MJML = """<mjml>
  <mj-body background-color="#f5f5f5">
    <mj-section background-color="#ffffff" padding="24px 12px">
      <mj-column>{body}
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>{foot}
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
_LETTER = """
        <mj-text font-size="16px" line-height="24px">{{ letter.text | newline_to_br }}</mj-text>"""
_OFFER = """
        <mj-text font-size="16px" line-height="24px">Hello {{ member.first_name | default: "there" }},</mj-text>
        <mj-text font-size="16px" line-height="24px">as promised, here is {{ offer.name }} for you:
          {{ offer.price }}, until {{ offer.until }}.</mj-text>
        <mj-button href="{{ offer.url }}" background-color="#4f46e5" color="#ffffff">Open your offer</mj-button>
        <mj-text font-size="16px" line-height="24px">In the store, show that page or say the code
          {{ offer.code }}.</mj-text>"""
_OFFER_TEXT = (
    'Hello {{ member.first_name | default: "there" }}, as promised: {{ offer.name }} for {{ offer.price }}, until'
    " {{ offer.until }}. {{ offer.url }}"
)

_CALL = (
    'Hello {{ member.first_name | default: "there" }}, you asked us to call.'
    "{% if offer %} It is about {{ offer.name }}: {{ offer.price }} until {{ offer.until }}.{% endif %}"
)


@dataclass(frozen=True)
class _Text:
    """A content as it is made: its name, and (text, subject, MJML) by channel."""

    name: str
    purpose: Purpose
    variants: Mapping[Channel, tuple[str, str, str]]


_CONTENTS = {
    "rep-letter": _Text(
        "Letter of a rep",
        Purpose.SERVICE,
        {
            Channel.EMAIL: (
                "{{ letter.text }}\n\n{{ unsubscribe_url }}",
                '{{ letter.subject | default: "A word from us" }}',
                _MJML.format(body=_LETTER, foot=_FOOT),
            ),
            Channel.SMS: ("{{ letter.text }}", "", ""),
            Channel.CHAT: ("{{ letter.text }}", "", ""),
        },
    ),
    "rep-offer": _Text(
        "Offer sent by a rep",
        Purpose.SERVICE,
        {
            Channel.EMAIL: (
                f"{_OFFER_TEXT}\n\n{{{{ unsubscribe_url }}}}",
                "{{ offer.name }}, for you",
                _MJML.format(body=_OFFER, foot=_FOOT),
            ),
            Channel.SMS: (_OFFER_TEXT, "", ""),
            Channel.CHAT: (_OFFER_TEXT, "", ""),
        },
    ),
    "wants-a-call": _Text("Call that a member asked for", Purpose.TRANSACTIONAL, {Channel.DESK: (_CALL, "", "")}),
}


def made(key: str) -> Content:
    """Return the content of this key (`rep-letter`, `rep-offer` or `wants-a-call`); the first call makes it."""
    found = Content.objects.filter(key=key).first()
    return found or _make(key)


def _make(key: str) -> Content:
    text = _CONTENTS[key]
    with transaction.atomic():
        content, is_new = Content.objects.get_or_create(key=key, defaults={"name": text.name, "purpose": text.purpose})
        if is_new:
            Variant.objects.bulk_create(
                Variant(content=content, channel=channel, language=LANGUAGE, text=said, subject=subject, mjml=mjml)
                for channel, (said, subject, mjml) in text.variants.items()
            )
        return content
