"""Addresses of the API about offers."""

from django.urls import path

from content.api import grants

urlpatterns = [
    path("members/<uuid:public_id>/offers/", grants.MemberOffers.as_view()),
    path("grants/", grants.Grants.as_view()),
    path("grants/<uuid:public_id>/", grants.OneGrant.as_view()),
    path("grants/<uuid:public_id>/undo/", grants.Undoing.as_view()),
    path("redemptions/", grants.Redemptions.as_view()),
]
