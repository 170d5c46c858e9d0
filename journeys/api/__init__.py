"""The API of journeys."""

from django.utils.translation import gettext_lazy as _

from members.scopes import Scope

SCOPES = (
    Scope("journeys:read", _("List journeys, with their numbers and drafts"), ("journeys.view_journey",)),
    Scope("journeys:publish", _("Publish, pause, resume, release and stop journeys"), ("journeys.change_journey",)),
    Scope("journeys:enter", _("Enter members into journeys"), ("journeys.change_journey", "members.view_member")),
)
