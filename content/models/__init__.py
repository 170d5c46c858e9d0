"""The tables of content."""

from content.models.contents import Content, Link, Variant
from content.models.offers import Grant, Offer, Redemption

__all__ = ["Content", "Grant", "Link", "Offer", "Redemption", "Variant"]
