"""Mappings: where those who stand at a step go, by step key. What is wrong with one is told in a sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.definition.errors import nearest, shown
from journeys.models import Journey, Step

# No step can be called so: keys hold no colon, and no asterisk.
STAY = ":stay"  # on their version
SAME = ":same"  # to the step of the same key
END = ":end"  # they leave the journey
OTHERS = "*"  # whoever stands at a step that the mapping does not name


class BadMapping(Exception):
    """A mapping cannot be followed; the message is one sentence that names the step."""


def resolved(
    mapping: Mapping[str, str], standing: Mapping[str, int], steps: Collection[str], journey: Journey
) -> Mapping[str, str]:
    """Return where those go who stand at a step of any version: STAY, END, or the key of a step of the new version.

    `standing` says how many stand at each step, `steps` are the keys of the new version. Whom the mapping does not name
    stays, unless it says otherwise under OTHERS. Raises BadMapping.
    """
    known = set(Step.objects.filter(version__journey=journey).values_list("key", flat=True)) | set(standing)
    _check(mapping, known)
    others = mapping.get(OTHERS, STAY)
    for key, count in standing.items():
        if key not in mapping and others == SAME and key not in steps:
            raise BadMapping(_lost(key, count))
    return {key: _target(key, mapping.get(key), others, steps) for key in sorted(known)}


def _check(mapping: Mapping[str, str], known: Collection[str]) -> None:
    for key in mapping:
        if key != OTHERS and key not in known:
            sentence = _("No version of this journey has a step `{key}` to map; {hint}")
            raise BadMapping(sentence.format(key=shown(key), hint=nearest(key, sorted({*known, OTHERS}))))
    if mapping.get(OTHERS, STAY) not in (STAY, SAME, END):
        sentence = _("`*` must be `:stay`, `:same` or `:end`; map single steps by their keys. It is `{value}`.")
        raise BadMapping(sentence.format(value=shown(mapping[OTHERS])))


def _lost(key: str, count: int) -> str:
    sentence = ngettext(
        "{count} member stands at `{key}`, which the new version does not have; "
        "map it to another step, to `:stay` or to `:end`.",
        "{count} members stand at `{key}`, which the new version does not have; "
        "map it to another step, to `:stay` or to `:end`.",
        count,
    )
    return sentence.format(key=key, count=count)


def _target(key: str, named: str | None, others: str, steps: Collection[str]) -> str:
    wanted = named or others
    target = key if wanted == SAME else wanted
    if target in (STAY, END) or target in steps:
        return target
    if named is None:
        return STAY  # nobody stands there now; whoever comes there meanwhile is not lost
    sentence = _("`{key}` is mapped to `{target}`, which is no step of the new version; {hint}")
    raise BadMapping(sentence.format(key=key, target=shown(target), hint=nearest(target, [*steps, STAY, SAME, END])))
