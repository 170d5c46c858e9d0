"""Hand-offs in the admin: to be looked at, by store, state and day; nobody changes one there."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from channels import hand_offs
from channels.models import HandOff
from channels.vocabulary import HandOffState
from members import clock, zones
from members.models import Member, Store
from tests import cast
from tests.channels.counter.till import given
from tests.channels.hand_offs.promises import agreed
from tests.roles import asked, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/channels/handoff/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is noon in Berlin and in the house."""
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return cast.NOW


def expected(who: Member, at: datetime, store: Store | None = None, **fields: Any) -> HandOff:
    """Somebody whom a store expects at a time; it was agreed on two days before."""
    store = store or cast.berlin()
    return agreed(who, now=min(at, cast.NOW) - 2 * DAY, due_at=at, store=store, key=f"{store.code} {at}", **fields)


def listed(client: Client, query: str = "") -> list[int]:
    return [one.pk for one in client.get(LIST + query).context["cl"].result_list]


def test_what_is_agreed_on_comes_by_its_time_and_the_rest_on_demand(noon: datetime) -> None:
    ada, ben = cast.ada(), cast.ben()
    later, late = expected(ada, noon + DAY), expected(ben, noon - HOUR)
    over = expected(ada, noon - DAY)
    hand_offs.end(over, HandOffState.CALLED_OFF, who=cast.rep(), request_key="off", now=noon)
    manager = signed_in("Manager")
    assert listed(manager) == [late.pk, later.pk]
    assert listed(manager, "?state=called_off") == [over.pk]
    assert listed(manager, "?state=all") == [over.pk, late.pk, later.pk]
    assert listed(manager, "?state=nonsense") == [late.pk, later.pk]
    assert listed(manager, "?q=M-BEN") == [late.pk]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("overdue", ["late"]),
        ("yesterday", []),
        ("today", ["late", "tonight"]),
        ("tomorrow", ["past midnight"]),
        ("week", ["late", "tonight", "past midnight"]),
        ("nonsense", ["late", "tonight", "past midnight", "next month"]),
    ],
)
def test_they_are_found_by_day_as_the_house_counts_them(noon: datetime, day: str, found: list[str]) -> None:
    house, ada = zones.zone(zones.DEFAULT), cast.ada()
    midnight = zones.first_instant(house, noon.astimezone(house).date() + DAY, time.min)
    times = {
        "late": noon - HOUR,
        "tonight": midnight - timedelta(minutes=1),
        "past midnight": midnight,
        "next month": noon + 30 * DAY,
    }
    names = {expected(ada, at).pk: name for name, at in times.items()}
    assert [names[pk] for pk in listed(signed_in("Manager"), f"?day={day}")] == found


def test_they_are_found_by_store_and_say_the_time_by_its_clock(noon: datetime) -> None:
    ada, lisbon = cast.ada(), cast.lisbon()
    here, there = expected(ada, noon + HOUR), expected(ada, noon + HOUR, lisbon)
    manager = signed_in("Manager")
    assert listed(manager, f"?store__id__exact={lisbon.pk}") == [there.pk]
    assert listed(manager, f"?store__id__exact={cast.berlin().pk}") == [here.pk]
    assert "today at 12:00" in manager.get(f"{LIST}{there.pk}/change/").content.decode()
    assert "today at 13:00" in manager.get(f"{LIST}{here.pk}/change/").content.decode()


def test_its_page_says_all_of_it_and_takes_nothing() -> None:
    ada, now = cast.ada(), clock.now()
    one = agreed(ada, now=now, due_at=now + DAY, grant=given(ada), note="Keep the blue pot.")
    hand_offs.end(one, HandOffState.DONE, who=cast.clerk(), request_key="done", now=now, answer="Took two.")
    for role in ("Manager", "Administrator"):
        client = signed_in(role)
        page = client.get(f"{LIST}{one.pk}/change/").content.decode()
        for told in ("Ada Berg", "Chorale Berlin", "Tea", "Keep the blue pot.", "Took two.", "Rosa", "Carl", "Done"):
            assert told in page, told
        assert client.post(f"{LIST}{one.pk}/change/", {"note": "else"}).status_code == 403
        assert client.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 403
    assert HandOff.objects.get().note == "Keep the blue pot."


def test_a_longer_list_takes_no_more_queries(noon: datetime) -> None:
    ada, manager = cast.ada(), signed_in("Manager")
    expected(ada, noon + HOUR)
    asked(manager, LIST)  # the first look at a session notes when it ends
    short = len(asked(manager, LIST))
    for hours in range(2, 8):
        expected(ada, noon + hours * HOUR)
    assert len(asked(manager, LIST)) == short
