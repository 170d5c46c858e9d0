"""The API: what all its endpoints have in common, and those about members. Views translate, make one call, and back."""

from django.utils.translation import gettext_lazy as _

from members.scopes import Scope

SCOPES = (
    Scope(
        "members:read",
        _("Find members, and see their profile and standing"),
        ("members.view_member", "members.view_identity", "members.view_standing"),
    ),
    Scope("members:write", _("Add and change members"), ("members.add_member", "members.change_member")),
    Scope(
        "facts:write",
        _("Record events, purchases and points"),
        ("members.add_event", "members.add_purchase", "members.add_pointsentry"),
    ),
    Scope("consents:read", _("See what members allow"), ("members.view_consent",)),
    Scope("consents:write", _("Record what members allow"), ("members.add_consent",)),
    Scope("timeline:read", _("See every contact with a member"), ("members.view_touchpoint",)),
    Scope("segments:read", _("List and count segments"), ("members.view_segment",)),
    Scope("segments:export", _("Read the members of segments"), ("members.view_segment", "members.export_member")),
)
