"""Every answer that is no success is a problem: a kind for programs and a sentence for people."""

import json
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from members import facts
from members.api import throttling
from members.api.facts import Facts
from members.models import Event
from tests import cast
from tests.callers import Caller, caller, nobody, refused

pytestmark = pytest.mark.django_db
EMPTY: dict[str, list[object]] = {"items": []}


@pytest.mark.parametrize(
    "path", ["", "nothing/", "events/1/", "events", "members/../x", "events/%00/", "members/%0A/", "%0d%0a"]
)
def test_an_address_that_leads_nowhere(path):
    refused(nobody().get(path), 404, "not-found")


def test_an_address_without_its_slash_is_told_the_right_one():
    assert "/api/v1/events/" in refused(nobody().post("events", EMPTY), 404, "not-found")["detail"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_is_not_there(method):
    answer = caller().call(method, "events/")
    refused(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "POST"


def test_a_form_of_the_answer_that_is_not_there():
    refused(caller().post("events/", EMPTY, Accept="text/html"), 406, "not-acceptable")


def test_the_form_of_the_answer_is_no_field_of_the_query():
    refused(caller().get("members/", {"format": "xml", "external_id": "M-ADA"}), 422, "invalid")


def test_a_query_of_thousands_of_fields_is_not_read():
    refused(caller().get("journeys/?" + "a=1&" * 2_000), 400, "not-readable")


def test_half_a_character_that_was_sent_can_be_told_back():
    problem = refused(caller().post("rules/count/", b'{"rule": {"\\ud800": 1}}'), 422, "invalid")
    assert problem["errors"][0]["field"].startswith("rule")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_a_body_that_is_no_json_by_its_header(kind):
    refused(caller().post("events/", b"items=1", kind=kind), 415, "media-type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"items": [NaN]}',
        b'{"items": [Infinity]}',
        b'{"items": [' + b"9" * 5_000 + b"]}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"   ",
        b'{"items": []} more',
        b"\xef\xbb\xbf{}",
    ],
)
def test_a_body_that_cannot_be_read(body):
    assert len(refused(caller().post("events/", body), 400, "not-readable")["detail"]) < 200


def test_a_body_that_is_too_large_is_not_read_to_its_end(monkeypatch):
    cast.ada()
    monkeypatch.setattr(Facts, "largest_body", 1_000)
    body = b'{"items": []' + b" " * 1_000 + b"}"
    assert "1000 bytes" in refused(caller().post("events/", body), 413, "too-large")["detail"]


def test_properties_that_are_nested_too_deep_are_their_items_fault_alone():
    cast.ada()
    deep = json.loads('{"x":' * 200 + "1" + "}" * 200)
    item = {"member": "M-ADA", "happened_at": "2026-03-10T12:00:00Z", "source": "s", "key": "k", "name": "n"}
    answer = caller().post("events/", {"items": [{**item, "properties": deep}]})
    assert (answer.status_code, answer.data["errors"][0]["field"]) == (207, "properties")


def test_what_breaks_is_logged_and_not_told(monkeypatch, caplog):
    monkeypatch.setattr(facts, "record", lambda *_: 1 / 0)
    problem = refused(caller().post("events/", EMPTY), 500, "broken")
    assert "division" not in json.dumps(problem)
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_is_away_is_worth_another_try(monkeypatch):
    def away(*_args):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(facts, "record", away)
    answer = caller().post("events/", EMPTY)
    refused(answer, 503, "unavailable")
    assert answer["Retry-After"] == "5"


@pytest.fixture
def minute(monkeypatch):
    """A minute that stands still, ten seconds before its end, and a cache that counted nothing yet."""
    cache.clear()
    monkeypatch.setattr(throttling, "time", SimpleNamespace(time=lambda: 60 * 1_000_000 + 50))


def test_too_many_calls_in_a_minute_wait_for_the_next(minute, settings):
    settings.CHORALE_API_RATE = 2
    by, other = caller(), caller()
    assert [by.post("events/", EMPTY).status_code for _ in range(3)] == [200, 200, 429]
    answer = by.post("events/", EMPTY)
    refused(answer, 429, "too-many-calls")
    assert answer["Retry-After"] == "10"
    assert other.post("events/", EMPTY).status_code == 200


def test_the_next_minute_counts_anew(minute, settings, monkeypatch):
    settings.CHORALE_API_RATE = 1
    by = caller()
    assert [by.post("events/", EMPTY).status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(throttling, "time", SimpleNamespace(time=lambda: 60 * 1_000_001))
    assert by.post("events/", EMPTY).status_code == 200


def test_a_cache_that_is_away_stops_nobody(settings, caplog):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/at/all.sock"}}
    assert caller().post("events/", EMPTY).status_code == 200
    assert "The cache cannot be reached" in caplog.text


def test_without_valkey_the_database_counts(minute, settings):
    from config import cache as caches

    settings.CACHES = {"default": caches.settings("amqp://user:password@host:5672/vhost")}
    caches.install()
    settings.CHORALE_API_RATE = 2
    by = caller()
    assert [by.post("events/", EMPTY).status_code for _ in range(3)] == [200, 200, 429]


def test_a_problem_of_an_unknown_host_still_is_none_of_the_apis():
    answer = Client(raise_request_exception=False).get("/api/v1/events/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400


def test_answers_are_the_callers_alone_and_kept_nowhere():
    answer = caller().post("events/", EMPTY)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}
    assert Caller._told(answer).data["new"] == 0
    assert not Event.objects.exists()
