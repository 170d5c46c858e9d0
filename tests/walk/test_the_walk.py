"""A walk through every address as everybody: who gets in is what the table says, and what is refused writes nothing.

`table.py` says who may what, `there.py` what is there and who walks. A new address fails until the table has its line.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from members import clock, scopes, tokens
from tests.walk import table
from tests.walk.addresses import ALL_METHODS, Address, every
from tests.walk.there import DAY, NOBODY, STRANGER, WALKERS, There, furnished, person
from tests.walk.walking import Walker

pytestmark = pytest.mark.timeout(300)
ADDRESSES = every()


@pytest.fixture(scope="module")
def there(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[There]:
    """One of each thing, made once: whatever a call did is undone, and all of it in the end."""
    outer = transaction.atomic()
    # As in Django's TestCase: what wants to commit by itself may run within.
    outer._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), outer:
        yield furnished()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def many_calls(settings: Any) -> Iterator[None]:
    """Let everybody call the API as often as there are addresses, and log no line for each that is refused."""
    settings.CHORALE_API_RATE = 10_000
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def walker(name: str) -> Walker:
    """Somebody who walks, by name."""
    everything = ("GET", "POST") if name == "Administrator" else ("GET",)
    return Walker(None if name == NOBODY else person(name), drawn=everything)


def test_every_address_has_a_line_in_the_table_and_every_line_an_address() -> None:
    missing = [
        f"{method} {one.pattern}"
        for one in ADDRESSES
        for method in one.methods
        if table.allowed(method, one.pattern) is None
    ]
    assert missing == [], "say in tests/walk/table.py who may use these"
    assert sorted(table.lines() - {one.pattern for one in ADDRESSES}) == [], "these lead nowhere any more"


def wrong(somebody: Walker, one: Address, method: str, path: str, *, right: Collection[str], there: There) -> list[str]:
    """Call an address; return what is wrong with the answer, if anything. Whoever is refused has written nothing."""
    answer = somebody.calls(method, path, one.said(there))
    if answer.status == 302 and "404" in right and answer.location.startswith("/counter/members/"):
        answer = somebody.calls("GET", answer.location, {})  # who comes by a link is led to the member's page
    known = answer.kind in right or ("404" in right and answer.leads_home)
    good = known and ("in" in right or not answer.wrote)
    return [] if good else [f"{method} {one.pattern} {path[:60]}: {answer}, not {' or '.join(sorted(right))}"]


def right(name: str, method: str, pattern: str) -> set[str]:
    """Return what may be answered; that there is no such method is said to whoever might use it if there were one."""
    word = table.answered(name, method, pattern)
    return {word, "405"} if word in ("in", "404") or pattern in table.ANSWERS else {word}


@pytest.mark.parametrize("name", WALKERS)
def test_everybody_gets_in_where_the_table_says_and_nowhere_else(name: str, there: There) -> None:
    # Nothing in the admin belongs to a place.
    walked = [one for one in ADDRESSES if not (name.startswith(STRANGER) and one.pattern.startswith("admin/"))]
    somebody = walker(name)
    found = [
        told
        for one in walked
        for method in one.methods
        for told in wrong(somebody, one, method, one.filled(there), right=right(name, method, one.pattern), there=there)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["Sales rep", "Store clerk", "Administrator"])
def test_a_guessed_address_is_not_there_for_anybody(name: str, there: There) -> None:
    somebody, found = walker(name), list[str]()
    for one in ADDRESSES:
        # What only leads to another page of the same object has guessed nothing yet.
        for path in one.guessed() if not one.pattern.endswith(f"/{table.OBJECT}") else ():
            for method in one.methods:
                word = table.answered(name, method, one.pattern)
                not_there = {"403", "404", "405"} if word == "in" else {word, "404"}
                found += wrong(somebody, one, method, path, right=not_there, there=there)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [NOBODY, "Store clerk"])
def test_another_method_opens_nothing(name: str, there: There) -> None:
    somebody, found = walker(name), list[str]()
    for one in ADDRESSES:
        word = table.answered(name, "GET", one.pattern)
        if name != NOBODY and word == "signs in":
            continue  # as everybody who may not open the admin
        for method in sorted(set(ALL_METHODS) - set(one.methods)):
            answer = somebody.calls(method, one.filled(there), one.said(there))
            if answer.kind not in {word, "405"} or (answer.wrote and word != "in"):
                found.append(f"{method} {one.pattern}: {answer}")
    assert not found, "\n".join(found)


def test_without_the_second_factor_that_is_demanded_nothing_opens(there: There, settings: Any) -> None:
    settings.CHORALE_TWO_FACTOR = True
    somebody, opened = walker("Administrator"), list[str]()
    for one in ADDRESSES:
        if one.pattern.partition("/")[0] in FOR_MEMBERS or one.pattern in TO_THE_SECOND_FACTOR:
            continue
        answer = somebody.calls(one.methods[-1], one.filled(there), one.said(there))
        led = answer.location == "/account/second-factor/"
        if not (led or (one.filled(there).startswith("/api/") and answer.status == 403)) or answer.wrote:
            opened.append(f"{one.methods[-1]} {one.pattern}: {answer}")
    assert not opened, "\n".join(opened)


# What members, carriers and orchestrators use, and what leads to the second factor or out.
FOR_MEMBERS = ("hooks", "l", "o", "u", "healthz", "readyz", "metrics")
TO_THE_SECOND_FACTOR = ("login/", "login/code/", "logout/", "account/second-factor/")


def test_a_token_opens_what_its_scopes_say_and_nothing_else(there: There) -> None:
    known, found = set(scopes.known()), list[str]()
    by_scopes = {frozenset(some): by_token(some) for key in known for some in ({key}, known - {key})}
    for one in ADDRESSES:
        for method in one.methods if one.pattern.startswith("api/v1/") else ():
            needed = getattr(one.view, method.lower()).operation.scope
            for held, good in ((frozenset({needed}), {"in"}), (frozenset(known - {needed}), {"403"})):
                told = wrong(by_scopes[held], one, method, one.filled(there), right=good, there=there)
                found += [f"{line} with {needed} {'alone' if 'in' in good else 'lacking'}" for line in told]
    assert not found, "\n".join(found)


def by_token(held: set[str]) -> Walker:
    """An administrator's program with these scopes."""
    _token, text = tokens.make(person("Administrator"), "walk", sorted(held), clock.now() + DAY, clock.now())
    return Walker(headers={"Authorization": f"Bearer {text}"})
