"""The facts that let members in or wake them: purchases, changes of points, and events by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from members.rules import BadRule, which
from members.rules.given import Given
from members.rules.which import Which

FACTS = which.TOPICS


def check_fact(fact: Mapping[str, Any], place: str) -> str:
    """Return a fact's topic; an event is told by its name, and nothing else has one."""
    topic = fields.chosen(fields.needed(fact, "topic", place), fields.at(place, "topic"), FACTS)
    if topic == "event":
        fields.text(fields.needed(fact, "name", place), fields.at(place, "name"), 64)
    elif "name" in fact:
        raise BadDefinition(fields.at(place, "name"), _("only events have a name; remove it or use `topic: event`."))
    return topic


def check_conditions(value: object, place: str) -> str:
    """Return the topic of a fact that is named with conditions: a mapping of `topic`, `name`, `key` and `where`."""
    fact = fields.mapping(value, place, _("A fact"))
    fields.only(fact, ("topic", "name", "key", "where"), place)
    topic = check_fact(fact, place)
    check_key(fact, topic, place)
    meant(fact, place)
    return topic


def check_key(fact: Mapping[str, Any], topic: str, place: str) -> None:
    """Refuse a key that is no name of a property, or where a fact has no properties."""
    if "key" in fact:
        fields.text(fact["key"], fields.at(place, "key"), 64)
        if topic != "event":
            sentence = _("only events have properties to tell entries apart by; remove the key or use `topic: event`.")
            raise BadDefinition(fields.at(place, "key"), sentence)


def meant(fact: Mapping[str, Any], place: str) -> Which | None:
    """Return which facts of its topic are meant, by `where`; None where that is all of them. Raises BadDefinition."""
    given = {name: fact[name] for name in ("where",) if name in fact}
    try:
        return which.read(fact["topic"], Given(given, place, ("where",)))
    except BadRule as error:
        raise fields.of_rule(error) from error


def news_topic(fact: Mapping[str, Any]) -> str:
    """Return the topic of news that tells of a fact."""
    return f"event:{fact['name']}" if fact["topic"] == "event" else str(fact["topic"])


def in_words(fact: Mapping[str, Any]) -> str:
    """Return a fact as people name it, to stand inside a sentence."""
    asked = meant(fact, "fact") if "where" in fact else None
    said, where = _named(fact), asked.words() if asked else ""
    return f"{said} ({where})" if where else said


def of_entry_in_words(fact: Mapping[str, Any]) -> str:
    """Return a fact that may have to be about what the entry is about, as people name it."""
    said = {"fact": in_words(fact), "key": fact.get("key", "")}
    return _("%(fact)s with the same “%(key)s”") % said if "key" in fact else said["fact"]


def _named(fact: Mapping[str, Any]) -> str:
    if fact["topic"] == "event":
        return _("“%(name)s”") % {"name": fact["name"]}
    return _("a purchase") if fact["topic"] == "purchase" else _("a change of points")
