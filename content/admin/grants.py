"""Grants: promises to single members. They never change; they can be withdrawn."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from content import offers
from content.models import Grant, Redemption
from content.offers import codes
from members import audit_log, clock
from members.admin.base import ReadOnlyAdmin, column, object_action
from members.admin.owned import OwnedAdmin
from members.vocabulary import Deed

COLOURS: dict[str, str] = {
    Grant.State.LIVE: "success",
    Grant.State.REDEEMED: "info",
    Grant.State.WITHDRAWN: "danger",
    Grant.State.DECLINED: "warning",
}


@admin.register(Grant)
class GrantAdmin(OwnedAdmin[Grant], ReadOnlyAdmin[Grant]):
    """Who was promised what, at which price, until when, and what became of it."""

    when_empty = _("Journeys grant offers to members: publish one with a step that does.")
    list_display = ("shown_code", "member", "offer", "amount", "shown_state", "until", "granted_at")
    list_select_related = ("member", "offer")
    list_filter = (("state", ChoicesDropdownFilter), ("offer", RelatedDropdownFilter))
    search_help_text = _("Code of the grant; or member: code, name, phone, e-mail")
    fields = (
        ("shown_code", "became"),
        ("member", "offer"),
        ("amount", "slot"),
        ("since", "until"),
        ("granted_at", "closed_at"),
    )
    readonly_fields = ("shown_code", "became", "amount", "since", "until")
    actions_detail = ("withdraw",)

    def found_by(self, typed: str) -> Q:
        """Find by the code too, as people type it."""
        return super().found_by(typed) | Q(code=codes.normalised(typed))

    @column(_("code"))
    def shown_code(self, grant: Grant) -> str:
        """The code in two groups."""
        return codes.shown(grant.code)

    @column(_("price"))
    def amount(self, grant: Grant) -> str:
        """The price that was promised."""
        return f"{grant.price} {grant.currency}"

    @column(_("state"), labels=COLOURS)
    def shown_state(self, grant: Grant) -> tuple[str, str]:
        """What became of it. One whose time is over says so before anybody has booked it."""
        is_over = grant.state == Grant.State.LIVE and grant.validity.upper <= clock.now()
        state = Grant.State.EXPIRED if is_over else Grant.State(grant.state)
        return state.value, str(state.label)

    @column(_("state"))
    def became(self, grant: Grant) -> str:
        """The same in words alone."""
        return self.shown_state(grant)[1]

    @column(_("valid from"))
    def since(self, grant: Grant) -> str:
        """The first instant at which it holds."""
        return f"{grant.validity.lower:%Y-%m-%d %H:%M} UTC"

    @column(_("valid until"))
    def until(self, grant: Grant) -> str:
        """The instant at which it holds no more."""
        return f"{grant.validity.upper:%Y-%m-%d %H:%M} UTC"

    def has_withdraw_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Taking a promise back is the one change there is."""
        return self.may(request, "change")

    @object_action(_("Withdraw"), permission="withdraw", icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and take the grant back."""
        grant = self.allowed(request, object_id, "change")
        if request.method != "POST":
            return self.page(request, "content/admin/withdraw.html", _now("Withdraw the grant"), {"original": grant})
        names = {"offer": grant.offer, "member": grant.member}
        if not offers.withdraw([grant.pk], clock.now()):
            return self.back(request, _now("%(offer)s for %(member)s was over already.") % names, grant)
        audit_log.note(request, Deed.WITHDRAWN, grant)
        return self.back(request, _now("%(offer)s for %(member)s is withdrawn.") % names, grant)


@admin.register(Redemption)
class RedemptionAdmin(OwnedAdmin[Redemption], ReadOnlyAdmin[Redemption]):
    """Grants taken: by whom, when, where and at which price; and which of them were undone."""

    when_empty = _("Offers are redeemed at the counter, by the API or by a purchase.")
    list_display = ("grant", "member", "offer", "amount", "happened_at", "channel", "store", "who_name", "undone_at")
    list_select_related = ("member", "grant__offer", "store")
    list_filter = (("channel", ChoicesDropdownFilter), ("store", RelatedDropdownFilter))
    fields = (
        ("grant", "member"),
        ("amount", "purchase_id"),
        ("happened_at", "recorded_at"),
        ("channel", "store", "who_name"),
        ("undone_at", "undone_by_name"),
    )
    readonly_fields = ("amount",)

    @column(_("offer"))
    def offer(self, redemption: Redemption) -> str:
        """What was taken."""
        return str(redemption.grant.offer)

    @column(_("price"))
    def amount(self, redemption: Redemption) -> str:
        """At which price."""
        return f"{redemption.price} {redemption.currency}"
