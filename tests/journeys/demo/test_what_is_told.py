"""The summary and its verdict, and the label on every screen."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from journeys.demo.notice import Notice
from journeys.demo.summary import Summary, summarise
from journeys.models import Playback
from tests import cast

pytestmark = pytest.mark.django_db

KINDS = ("greeting", "reminder", "upgrade", "win_back", "opportunity")


def figures(**changed: Any) -> Mapping[str, Any]:
    delivered = {"entered": 2, "held_out": 0, "messages": {"sms": {"delivered": 1, "failed": 1}}}
    found = {"members": 3, "purchases": 4, "touchpoints": 5, "grants": 6, "redemptions": 1, "follow_ups": 1000}
    told = {"journeys": dict.fromkeys(KINDS, delivered), "audit": {"consent": 0, "pressure": 0}}
    return {**found, **told, "seconds": 1.5, "peak_mb": 7, **changed}


def test_the_result_is_good_when_every_kind_delivered_and_the_audit_is_clean() -> None:
    assert Summary(figures()).good


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_only_sent_is_not_good(kind: str) -> None:
    only_sent = {"entered": 2, "held_out": 0, "messages": {"email": {"sent": 3, "failed": 1}}}
    assert not Summary(figures(journeys={**figures()["journeys"], kind: only_sent})).good


def test_a_broken_promise_is_not_good_and_is_named() -> None:
    broken = Summary(figures(audit={"consent": 0, "pressure": 2}))
    assert not broken.good
    assert any("{'pressure': 2}" in line for line in broken.lines())


def test_the_table_says_what_is_invented_and_that_nobody_claims_a_lift() -> None:
    text = "\n".join(Summary(figures()).lines())
    assert "3 members, 4 purchases" in text
    assert "1,000 follow-ups" in text
    assert "1 delivered, 1 failed" in text
    assert "Invented from a fixed seed: names" in text
    assert "nothing here says that a message caused one" in text


def test_the_figures_of_an_empty_database_are_there_and_not_good() -> None:
    cast.ada()
    found = summarise(cast.NOW, 1.26, 5)
    assert set(found.figures) == set(figures())
    assert set(found.figures["journeys"]) == set(KINDS)
    assert (found.figures["members"], found.figures["seconds"]) == (1, 1.3)
    assert not found.good


def test_every_page_of_the_demo_says_what_is_invented() -> None:
    Playback.objects.create(pk=1, shift_days=10)
    page = Notice(lambda _request: HttpResponse("<body>Hello</body>"))(HttpRequest())
    assert page.content.index(b"Hello<style>") < page.content.index(b"<div")
    assert b"Names, contacts, consents, stores, points and reactions are invented." in page.content


def test_elsewhere_pages_stay_as_they_are() -> None:
    Playback.objects.create(pk=1, played_until=cast.NOW - timedelta(days=1))
    page = Notice(lambda _request: HttpResponse("<body>Hello</body>"))(HttpRequest())
    assert page.content == b"<body>Hello</body>"


def test_answers_to_machines_stay_as_they_are() -> None:
    Playback.objects.create(pk=1, shift_days=10)
    page = Notice(lambda _request: HttpResponse("</body>", content_type="text/plain"))(HttpRequest())
    assert page.content == b"</body>"
