"""Addresses of the counter. A member's carries the public id, never a number that could be counted up."""

from django.urls import path

from channels.counter.views import deeds, hand_offs, member, start

_MEMBER = "members/<uuid:member>/"
_GRANT = f"{_MEMBER}offers/<uuid:grant>/"

urlpatterns = [
    path("", start.start, name="counter"),
    path("find/", start.find, name="counter-find"),
    path("store/", start.choose, name="counter-store"),
    path("expected/", start.expected, name="counter-expected"),
    path("live/", start.live_list, name="counter-live-list"),
    path("hand-offs/<uuid:hand_off>/<slug:how>/", hand_offs.end, name="counter-hand-off"),
    path(_MEMBER, member.member_page, name="counter-member"),
    path(f"{_MEMBER}live/", member.member_live, name="counter-live"),
    path(f"{_MEMBER}present/", member.member_present, name="counter-present"),
    path(f"{_MEMBER}care/", member.member_care, name="counter-care"),
    path(f"{_GRANT}redeem/", deeds.redeem, name="counter-redeem"),
    path(f"{_GRANT}undo/", deeds.undo, name="counter-undo"),
    path(f"{_GRANT}decline/", deeds.decline, name="counter-decline"),
    path(f"{_MEMBER}call/", deeds.call, name="counter-call"),
    path(f"{_MEMBER}phone/", deeds.phone, name="counter-phone"),
    path(f"{_MEMBER}consent/", deeds.consent, name="counter-consent"),
]
