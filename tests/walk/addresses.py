"""Every address that Chorale answers, as the resolver knows it, filled in with what is there or with guesses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.walk.there import There, first

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
_OBJECT = re.compile(r"^admin/(\w+)/(\w+)/")
# What somebody might guess, by the converter of a pattern: of the same form, about nothing that is there.
GUESSES: dict[str, tuple[object, ...]] = {
    "uuid": (UUID(int=0xC0DE),),
    "slug": ("nowhere",),
    "int": (2**40,),
    "path": (2**40, "%00"),
    "": (2**40, "x" * 300, "%00"),
}


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver. `methods` are those that a view of the API declares, GET and POST otherwise."""

    pattern: str
    methods: tuple[str, ...]
    view: Any

    def filled(self, there: There) -> str:
        """Return the path to what is there."""
        return self._with(lambda _kind, name: self._value(name, there))

    def said(self, there: There) -> dict[str, str]:
        """Return what is sent to it."""
        return there.said[max((key for key in there.said if self.pattern.startswith(key)), key=len)]

    def guessed(self) -> list[str]:
        """Return paths that somebody might guess."""
        kinds = [found[1] or "" for found in _ARGUMENT.finditer(self.pattern)]
        rounds = max((len(_guesses(kind)) for kind in kinds), default=0)
        return [self._with(partial(_guess, at)) for at in range(rounds)]

    def _with(self, value: Callable[[str, str], object]) -> str:
        text = _ARGUMENT.sub(lambda found: str(value(found[1] or "", found[2] or found[3])), self.pattern)
        return "/" + text.replace("^", "").replace("$", "").replace("\\Z", "")

    def _value(self, name: str, there: There) -> object:
        known = [key for key in there.named if self._is_about(key, name)]
        if known:
            return there.named[max(known, key=len)]
        found = _OBJECT.match(self.pattern)
        assert found, f"tests/walk/there.py does not say yet what <{name}> of {self.pattern} is"
        model = apps.get_model(found[1], found[2])
        thing = there.of.get(model._meta.label_lower) or first(model)
        assert thing is not None, f"tests/walk/there.py makes no {model._meta.label_lower} yet"
        return thing.pk

    def _is_about(self, key: str, name: str) -> bool:
        beginning, _blank, argument = key.rpartition(" ")
        return argument == name and self.pattern.startswith(beginning)


def every() -> list[Address]:
    """Return all addresses, each pattern once, in the order of the resolver."""
    found: dict[str, Address] = {}
    for pattern, one in _walk(get_resolver(), ""):
        view = getattr(one.callback, "cls", None)
        found.setdefault(pattern, Address(pattern, _methods(view), view))
    return list(found.values())


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        pattern = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one, pattern)
        else:
            yield pattern, one


def _methods(view: Any) -> tuple[str, ...]:
    """Return what a view of the API declares; a page is looked at and posted."""
    declared = tuple(method for method in ALL_METHODS if hasattr(view, method.lower()))
    return declared if view and declared else ("GET", "POST")


def _guess(at: int, kind: str, _name: str) -> object:
    return _guesses(kind)[at % len(_guesses(kind))]


def _guesses(kind: str) -> tuple[object, ...]:
    return GUESSES.get(kind, GUESSES[""])
