"""Contact pressure policies and quiet hours by the API: added, changed and deleted as in the admin."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from channels.models import PressurePolicy, QuietHours
from tests import cast
from tests.callers import caller, refused
from tests.channels.outbox import ask, candidate, content, sender
from tests.channels.webhook.test_by_the_api import sent
from tests.journeys.drawn import segment

pytestmark = pytest.mark.django_db


def test_a_policy_that_was_added_caps_until_it_is_switched_off_or_deleted() -> None:
    """It says since when it holds, and in words what it says."""
    sender("email")
    by, ada = caller(), cast.ada(tags=["gold"])
    segment("gold", {"tag": {"name": "gold"}})
    made = by.post("pressure-policies/", {"messages": 0, "days": 7, "segment": "gold"})
    assert made.status_code == 201
    assert made.data["words"] == "at most 0 promotional in 7 days by all channels together, for “gold”"
    assert made.data["since"]
    hello = content()
    assert [one.reason for one in ask(candidate(ada, hello))] == ["capped"]
    path = f"pressure-policies/{made.data['id']}/"
    assert sent(by, "patch", path, {"active": False}).data["active"] is False
    assert [one.reason for one in ask(candidate(ada, hello))] == [""]
    assert sent(by, "patch", path, {"segment": "", "purpose": "", "channel": "sms"}).data["segment"] == ""
    assert by.get("pressure-policies/").data["items"] == [by.get(path).data]
    assert sent(by, "delete", path).status_code == 204
    assert not PressurePolicy.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("pressure-policies/", {"messages": 1, "days": 7, "segment": "nobody"}, "segment"),
        ("pressure-policies/", {"messages": 1, "days": 0}, "days"),
        ("pressure-policies/", {"messages": 1, "days": 7, "purpose": "fun"}, "purpose"),
        ("quiet-hours/", {"channel": "sms", "opens": "9:00", "closes": "20:00"}, "opens"),
        ("quiet-hours/", {"channel": "sms", "opens": "09:00", "closes": "24:00"}, "closes"),
        ("quiet-hours/", {"channel": "sms", "opens": "09:00", "closes": "20:00", "country": "XX"}, "country"),
    ],
)
def test_what_cannot_be_a_limit_is_refused_at_its_field(path: str, body: dict[str, Any], field: str) -> None:
    assert [error["field"] for error in refused(caller().post(path, body), 422, "invalid")["errors"]] == [field]


def test_quiet_hours_are_added_once_a_channel_and_country_and_changed_by_their_number() -> None:
    by = caller()
    made = by.post("quiet-hours/", {"channel": "email", "opens": "20:00", "closes": "02:00", "country": "DE"})
    assert (made.status_code, made.data["opens"], made.data["closes"]) == (201, "20:00", "02:00")
    again = by.post("quiet-hours/", {"channel": "email", "opens": "09:00", "closes": "10:00", "country": "DE"})
    assert refused(again, 422, "invalid")["errors"][0]["sentence"].endswith(f"change number {made.data['id']}.")
    sender("email")
    [verdict] = ask(candidate(cast.ada(), content(), channels=["email"]))
    assert verdict.planned_at >= datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
    path = f"quiet-hours/{made.data['id']}/"
    assert sent(by, "patch", path, {"opens": "09:00", "closes": "09:00"}).status_code == 200
    assert QuietHours.objects.get().opens == time(9)
    assert by.get("quiet-hours/").data["items"] == [by.get(path).data]
    assert sent(by, "delete", path).status_code == 204
    assert by.get(path).status_code == 404


def test_who_only_sees_limits_changes_none() -> None:
    by = caller(role="Marketer")
    assert by.get("pressure-policies/").status_code == 200
    assert by.post("pressure-policies/", {"messages": 1, "days": 7}).status_code == 403
