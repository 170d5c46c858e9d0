"""Addresses of the API about messages, follow-ups, hand-offs, limits and subscriptions."""

from django.urls import path

from channels.api import declining, follow_ups, hand_offs, limits, messages, subscriptions

urlpatterns = [
    path("grants/<uuid:public_id>/decline/", declining.Declining.as_view()),
    path("messages/", messages.Messages.as_view()),
    path("messages/<uuid:public_id>/", messages.OneMessage.as_view()),
    path("messages/<uuid:public_id>/why/", messages.WhyMessage.as_view()),
    path("follow-ups/", follow_ups.FollowUps.as_view()),
    path("follow-ups/<uuid:public_id>/", follow_ups.OneFollowUp.as_view()),
    path("follow-ups/<uuid:public_id>/contacts/", follow_ups.Contacts.as_view()),
    path("follow-ups/<uuid:public_id>/hand-off/", follow_ups.HandingOver.as_view()),
    path("hand-offs/", hand_offs.HandOffs.as_view()),
    path("hand-offs/<uuid:public_id>/", hand_offs.OneHandOff.as_view()),
    path("hand-offs/<uuid:public_id>/end/", hand_offs.Ending.as_view()),
    path("pressure-policies/", limits.Policies.as_view()),
    path("pressure-policies/<int:number>/", limits.OnePolicy.as_view()),
    path("quiet-hours/", limits.AllHours.as_view()),
    path("quiet-hours/<int:number>/", limits.OneHours.as_view()),
    path("subscriptions/", subscriptions.Subscriptions.as_view()),
    path("subscriptions/<uuid:public_id>/", subscriptions.OneSubscription.as_view()),
    path("subscriptions/<uuid:public_id>/secret/", subscriptions.DrawingSecret.as_view()),
    path("subscriptions/<uuid:public_id>/retire-secret/", subscriptions.RetiringSecret.as_view()),
    path("subscriptions/<uuid:public_id>/try/", subscriptions.Trying.as_view()),
]
