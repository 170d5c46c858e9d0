"""Application settings of content."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    """What is said and what is promised: contents, offers and grants."""

    name = "content"
    verbose_name = _("Content and offers")

    def ready(self) -> None:
        """Register the leaf of rules about grants."""
        from content.leaves import GrantsLeaf
        from members.rules import register

        register(GrantsLeaf)
