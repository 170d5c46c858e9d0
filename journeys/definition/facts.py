"""The facts that let members in or wake them: purchases, changes of points, and events by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition

FACTS = ("purchase", "points", "event")


def check_fact(fact: Mapping[str, Any], place: str) -> str:
    """Return a fact's topic; an event is told by its name, and nothing else has one."""
    topic = fields.chosen(fields.needed(fact, "topic", place), fields.at(place, "topic"), FACTS)
    if topic == "event":
        fields.text(fields.needed(fact, "name", place), fields.at(place, "name"), 64)
    elif "name" in fact:
        raise BadDefinition(fields.at(place, "name"), _("only events have a name; remove it or use `topic: event`."))
    return topic


def news_topic(fact: Mapping[str, Any]) -> str:
    """Return the topic of news that tells of a fact."""
    return f"event:{fact['name']}" if fact["topic"] == "event" else str(fact["topic"])


def in_words(fact: Mapping[str, Any]) -> str:
    """Return a fact as people name it, to stand inside a sentence."""
    if fact["topic"] == "event":
        return _("“%(name)s”") % {"name": fact["name"]}
    return _("a purchase") if fact["topic"] == "purchase" else _("a change of points")
