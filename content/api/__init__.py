"""The API of offers: what a member was promised, and what becomes of it."""

from django.utils.translation import gettext_lazy as _

from members.scopes import Scope

SCOPES = (
    Scope("offers:read", _("See what members were promised"), ("content.view_grant",)),
    Scope("offers:redeem", _("Redeem offers, undo that, and note that one is not wanted"), ("content.add_redemption",)),
)
