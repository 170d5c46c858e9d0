"""The frame of the admin: its name, its styles, and the navigation in the words of the house."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Models and the symbols beside their names (Material Symbols), in the order of the sidebar.
MEMBERS = {
    "members.member": "group",
    "members.segment": "filter_alt",
    "members.consent": "verified_user",
    "members.suppression": "block",
    "members.standingpolicy": "leaderboard",
}
CONTENT = {
    "content.content": "edit_note",
    "content.variant": "translate",
    "content.offer": "sell",
    "content.grant": "redeem",
    "content.redemption": "receipt_long",
}
CHANNELS = {
    "channels.message": "outbox",
    "channels.followup": "support_agent",
    "channels.handoff": "handshake",
    "channels.sender": "send",
    "channels.team": "groups",
    "channels.quiethours": "bedtime",
    "channels.pressurepolicy": "speed",
    "channels.hold": "pause_circle",
    "channels.receipt": "mark_email_read",
    "channels.stopword": "do_not_disturb_on",
}
JOURNEYS = {
    "journeys.journey": "route",
    "journeys.version": "history",
    "journeys.enrollment": "directions_walk",
    "journeys.trace": "timeline",
    "journeys.holdoutpolicy": "science",
}
PEOPLE = {
    "members.user": "person",
    "auth.group": "shield_person",
    "members.store": "storefront",
    "members.zone": "schedule",
    "django_celery_beat.periodictask": "timer",
    "members.auditentry": "policy",
    "members.apitoken": "key",
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar with the screens that whoever asks may open."""
    groups = {
        _("Members"): MEMBERS,
        _("Content and offers"): CONTENT,
        _("Channels"): CHANNELS,
        _("Journeys"): JOURNEYS,
        _("People and rights"): PEOPLE,
    }
    listed = ((title, _items(request, models)) for title, models in groups.items())
    return [{"title": title, "items": items} for title, items in listed if items]


def _items(request: HttpRequest, models: dict[str, str]) -> list[dict[str, Any]]:
    from django.contrib import admin  # the settings import this module, and the admin reads settings

    known = {model._meta.label_lower: model for model in admin.site._registry}  # noqa: SLF001 - there is no other way in
    return [
        {
            "title": capfirst(str(apps.get_model(label)._meta.verbose_name_plural)),  # noqa: SLF001
            "icon": icon,
            "link": reverse("admin:{}_{}_changelist".format(*label.split("."))),
        }
        for label, icon in models.items()
        if label in known and admin.site._registry[known[label]].has_view_or_change_permission(request)  # noqa: SLF001
    ]


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards of the home that whoever asks may see; each loads itself."""
    from members import home as cards  # the settings import this module, and models are not there yet

    return {**context, "cards": cards.cards(request)}


def _styles(_request: HttpRequest) -> str:
    return static("members/admin.css")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Chorale",
    "SITE_HEADER": "Chorale",
    "SITE_SUBHEADER": gettext_lazy("Customer journeys"),
    "SITE_SYMBOL": "graphic_eq",
    "SITE_URL": None,
    "STYLES": [_styles],
    # On the dark ground Unfold's own is too dark for small letters.
    "COLORS": {"primary": {"500": "oklch(68% .22 304.7)"}},
    "DASHBOARD_CALLBACK": "config.screens.home",
    "ACCOUNT": {"navigation": [{"title": gettext_lazy("Your account"), "link": reverse_lazy("account")}]},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": navigation},
}
