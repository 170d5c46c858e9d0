"""Schemathesis calls every operation with what its schema allows and with what it forbids.

Nothing breaks, and no answer is one that the schema does not declare: by code, by media type and by shape. The calls
are the same in every run. SCHEMATHESIS_EXAMPLES=500 tries for longer, and SCHEMATHESIS_SEED=7 tries others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import EndpointEnumerator
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.pytest._test_builder import build_operation_test

from channels import hand_offs
from channels.hand_offs import Agreed
from channels.models import Message
from members import clock
from tests import cast
from tests.callers import caller
from tests.channels.counter.till import given
from tests.channels.outbox import at_most, quiet
from tests.channels.test_desk_by_the_api import follow_up, team
from tests.channels.webhook.receiver import subscription
from tests.journeys.drawn import ANYBODY, published, segment

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "1"))
# Lists at the length that the schema allows are another test's: one of them takes as long as all other calls together.
LONG = 500
# What a schema cannot say: that a store or member does not exist, or that one of two fields is needed. Bulk calls
# reject their items one by one, in an answer of 207.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "429", "431"]
CONFIG = {
    "seed": SEED,
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "409", "412", "413", "422"]},
        "negative_data_rejection": {"expected-statuses": ["207", *REFUSED]},
        # It calls three times for each answer; a test of its own asks each operation once.
        "ignored_auth": {"enabled": False},
    },
}
OFTEN = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
OPERATIONS = [(path, method) for path, _regex, method, _view in EndpointEnumerator().get_api_endpoints()]


@pytest.fixture(scope="session")
def described() -> Any:
    """What the API says of itself."""
    load_all_checks()
    config = SchemathesisConfig.from_dict(CONFIG)
    return schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), config=config)


@pytest.fixture(autouse=True)
def connected() -> Iterator[None]:
    """The application closes no connection at the end of a call, as with Django's own client: it is the test's."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def there(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """One of each thing, made once: whatever a call did is undone, and all of it in the end."""
    outer = transaction.atomic()
    # As in Django's TestCase: what wants to commit by itself may run within.
    outer._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), outer:
        yield _one_of_each()
        transaction.set_rollback(True)


@pytest.fixture
def known(there: dict[str, Any], settings: Any) -> dict[str, Any]:
    """What is there, for those who may call as often as they like."""
    settings.CHORALE_API_RATE = 10_000_000
    return there


def _one_of_each() -> dict[str, Any]:
    """Return one of each thing, by the part of the address or the field that names it, and who may do everything."""
    now = clock.now()
    ada, ben, store = cast.ada(), cast.ben(), cast.berlin()
    by = caller(by=cast.administrator())
    team().users.add(by.token.user)
    grant = given(ada)
    one = follow_up(ada, now, grant=grant)
    agreed = Agreed(ben, store, now + timedelta(days=1), grant=given(ben, "coffee"))
    segment("first", ANYBODY, now)
    published([{"key": "rest", "kind": "wait", "duration": {"days": 1}}], now)
    return {
        "members": str(ada.public_id),
        "grants": str(grant.public_id),
        "follow-ups": str(one.public_id),
        "hand-offs": str(hand_offs.agree(agreed, who=by.token.user, request_key="tap", now=now).public_id),
        "messages": str(Message.objects.get().public_id),
        "subscriptions": str(subscription("http://127.0.0.1:1024/", "grant.declined").public_id),
        "pressure-policies": at_most(1, 7).pk,
        "quiet-hours": quiet("sms", "09:00", "20:00").pk,
        "journeys": "first",
        "segments": "first",
        "member": ada.external_id,
        "external_id": ada.external_id,
        "store": store.code,
        "home_store": store.code,
        "code": grant.code,
        "token": by.text,
    }


def about_known(case: Any, known: dict[str, Any]) -> None:
    """Let half of the calls be about something that is there, where being unknown is not their point."""
    forbidden = case.meta is not None and case.meta.generation.mode.is_negative
    if forbidden or crc32(repr(case).encode()) % 2:
        return
    if case.path_parameters:
        case.path_parameters = {name: known[case.path.split("/")[3]] for name in case.path_parameters}
    if isinstance(case.body, dict):
        case.body = _named(case.body, known)


def _named(sent: Any, known: dict[str, Any]) -> Any:
    if isinstance(sent, list):
        return [_named(item, known) for item in sent]
    if isinstance(sent, dict):
        return {name: known[name] if name in known else _named(said, known) for name, said in sent.items()}
    return sent


def plain(operation: Any, about: str) -> Any:
    """A call about something, whose body says nothing."""
    body = {"media_type": "application/json", "body": {}} if operation.body else {}
    return operation.Case(path_parameters={part.name: about for part in operation.path_parameters}, **body)


def called(case: Any, token: str, headers: dict[str, str] | None = None) -> Any:
    """Call with a token, or none, and hold the answer to the schema; each call finds everything as it was before."""
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    with transaction.atomic():
        answer = case.call_and_validate(headers={**shown, **(headers or {})})
        transaction.set_rollback(True)
    return answer


def is_long(case: Any) -> bool:
    """Say whether a call holds a list of thousands."""
    return isinstance(case.body, dict) and any(isinstance(x, list) and len(x) > LONG for x in case.body.values())


@pytest.mark.slow
@pytest.mark.timeout(120 + 40 * EXAMPLES)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: part)
def test_no_call_breaks_anything_and_every_answer_is_declared(
    path: str, method: str, described: Any, known: dict[str, str]
) -> None:
    def call(case: Any) -> None:
        if not is_long(case):
            about_known(case, known)
            called(case, known["token"])

    # What `parametrize` of Schemathesis does, but not whenever tests are collected: it takes a quarter of a minute.
    build_operation_test(
        config=described.config,
        operation=described[path][method],
        test_func=OFTEN(call),
        explicit_settings=OFTEN,
        given_kwargs={},
        feedback=NO_FEEDBACK,
    )()


ODD = {
    "Accept": [";;;", "text/html", "\xff"],
    "Accept-Language": ["\xff"],
    "Content-Type": ["\xff", "application/json; charset=utf-16", "multipart/form-data; boundary="],
    "Idempotency-Key": ["\xff"],
    "If-Match": ['"a", "b"', "\xff"],
    "If-None-Match": ["*", 'W/"'],
    "If-Unmodified-Since": ["Sat, 01 Jan 2000 00:00:00 GMT"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: part)
def test_no_header_breaks_anything_and_every_answer_is_declared(
    path: str, method: str, described: Any, known: dict[str, str]
) -> None:
    case = plain(described[path][method], known[path.split("/")[3]] if "{" in path else "")
    for name, values in ODD.items():
        for value in values:
            called(case, known["token"], {name: value})


@pytest.mark.parametrize("token", ["", "chorale_0000"], ids=["none", "unknown"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: part)
def test_nothing_is_done_for_nobody_and_the_answer_is_declared(
    path: str, method: str, token: str, described: Any, db: None
) -> None:
    about = "7" if "{number}" in path else str(uuid4())
    assert called(plain(described[path][method], about), token).status_code == HTTPStatus.UNAUTHORIZED
