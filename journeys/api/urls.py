"""Addresses of the API about journeys."""

from django.urls import path

from journeys.api import journeys, publishing, why

urlpatterns = [
    path("members/<uuid:public_id>/why/", why.Why.as_view()),
    path("journeys/", journeys.Journeys.as_view()),
    path("journeys/<slug:key>/", journeys.OneJourney.as_view()),
    path("journeys/<slug:key>/draft/", journeys.Draft.as_view()),
    path("journeys/<slug:key>/plan/", publishing.Planning.as_view()),
    path("journeys/<slug:key>/publish/", publishing.Publishing.as_view()),
    path("journeys/<slug:key>/release/", publishing.Releasing.as_view()),
    path("journeys/<slug:key>/pause/", journeys.Pausing.as_view()),
    path("journeys/<slug:key>/resume/", journeys.Resuming.as_view()),
    path("journeys/<slug:key>/stop/", journeys.Stopping.as_view()),
    path("journeys/<slug:key>/steps/<slug:step>/reopen/", journeys.Reopening.as_view()),
    path("journeys/<slug:key>/entries/", journeys.Entries.as_view()),
    path("journeys/<slug:key>/messages/", journeys.MessagesOfJourney.as_view()),
]
