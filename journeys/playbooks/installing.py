"""Installing a playbook: everything it needs, or nothing; what is there by its key already stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from channels.models import Team
from content.models import Content, Offer, Variant
from journeys import drafts
from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.models import Journey
from journeys.playbooks.library import Playbook
from members import segments
from members.models import Segment
from members.rules import BadRule

Row = TypeVar("Row", bound=models.Model)


@dataclass
class Installed:
    """What an installation did: the journey, and the keys of what was made and of what was kept, as `offer ten-off`."""

    journey: Journey
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """What an installation would do: the journey if it is there already, and in words what is made and what is kept."""

    journey: Journey | None
    makes: list[str] = field(default_factory=list)
    keeps: list[str] = field(default_factory=list)


@transaction.atomic
def install(playbook: Playbook) -> Installed:
    """Make the playbook's segments, offers, teams, contents and the draft of its journey.

    What exists by its key is a marketer's work and stays, the journey's draft too. Raises BadDefinition with the place.
    """
    done = Installed(Journey())
    _each(playbook.offers, "offers", _offer, done)
    _each(playbook.teams, "teams", _team, done)
    _each(playbook.contents, "contents", _content, done)
    _each(playbook.segments, "segments", _segment, done)  # their rules may speak of the offers
    done.journey = _journey(playbook.journey, done)
    return done


def planned(playbooks: Iterable[Playbook]) -> Mapping[str, Plan]:
    """Return what installing each playbook would make and what it would keep, by the keys of the playbooks."""
    listed = list(playbooks)
    known = {
        place: _known(rows, [part for one in listed for part in getattr(one, place)]) for place, rows in _KNOWN.items()
    }
    journeys = Journey.objects.in_bulk([one.journey.get("key") for one in listed], field_name="key")
    return {one.key: _plan(one, known, journeys.get(one.journey.get("key"))) for one in listed}


def _known(rows: models.Manager[Any], parts: Iterable[Mapping[str, Any]]) -> Collection[object]:
    return set(rows.filter(key__in=[part.get("key") for part in parts]).values_list("key", flat=True))


def _plan(playbook: Playbook, known: Mapping[str, Collection[object]], journey: Journey | None) -> Plan:
    plan = Plan(journey)
    for place, words in _WORDS.items():
        for part in getattr(playbook, place):
            kept = part.get("key") in known[place]
            (plan.keeps if kept else plan.makes).append(f"{words} “{part.get('name')}”")
    return plan


_Make = Callable[[Mapping[str, Any], str], None]
_KNOWN: Mapping[str, models.Manager[Any]] = {
    "segments": Segment.objects,
    "offers": Offer.objects,
    "teams": Team.objects,
    "contents": Content.objects,
}
_WORDS = {"segments": _lazy("segment"), "offers": _lazy("offer"), "teams": _lazy("team"), "contents": _lazy("content")}
# What a playbook can say of each part, in the order in which it is written.
SEGMENT = ("key", "name", "description", "rule")
OFFER = ("key", "name", "slot", "terms", "sku", "category", "price", "usual_price", "currency", "valid_days")
TEAM = ("key", "name", "daily_capacity")
CONTENT = ("key", "name", "purpose", "variants")
VARIANT = ("channel", "language", "subject", "mjml", "text")


def _each(parts: Sequence[Mapping[str, Any]], place: str, make: _Make, done: Installed) -> None:
    for number, part in enumerate(parts):
        inner = f"{place}[{number}]"
        key = fields.slug(fields.needed(part, "key", inner), fields.at(inner, "key"))
        name = f"{place[:-1]} {key}"
        if _KNOWN[place].filter(key=key).exists():
            done.kept.append(name)
        else:
            make(part, inner)
            done.made.append(name)


def _segment(part: Mapping[str, Any], place: str) -> None:
    fields.rule(fields.needed(part, "rule", place), fields.at(place, "rule"))
    try:
        segments.save(_whole(Segment, part, SEGMENT, place))
    except BadRule as error:
        raise BadDefinition(f"{place}.rule", str(error)) from error


def _offer(part: Mapping[str, Any], place: str) -> None:
    _whole(Offer, {"currency": settings.CHORALE_CURRENCY, **part}, OFFER, place).save()


def _team(part: Mapping[str, Any], place: str) -> None:
    _whole(Team, part, TEAM, place).save()


def _content(part: Mapping[str, Any], place: str) -> None:
    variants = fields.items(fields.needed(part, "variants", place), f"{place}.variants", _("variants"))
    fields.only(part, CONTENT, place)
    content = _whole(Content, {name: part[name] for name in part if name != "variants"}, CONTENT, place)
    content.save()
    for number, item in enumerate(variants):
        inner = f"{place}.variants[{number}]"
        _whole(Variant, fields.mapping(item, inner, _("A variant")), VARIANT, inner, content=content).save()


def _journey(definition: Mapping[str, Any], done: Installed) -> Journey:
    key = definition.get("key")
    journey = Journey.objects.filter(key=key).first() if isinstance(key, str) else None
    if journey is None:
        journey, _new = drafts.save(definition)
        done.made.append(f"journey {journey.key}")
    else:
        done.kept.append(f"journey {journey.key}")
    return journey


def _whole(model: type[Row], values: Mapping[str, Any], names: Sequence[str], place: str, **more: Any) -> Row:
    """Return an unsaved row whose fields are valid."""
    fields.only(values, names, place)
    for name, value in values.items():
        if isinstance(value, list | dict | None) and name != "rule":
            raise BadDefinition(fields.at(place, name), _("this must be a text, a number, `true` or `false`."))
    row = model(**values, **more)
    try:
        row.full_clean()
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise BadDefinition(fields.at(place, name), sentences[0]) from error
    return row
