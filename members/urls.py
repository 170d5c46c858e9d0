"""Addresses of everybody who works with Chorale: the start, signing in and out."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from members.views.home import alarms, card
from members.views.signing_in import SignIn, start

urlpatterns = [
    path("", start, name="start"),
    path("home/alarms/", alarms, name="alarms"),
    path("home/<slug:key>/", card, name="card"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
