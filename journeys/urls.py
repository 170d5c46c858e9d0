"""Addresses of screens about journeys outside of the admin."""

from django.urls import path

from journeys import views

urlpatterns = [
    path("contacts/members/<uuid:member>/why/", views.why, name="contacts-why"),
]
