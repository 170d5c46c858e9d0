"""What the definitions of these tests speak of: contents, offers, a team and a segment; and definitions made short."""

from __future__ import annotations

from typing import Any

from channels.models import Team
from content.models import Content, Offer, Variant
from members.models import Segment
from tests.content.promises import offer

TAGGED: dict[str, Any] = {"tag": {"name": "vip"}}
ANYBODY: dict[str, Any] = {"profile": {"field": "external_id", "op": "is_set"}}


def content(key: str, *channels: str, text: str = "Hello {{ member.first_name }}", **fields: Any) -> Content:
    """A content with an English variant for each channel."""
    made = Content.objects.create(key=key, name=key.title(), **fields)
    for channel in channels:
        subject = "Hello" if channel == "email" else ""
        Variant.objects.create(content=made, channel=channel, language="en", subject=subject, text=text)
    return made


def furnish() -> None:
    """Make what `definition` and the steps of the tests refer to."""
    content("hello", "email", "sms", "chat")
    content("letter", "email")
    content("promise", "email", "sms", text="Only {{ offer.price }} until {{ offer.until }}")
    content("script", "desk", text="Call {{ member.name }}")
    offer("ten-off")
    offer("five-off", slot="other")
    Team.objects.create(key="recovery", name="Recovery")
    Segment.objects.create(key="quiet", name="Quiet members", rule=TAGGED)


def definition(*steps: dict[str, Any], **head: Any) -> dict[str, Any]:
    """A definition with these steps, or one message, entered on birthdays unless `head` says else."""
    return {
        "key": "first",
        "name": "First",
        "kind": "greeting",
        "entry": {"date": {"of": "birthday"}},
        "steps": list(steps) or [send()],
        **head,
    }


def send(key: str = "mail", content: str = "hello", **settings: Any) -> dict[str, Any]:
    """A send step."""
    return {"key": key, "kind": "send", "content": content, "channels": ["preferred", "email"], **settings}


def wait(key: str = "rest", **settings: Any) -> dict[str, Any]:
    """A wait of a day, unless the settings say otherwise."""
    return {"key": key, "kind": "wait", **(settings or {"duration": {"days": 1}})}


def step(kind: str, key: str = "", **settings: Any) -> dict[str, Any]:
    """A step of any kind; its key is the kind's name with a hyphen, unless it is given."""
    return {"key": key or kind.replace("_", "-"), "kind": kind, **settings}


def path(key: str, *steps: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A path of a branch (`when`) or split (`weight`)."""
    return {"key": key, **settings, "steps": list(steps)}


def made_offer(key: str) -> Offer:
    """The offer with this key."""
    return Offer.objects.get(key=key)
