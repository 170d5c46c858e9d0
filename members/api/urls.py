"""Addresses of the API about members; those of upper layers stand beside them, in `config.urls`."""

from django.urls import path

from members.api.facts import Consents, Events, Points, Purchases
from members.api.members import Members

urlpatterns = [
    path("members/", Members.as_view()),
    path("events/", Events.as_view()),
    path("purchases/", Purchases.as_view()),
    path("points/", Points.as_view()),
    path("consents/", Consents.as_view()),
]
