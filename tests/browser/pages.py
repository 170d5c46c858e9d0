"""Every page of the house: whatever the project's addresses lead to, filled in with things that are there.

A new address is walked without anybody's help; one with an argument that is unknown here fails the tests, which say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from channels.addresses import sample_unsubscribe_url, unsubscribe_url
from channels.models import FollowUp, HandOff, Message
from content.models import Grant
from content.offers import addresses
from members import home
from tests.browser.house import clara

AREAS = ("members", "content", "channels", "journeys", "frame", "doors")
# Whose page it is, by how its address begins; nobody is signed in for all others.
VISITORS = {
    "admin": "administrator",
    "counter": "clerk",
    "contacts": "rep",
    "account": "clerk",
    "home": "marketer",
    "api": "administrator",
}
# Pages that look the same for every model are walked for one.
ALIKE = {"history": "members.segment", "delete": "channels.team"}
# Which one of many shows the most.
BEST: Mapping[str, Mapping[str, Any]] = {
    "members.user": {"username": "rep"},
    "content.content": {"key": "come-back-offer"},
    "content.grant": {"state": "live"},
    "channels.message": {"channel": "email", "state": "delivered"},
    "channels.followup": {"state": "open"},
    "journeys.journey": {"key": "win-back"},
    "journeys.version": {"journey__key": "win-back"},
    "journeys.enrollment": {"state": "live"},
}
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Stop:
    """A page of the walk: the address, and who opens it."""

    address: str
    who: str

    def __str__(self) -> str:
        return f"{self.address} as {self.who or 'nobody'}"


def walk(area: str) -> Iterator[Stop]:
    """Yield what there is to open in an area."""
    for pattern, name in _patterns(get_resolver()):
        if _area(pattern) == area:
            for address in _filled(pattern, name):
                yield Stop(f"/{address}", VISITORS.get(pattern.split("/")[0], ""))
    if area == "frame":
        yield from (Stop(f"/admin/{label}/", "administrator") for label in ("members", "nowhere"))
        yield from (Stop("/admin/", who) for who in ("marketer", "rep"))


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and pattern.name and "(?P" not in str(pattern.pattern):
            yield before + str(pattern.pattern), pattern.name


def _area(pattern: str) -> str:
    door, _, rest = pattern.partition("/")
    app = rest.partition("/")[0]
    if door != "admin":
        return "doors"
    return app if app in AREAS else "frame"


def _filled(pattern: str, name: str) -> Iterator[str]:
    """Yield the address of a pattern with arguments; several where it stands for several pages, none where for none."""
    parts = pattern.split("/")
    if parts[0] == "admin" and _ARGUMENT.search(pattern):
        if parts[1] == "r":  # leads on to objects that have addresses elsewhere
            return
        model = apps.get_model(parts[1], parts[2])
        same = ALIKE.get(parts[-2])
        if same is None or model._meta.label_lower == same:
            yield _ARGUMENT.sub(quote(str(_best(model).pk)), pattern)
        return
    if name == "card":
        yield from (pattern.replace("<slug:key>", key) for key in home._cards)
        return
    known = {**_known(), **_tokens().get(name, {})}
    yield _ARGUMENT.sub(lambda found: _value(known, found[1], pattern), pattern)


def _best(model: type[Model]) -> Model:
    if model._meta.label_lower == "members.member":
        return clara()
    found = model._default_manager.filter(**BEST.get(model._meta.label_lower, {})).order_by("pk").first()
    assert found is not None, f"The house of these tests lacks a {model._meta.label}, whose page is to be looked at."
    assert model in admin.site._registry
    return found


def _value(known: Mapping[str, str], argument: str, pattern: str) -> str:
    assert argument in known, f"{pattern}: say in tests/browser/pages.py what <{argument}> may be."
    return known[argument]


def _known() -> dict[str, str]:
    member = clara()
    grant = Grant.objects.filter(member=member, state=Grant.State.LIVE).order_by("pk")[0]
    return {
        "member": str(member.public_id),
        "grant": str(grant.public_id),
        "hand_off": str(HandOff.objects.order_by("pk")[0].public_id),
        "how": "done",
        "follow_up": str(FollowUp.objects.get(member=member).public_id),
        "message": str(Message.objects.filter(member=member, channel="email")[0].public_id),
    }


def _tokens() -> Mapping[str, Mapping[str, str]]:
    """Return tokens by the name of the address that they stand in; a link in a message leads out of the house."""
    grant = addresses.page_url(Grant.objects.filter(state=Grant.State.LIVE).order_by("pk")[0].public_id)
    stop = unsubscribe_url(str(Message.objects.filter(channel="email", state="delivered")[0].public_id))
    last: Callable[[str], str] = lambda url: url.rstrip("/").rpartition("/")[2]  # noqa: E731
    return {
        "grant-page": {"token": last(grant)},
        "grant-code": {"token": last(grant)},
        "unsubscribe": {"token": last(stop)},
        "link": {"token": last(sample_unsubscribe_url())},
        "hook": {"token": "nobody"},
    }
