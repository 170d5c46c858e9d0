"""The tag that makes a page ask whether anything on it changed."""

from __future__ import annotations

from django import template

register = template.Library()


@register.inclusion_tag("channels/live.html")
def live(address: str, stamp: str) -> dict[str, str]:
    """Ask at `address` every second whether the page's `stamp` is still the same; see channels.live."""
    return {"address": address, "stamp": stamp}
