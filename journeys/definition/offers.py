"""Which offer a message speaks of: the one on the step, else the one granted last on the way to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from content.models import Variant
from content.rendering import BadTemplate, uses_offer
from journeys.definition.errors import BadDefinition, listed
from journeys.definition.graph import Way
from journeys.definition.tree import Placed
from journeys.steps.base import SendingKind

Offers = frozenset[str]


def spoken_of(placed: Sequence[Placed], ways: Sequence[Way]) -> Mapping[str, str]:
    """Return the offer of each sending step that speaks of one, by step key.

    Raises BadDefinition where a content's words need an offer and none is granted before, or more than one may be.
    """
    granted = _granted_before(placed, ways)
    found = {}
    for step in placed:
        if isinstance(step.kind, SendingKind):
            if "offer" in step.text:
                found[step.key] = str(step.text["offer"])
            elif _speaks(step):
                found[step.key] = _the_one(step, granted[step.key])
    return found


def _speaks(step: Placed) -> bool:
    variants = Variant.objects.filter(content__key=step.text["content"]).order_by("pk")
    try:
        return any(uses_offer(variant) for variant in variants)
    except BadTemplate as error:
        sentence = _("the content `{content}` cannot be used: {why}").format(content=step.text["content"], why=error)
        raise BadDefinition(f"{step.place}.content", sentence) from error


def _the_one(step: Placed, offers: Offers) -> str:
    if len(offers) == 1:
        return next(iter(offers))
    place, content = f"{step.place}.content", step.text["content"]
    if offers:
        sentence = _("the content `{content}` speaks of an offer, and {offers} may be granted before; say which.")
        raise BadDefinition(place, sentence.format(content=content, offers=listed(sorted(offers))))
    sentence = _(
        "the content `{content}` speaks of an offer, and none is granted before; "
        "put a grant_offer step before, or name the `offer` here."
    )
    raise BadDefinition(place, sentence.format(content=content))


def _granted_before(placed: Sequence[Placed], ways: Sequence[Way]) -> Mapping[str, Offers]:
    """Return, for each step, the offers that may have been granted last on some way to it."""
    steps = {step.key: step for step in placed}
    before: dict[str, Offers] = {step.key: frozenset() for step in placed}
    changed = True
    while changed:
        changed = False
        for way in ways:
            if way.target is not None:
                merged = before[way.target] | _after(steps[way.source], way, before[way.source], ways)
                changed = changed or merged != before[way.target]
                before[way.target] = merged
    return before


def _after(step: Placed, way: Way, before: Offers, ways: Sequence[Way]) -> Offers:
    """Return what is granted last behind a way out of a step.

    Without a path of its own, `not_granted` meets `granted` at once: the messages that follow mean this offer, and the
    outbox refuses them to whoever does not have it.
    """
    if step.text["kind"] != "grant_offer":
        return before
    apart = way.outcome == "not_granted" and not any(
        other.source == way.source and other.outcome == "granted" and other.target == way.target for other in ways
    )
    return before if apart else frozenset({str(step.text["offer"])})
