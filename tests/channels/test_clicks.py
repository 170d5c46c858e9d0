"""Links in messages: a person's click counts once a minute, and everybody is led on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from channels import clicks
from channels.models import Message, MessageCount
from content import links
from members.models import Event, Touchpoint
from tests import cast
from tests.cast import HOUR, NOW
from tests.channels import outbox
from tests.channels.departed import message

TARGET = "https://shop.example/tea?size=100&kind=green"

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(settings: Settings, tmp_path: Path) -> Path:
    """A file that holds the time."""
    settings.CHORALE_CLOCK = tmp_path / "clock"
    set_clock(settings.CHORALE_CLOCK, NOW)
    return Path(settings.CHORALE_CLOCK)


def set_clock(file: Path, now: datetime) -> None:
    file.write_text(now.isoformat())


@pytest.fixture
def mailed(clock: Path) -> Message:
    return message(cast.ada(), outbox.sender("email"), NOW - HOUR)


def address(mailed: Message, url: str = TARGET) -> str:
    return f"/l/{links.token(links.link_ids([url])[url], mailed.pk)}"


def test_a_click_leads_on_and_is_a_touchpoint_a_fact_and_a_count(client: Client, mailed: Message) -> None:
    answer = client.get(address(mailed))
    assert (answer.status_code, answer["Location"]) == (302, TARGET)
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    point = Touchpoint.objects.get()
    assert (point.kind, point.direction, point.text, point.happened_at) == ("clicked", "in", TARGET, NOW)
    assert (point.message_id, point.journey_name) == (mailed.pk, "Win back")
    event = Event.objects.get()
    assert (event.name, event.properties["text"], event.properties["step"]) == ("message.clicked", TARGET, "mail")
    mailed.refresh_from_db()
    assert (mailed.clicked_at, mailed.state) == (NOW, "sent")
    assert list(MessageCount.objects.values_list("state", "count")) == [("clicked", 1)]


def test_clicks_within_a_minute_are_one_and_only_the_first_is_noted_on_the_message(
    client: Client, mailed: Message, clock: Path
) -> None:
    client.get(address(mailed))
    client.get(address(mailed))
    assert Touchpoint.objects.count() == 1
    client.get(address(mailed, "https://shop.example/other"))
    set_clock(clock, NOW + HOUR)
    client.get(address(mailed))
    assert Touchpoint.objects.count() == Event.objects.count() == 3
    mailed.refresh_from_db()
    assert mailed.clicked_at == NOW
    assert MessageCount.objects.get().count == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "prefetch"},
        {"User-Agent": "TelegramBot (like TwitterBot)"},
        {"User-Agent": "WhatsApp/2.23"},
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    ],
)
def test_programs_that_look_ahead_are_led_on_and_not_counted(
    client: Client, mailed: Message, headers: dict[str, str]
) -> None:
    assert client.get(address(mailed), headers=headers)["Location"] == TARGET
    assert not Touchpoint.objects.exists()


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "Cubot Note 20", ""])
def test_people_are_counted_whatever_they_hold_in_their_hands(client: Client, mailed: Message, agent: str) -> None:
    client.get(address(mailed), headers={"User-Agent": agent})
    assert Touchpoint.objects.count() == 1


def test_a_look_at_the_head_is_not_counted(client: Client, mailed: Message) -> None:
    assert client.head(address(mailed))["Location"] == TARGET
    assert not Touchpoint.objects.exists()
    assert client.post(address(mailed)).status_code == 405


@pytest.mark.parametrize("token", ["1-1-aaaaaaaaaaa", "nonsense", "<script>alert(1)<script>", "%00"])
def test_an_unknown_link_is_a_page_in_words(client: Client, db: None, token: str) -> None:
    answer = client.get(f"/l/{token}")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "This link leads nowhere" in page
    assert "<script>" not in page


def test_a_click_that_cannot_be_counted_leads_on_all_the_same(
    client: Client, mailed: Message, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*_arguments: object) -> bool:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(clicks, "count", down)
    assert client.get(address(mailed))["Location"] == TARGET
    [told] = [record for record in caplog.records if record.getMessage() == "A click could not be counted."]
    assert getattr(told, "messages", None) == [mailed.pk]


def test_a_marketer_who_tests_a_content_is_no_member_who_clicks(client: Client, mailed: Message) -> None:
    Message.objects.update(origin_kind="test")
    assert client.get(address(mailed))["Location"] == TARGET
    assert not Touchpoint.objects.exists()
    mailed.refresh_from_db()
    assert mailed.clicked_at is None


def test_the_link_of_a_message_that_was_deleted_leads_on(client: Client, mailed: Message) -> None:
    link = address(mailed)
    mailed.member.delete()
    assert client.get(link)["Location"] == TARGET
