"""What members themselves know about a member, as panels of the member's page."""

from django.utils.translation import gettext_lazy as _

from members.overview import allowed, facts, groups, profile, timeline
from members.panels import Panel

PANELS = (
    Panel("profile", _("Identity and standing"), 10, "members/panels/profile.html", profile.load),
    Panel("consents", _("Addresses and consents"), 20, "members/panels/allowed.html", allowed.load),
    Panel("groups", _("Segments and tags"), 30, "members/panels/groups.html", groups.load),
    Panel(
        "timeline",
        _("Timeline"),
        50,
        "members/panels/timeline.html",
        timeline.load,
        permission="members.view_touchpoint",
        wide=True,
    ),
    Panel("facts", _("Facts"), 60, "members/panels/facts.html", facts.load, "members.view_purchase", wide=True),
)
