"""The screens of the admin for content, one module a model."""

from content.admin import actions, contents, grants, offers, variants

__all__ = ["actions", "contents", "grants", "offers", "variants"]
