"""The screens of the admin for members, one module a model."""

from members.admin import allowed, people, places, segments, staff, standing

__all__ = ["allowed", "people", "places", "segments", "staff", "standing"]
