"""Addresses of the contacts. They name members, follow-ups, offers and hand-offs by public ids, never by numbers."""

from django.urls import path

from channels.contacts.views import deeds, follow_ups, member, start

urlpatterns = [
    path("", start.start, name="contacts"),
    path("work/", start.part, name="contacts-work"),
    path("more/", start.more, name="contacts-more"),
    path("live/", start.ask_live, name="contacts-live"),
    path("search/", start.find, name="contacts-search"),
    path("follow-ups/<uuid:follow_up>/", follow_ups.page, name="contacts-follow-up"),
    path("follow-ups/<uuid:follow_up>/state/", follow_ups.state, name="contacts-follow-up-state"),
    path("follow-ups/<uuid:follow_up>/live/", follow_ups.ask_live, name="contacts-follow-up-live"),
    path("follow-ups/<uuid:follow_up>/take/", follow_ups.take, name="contacts-take"),
    path("follow-ups/<uuid:follow_up>/give-back/", follow_ups.give_back, name="contacts-give-back"),
    path("follow-ups/<uuid:follow_up>/hand-over/", deeds.hand_over_from, name="contacts-hand-over-from"),
    path("members/<uuid:member>/", member.page, name="contacts-member"),
    path("members/<uuid:member>/present/", member.present, name="contacts-member-present"),
    path("members/<uuid:member>/history/", member.past, name="contacts-history"),
    path("members/<uuid:member>/live/", member.ask_live, name="contacts-member-live"),
    path("members/<uuid:member>/call/", deeds.call, name="contacts-call"),
    path("members/<uuid:member>/note/", deeds.note, name="contacts-note"),
    path("members/<uuid:member>/consent/", deeds.consent, name="contacts-consent"),
    path("members/<uuid:member>/write/", deeds.write, name="contacts-write"),
    path("members/<uuid:member>/hand-over/", deeds.hand_over, name="contacts-hand-over"),
    path("members/<uuid:member>/offers/<uuid:grant>/send/", deeds.send_offer, name="contacts-send-offer"),
    path("messages/<uuid:message>/mail/", member.mail, name="contacts-mail"),
    path("hand-offs/<uuid:hand_off>/seen/", start.note_seen, name="contacts-seen"),
    path("hand-offs/<uuid:hand_off>/call-off/", deeds.call_off, name="contacts-call-off"),
]
