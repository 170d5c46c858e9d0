"""Addresses of the API about members; those of upper layers stand beside them, in `config.urls`."""

from django.urls import path

from members.api import facts, members, segments

urlpatterns = [
    path("members/", members.Members.as_view()),
    path("members/<uuid:public_id>/", members.OneMember.as_view()),
    path("members/<uuid:public_id>/consents/", members.Consents.as_view()),
    path("members/<uuid:public_id>/timeline/", members.Timeline.as_view()),
    path("events/", facts.Events.as_view()),
    path("purchases/", facts.Purchases.as_view()),
    path("points/", facts.Points.as_view()),
    path("consents/", facts.Consents.as_view()),
    path("segments/", segments.Segments.as_view()),
    path("rules/count/", segments.CountRule.as_view()),
    path("segments/<slug:key>/", segments.OneSegment.as_view()),
    path("segments/<slug:key>/count/", segments.CountSegment.as_view()),
    path("segments/<slug:key>/members/", segments.SegmentMembers.as_view()),
]
