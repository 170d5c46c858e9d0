"""The screens of the admin for members, one module a model."""

from members.admin import allowed, audit, people, places, segments, standing, tokens

__all__ = ["allowed", "audit", "people", "places", "segments", "standing", "tokens"]
