"""Addresses of everybody who works with Chorale: the start, signing in and out."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from members.views.account import Password, account, another, recovery_codes, remove
from members.views.home import alarms, card
from members.views.signing_in import SignIn, code, set_up, start

urlpatterns = [
    path("", start, name="start"),
    path("home/alarms/", alarms, name="alarms"),
    path("home/<slug:key>/", card, name="card"),
    path("login/", SignIn.as_view(), name="login"),
    path("login/code/", code, name="second-factor-code"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account, name="account"),
    path("account/password/", login_required(Password.as_view()), name="password"),
    path("account/second-factor/", set_up, name="second-factor-set-up"),
    path("account/second-factor/codes/", recovery_codes, name="recovery-codes"),
    path("account/second-factor/another/", another, name="second-factor-another"),
    path("account/second-factor/remove/", remove, name="second-factor-remove"),
]
