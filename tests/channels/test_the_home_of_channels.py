"""Planned messages and alarms on the marketer's home."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels import delivery, holds, home
from channels.models import Hold, Message, Sender
from members import clock, zones
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import UNKNOWN, Script, message, sender
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of pages stands at NOW."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def planned(*ahead: timedelta) -> None:
    """Queue a message for each departure."""
    content = outbox.content()
    for number, one in enumerate(ahead):
        made = message(cast.member(f"P-{number}", email=f"p{number}@example.com", agreed=["email"]), content)
        Message.objects.filter(pk=made.pk).update(planned_at=NOW + one, due_at=NOW + one)


@pytest.mark.usefixtures("at_noon")
def test_each_number_of_planned_messages_leads_to_these_messages(script: Script) -> None:
    sender()
    hour = timedelta(hours=1)
    planned(hour, 3 * hour, 20 * hour, 30 * hour, -30 * hour, 80 * hour)
    [email] = home.planned(NOW)["channels"]
    assert (email.earlier, email.today, email.tomorrow, sum(count for count, _height in email.hours)) == (1, 2, 2, 4)
    client = signed_in("Marketer")
    card = client.get("/home/planned/").content.decode()
    links = re.findall(r'<a href="([^"]*planned=[a-z][^"]+)">(\d+)</a>', card)
    assert len(links) == 3
    for address, count in links:
        rows = client.get(address.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r"P-\d", rows)) >= int(count)
        assert len(set(re.findall(r">\s*P-\d", rows))) == int(count), address


@pytest.mark.usefixtures("at_noon")
def test_the_picture_by_the_hour_has_its_table_and_each_number_of_it_its_messages(script: Script) -> None:
    sender()
    hour = timedelta(hours=1)
    planned(hour, hour + timedelta(minutes=59), 2 * hour, 30 * hour)
    client = signed_in("Marketer")
    card = client.get("/home/planned/").content.decode()
    table = card.partition("By the hour</summary>")[2]
    shown = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*><a href="([^"]*planned=[^"]+)">(\d+)</a>', table)
    assert [(label, count) for label, _address, count in shown] == [
        ("Today 12:00", "2"), ("Today 13:00", "1"), ("Tomorrow 17:00", "1")]  # fmt: skip
    for _label, address, count in shown:
        rows = client.get(address.replace("&amp;", "&")).content.decode()
        assert len(set(re.findall(r">\s*P-\d", rows))) == int(count), address
    for odd in ("x", "9999-12-31T23:59Z", "2026-03-10T14:00"):
        assert client.get(f"/admin/channels/message/?planned={odd}").status_code == 200


def test_an_hour_that_comes_twice_is_two_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "DEFAULT", "Europe/Berlin")
    two = home.days(datetime(2026, 10, 24, 12, tzinfo=UTC))
    email = home.Planned("email", "E-mail", 0, 0, 0, [])
    listed = home._hours(two, [(email, dict.fromkeys(range(24, 30), 1))])
    assert [one.label for one in listed] == [f"Tomorrow {at}:00" for at in ("00", "01", "02", "02", "03", "04")]
    assert len({one.begins for one in listed}) == 6


def test_the_days_are_those_of_the_houses_zone_also_when_clocks_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "DEFAULT", "Europe/Berlin")
    before_spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    two = home.days(before_spring)
    assert two.hours == 47
    assert two.tomorrow == datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin"))
    assert home.days(datetime(2026, 10, 24, 12, tzinfo=UTC)).hours == 49


def alarms(now: datetime = NOW) -> list[str]:
    return [alarm.sentence for alarm in home.alarms(now)]


def test_nothing_is_said_while_all_is_well(script: Script) -> None:
    sender()
    message(cast.ada())
    assert alarms() == []


def test_a_failing_sender_is_told_with_the_carriers_words(script: Script) -> None:
    failing = sender()
    Sender.objects.filter(pk=failing.pk).update(failing_since=NOW, failing_words="connection refused")
    assert alarms() == [f"The sender “{failing.name}” is failing: connection refused"]
    Sender.objects.filter(pk=failing.pk).update(active=False)
    assert alarms() == []


def test_a_hold_that_stands_is_told_with_its_reason(script: Script) -> None:
    holds.place(Hold.Scope.ALL, "", "Prices are wrong", NOW)
    assert alarms() == ["Everything is held: Prices are wrong"]


def test_messages_that_nobody_delivers_are_told_but_not_those_that_are_held(script: Script) -> None:
    late = sender()
    message(cast.ada(), journey_id=7)
    assert alarms(NOW + timedelta(minutes=9)) == []
    [told] = alarms(NOW + timedelta(minutes=11))
    assert f"“{late.name}” are late" in told
    holds.place(Hold.Scope.JOURNEY, "7", "Paused", NOW)
    assert not [sentence for sentence in alarms(NOW + timedelta(minutes=11)) if "late" in sentence]


def test_messages_of_unknown_fate_are_told_until_a_receipt_settles_them(script: Script) -> None:
    carrier = sender()
    lost = message(cast.ada())
    script.will("ada@example.com", UNKNOWN)
    delivery.deliver(carrier, NOW)
    assert Message.objects.get(pk=lost.pk).state == "unconfirmed"
    assert any("1 message since yesterday may have left or not" in sentence for sentence in alarms())
    Message.objects.filter(pk=lost.pk).update(state="delivered")
    assert not any("may have left" in sentence for sentence in alarms())
