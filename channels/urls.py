"""Addresses that carriers and members call."""

from django.urls import include, path

from channels.views.grants import grant_code, grant_page
from channels.views.hooks import hook
from channels.views.links import follow
from channels.views.unsubscribe import unsubscribe

urlpatterns = [
    path("contacts/", include("channels.contacts.urls")),
    path("counter/", include("channels.counter.urls")),
    path("hooks/<str:token>/", hook, name="hook"),
    path("l/<str:token>", follow, name="link"),
    path("o/<str:token>/", grant_page, name="grant-page"),
    path("o/<str:token>/code.png", grant_code, name="grant-code"),
    path("u/<str:token>", unsubscribe, name="unsubscribe"),
]
