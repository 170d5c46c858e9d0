"""Drafts: what marketers work on until they publish it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from journeys import definitions
from journeys.models import Journey
from journeys.vocabulary import JourneyState


@transaction.atomic
def save(definition: Mapping[str, Any]) -> tuple[Journey, bool]:
    """Store a definition as the draft of the journey with its key; return the journey and whether it is new.

    Raises BadDefinition. What is published stays as it is; a journey that never was is named as the draft says.
    """
    checked = definitions.check(definition).definition
    journey = Journey.objects.select_for_update().filter(key=checked["key"]).first()
    new = journey is None
    journey = journey or Journey(key=checked["key"])
    if journey.state == JourneyState.DRAFT:
        journey.name, journey.kind = checked["name"], checked["kind"]
    journey.draft = dict(checked)
    journey.save()
    return journey, new
