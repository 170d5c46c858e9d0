"""Contents and variants for the tests of content."""

from __future__ import annotations

from typing import Any

from content.models import Content, Variant


def layout(body: str) -> str:
    """Return an e-mail layout around the inside of its one column; the body stands in line 4."""
    return f"<mjml>\n<mj-body>\n<mj-section><mj-column>\n{body}\n</mj-column></mj-section>\n</mj-body>\n</mjml>"


def draft(channel: str = "sms", **fields: Any) -> Variant:
    """Return a variant that is not stored; an e-mail gets a subject where the test does not care."""
    known = {"language": "en", "text": "Hello", "subject": "Hello" if channel == "email" else ""}
    return Variant(channel=channel, **{**known, **fields})


def content(key: str = "greeting", **fields: Any) -> Content:
    """Return a new content without variants."""
    return Content.objects.create(key=key, name=key.title(), **fields)


def variant(channel: str = "sms", within: Content | None = None, **fields: Any) -> Variant:
    """Return a stored variant, of a new content if none is given; words that cannot be sent are refused."""
    made = draft(channel, content=within or content(), **fields)
    made.full_clean()
    made.save()
    return made
