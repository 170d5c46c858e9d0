"""Reading what was sent: strictly, in one walk, with a sentence for each field that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers

from members.api.fields import Strict, Wrong

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHOWN = 60  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: its path, such as lines[0].sku, and a sentence."""

    field: str
    sentence: str


class Refused(ValueError):
    """What was sent cannot be read; `faults` say why, one a field."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("refused")
        self.faults = tuple(faults)


class Shape(serializers.Serializer[Any]):
    """What a call may send: its fields are those of `fields`, other shapes, or lists of them; no others are taken.

    `make` turns the values, by field, into what reading returns; without it they are returned as they are.
    """

    make: ClassVar[Callable[..., Any] | None] = None


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    read: Callable[[Any], Any]
    read_text: Callable[[str], Any]
    required: bool
    right: StrOrPromise


@dataclass(frozen=True, slots=True)
class Reader:
    """A shape made ready for reading."""

    parts: tuple[_Part, ...]
    make: Callable[..., Any] | None = None
    elsewhere: tuple[str, ...] = ()  # fields of the shape that somebody else reads

    def read(self, sent: object) -> Any:
        """Return what a JSON object makes, by default its values by field; what was left out is left out.

        Raises Refused.
        """
        if type(sent) is not dict:
            sentence = _("This is no JSON object; write one with the fields %(names)s.")
            raise Refused([Fault("", sentence % self._names())])
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for part in self.parts:
            if part.name in sent:
                try:
                    values[part.name] = part.read(sent[part.name])
                except Wrong:
                    faults.append(_wrong(part, sent[part.name]))
                except Refused as error:
                    faults += [Fault(_inside(part.name, fault.field), fault.sentence) for fault in error.faults]
            elif part.required:
                faults.append(_missing(part))
        if faults or len(values) != len(sent):
            self._refuse(sent, faults)
        return self.make(**values) if self.make else values

    def without(self, name: str) -> Reader:
        """Return a reader of the same shape that does not know one of its fields."""
        return Reader(tuple(part for part in self.parts if part.name != name), elsewhere=(name,))

    def read_query(self, sent: QueryDict) -> dict[str, Any]:
        """Return the values of a query by field. Raises Refused, also for a field that is given twice."""
        values: dict[str, Any] = {}
        faults = [_twice(name) for name, given in sent.lists() if len(given) > 1]
        for part in self.parts:
            text = sent.get(part.name)
            if isinstance(text, str):
                try:
                    values[part.name] = part.read_text(text)
                except Wrong:
                    faults.append(_wrong(part, text))
            elif part.required:
                faults.append(_missing(part))
        if faults or len(values) != len(sent):
            self._refuse(sent, faults)
        return values

    def _refuse(self, sent: Mapping[str, Any], faults: list[Fault]) -> None:
        known = {part.name for part in self.parts}
        sentence = _("There is no field “%(name)s”; known are %(names)s.")
        unknown = [_shown(name) for name in sent if name not in known]
        raise Refused([*faults, *(Fault(name, sentence % {"name": name, **self._names()}) for name in unknown)])

    def _names(self) -> dict[str, str]:
        names = (*self.elsewhere, *(part.name for part in self.parts))
        return {"names": ", ".join(names) or _("none")}


@lru_cache(maxsize=256)
def reader(shape: type[Shape]) -> Reader:
    """Return the reader of a shape."""
    return Reader(tuple(_part(name, field) for name, field in shape().fields.items()), shape.make)


def _part(name: str, field: Any) -> _Part:
    if isinstance(field, Strict):
        return _Part(name, field.read, field.read_text, field.required, field.right)
    if isinstance(field, serializers.ListField) and isinstance(field.child, Shape):
        return _list(name, field, reader(type(field.child)).read)
    if isinstance(field, serializers.ListField) and isinstance(field.child, Strict):
        return _list(name, field, field.child.read, field.child.right)
    if isinstance(field, Shape):
        return _Part(name, reader(type(field)).read, _no_text, field.required, "")
    raise TypeError(f"{name} is no field that is read strictly.")


def _list(name: str, field: Any, read: Callable[[Any], Any], right: StrOrPromise = "") -> _Part:
    most = field.max_length

    def items(value: Any) -> list[Any]:
        if type(value) is not list or len(value) > most:
            raise Wrong
        try:
            return [read(item) for item in value]
        except (Wrong, Refused):
            raise Refused(_faults_of(value, read, right)) from None

    says = _("write a list of at most %(most)d") % {"most": most}
    return _Part(name, items, _no_text, field.required, says)


def _faults_of(value: list[Any], read: Callable[[Any], Any], right: StrOrPromise) -> Iterable[Fault]:
    for place, item in enumerate(value):
        try:
            read(item)
        except Wrong:
            yield Fault(f"[{place}]", _("[%(place)d] is %(value)s; %(right)s.") % _says(place, item, right))
        except Refused as error:
            yield from (Fault(f"[{place}].{fault.field}".rstrip("."), fault.sentence) for fault in error.faults)


def _says(place: int, item: object, right: StrOrPromise) -> dict[str, Any]:
    return {"place": place, "value": _shown(item), "right": right}


def _no_text(_text: str) -> Any:
    raise Wrong


def _inside(name: str, path: str) -> str:
    return f"{name}{path}" if path.startswith("[") or not path else f"{name}.{path}"


def _wrong(part: _Part, value: object) -> Fault:
    told = {"name": part.name, "value": _shown(value), "right": part.right}
    return Fault(part.name, _("“%(name)s” is %(value)s; %(right)s.") % told)


def _missing(part: _Part) -> Fault:
    told = {"name": part.name, "right": part.right}
    return Fault(
        part.name, _("“%(name)s” is missing; %(right)s.") % told if part.right else _("“%(name)s” is missing.") % told
    )


def _twice(name: str) -> Fault:
    return Fault(_shown(name), _("“%(name)s” is given twice; give it once.") % {"name": _shown(name)})


def _shown(value: object) -> str:
    """Return a value as a sentence can hold it: short, printable, a long list or object by its kind alone."""
    if isinstance(value, dict | list):
        return _("an object") if isinstance(value, dict) else _("a list of %(size)d") % {"size": len(value)}
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > 10**30:
        return _("a number of more than 30 digits")
    text = str(value)[: SHOWN + 1]
    text = text if text.isprintable() else ascii(text)[1:-1]
    return f"{text[:SHOWN]}…" if len(text) > SHOWN else text
