"""Application settings of content."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    """What is said and what is promised: contents, offers and grants."""

    name = "content"
    verbose_name = _("Content and offers")

    def ready(self) -> None:
        """Register the leaf of rules about grants, and the panel of the member's page."""
        from content.api import SCOPES
        from content.leaves import GrantsLeaf
        from content.models import Content, Offer, Variant
        from content.panels import PANEL
        from members import audit_log, panels, scopes
        from members.rules import register

        register(GrantsLeaf)
        panels.register(PANEL)
        scopes.register(*SCOPES)
        for model in (Content, Variant, Offer):
            audit_log.watch(model)
