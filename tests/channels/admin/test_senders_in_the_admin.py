"""Senders in the admin: the adapter's own settings, secrets that are never shown, and how the carrier fares."""

from __future__ import annotations

import re

import pytest

from channels import senders
from channels.addresses import hook_url
from channels.admin import sender as screen
from channels.models import Sender
from channels.registry import adapters
from members import clock
from tests import cast
from tests.cast import NOW
from tests.channels import departed, outbox
from tests.channels.admin.office import ADD, KANNEL, kannel
from tests.roles import asked, signed_in

pytestmark = pytest.mark.django_db


def change(sender: Sender) -> str:
    return f"/admin/channels/sender/{sender.pk}/change/"


def test_the_adapter_is_chosen_first() -> None:
    page = signed_in("Administrator").get("/admin/channels/sender/add/").content.decode()
    assert set(re.findall(r"\?adapter=(\w+)", page)) == set(adapters())


@pytest.mark.parametrize("kind", ["email", "sms", "chat", "desk"])
def test_the_form_asks_for_the_settings_of_the_adapter(kind: str) -> None:
    page = signed_in("Administrator").get(f"/admin/channels/sender/add/?adapter={kind}").content.decode()
    assert set(re.findall(r'name="setting_(\w+)"', page)) == {one.name for one in adapters()[kind].settings}


def test_a_sender_is_added_with_its_secret_hidden() -> None:
    client = signed_in("Administrator")
    assert client.post(ADD, KANNEL).status_code == 302
    made = Sender.objects.get()
    assert (made.adapter, made.channel, made.rate, made.settings["timeout"]) == ("sms", "sms", 50, 10)
    assert senders.values(made)["password"] == "hush-hush"
    assert "hush-hush" not in made.secrets
    assert "password" not in made.settings
    page = client.get(change(made)).content.decode()
    assert "hush-hush" not in page
    assert hook_url(made.token) in page


def test_an_empty_secret_keeps_the_stored_one_and_another_replaces_it() -> None:
    client, made = signed_in("Administrator"), kannel()
    for typed, stored in (("", "hush-hush"), ("new one", "new one")):
        given = {**KANNEL, "name": "Renamed", "setting_password": typed}
        assert client.post(change(made), given).status_code == 302
        made.refresh_from_db()
        assert (made.name, senders.values(made)["password"]) == ("Renamed", stored)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"setting_url": "kannel"}, "setting_url", "must be a whole address"),
        ({"setting_url": "http://kannel.example/x?y"}, "setting_url", "must end before the question mark"),
        ({"setting_password": ""}, "setting_password", "required"),
        ({"setting_timeout": "soon"}, "setting_timeout", "whole number"),
        ({"rate": "0"}, "rate", "greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_a_sentence_at_the_field(given: dict[str, str], field: str, sentence: str) -> None:
    answer = signed_in("Administrator").post(ADD, {**KANNEL, **given})
    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["adminform"].form.errors[field])
    assert not Sender.objects.exists()


def test_secrets_that_no_key_reads_are_a_sentence_and_not_a_crash() -> None:
    client, made = signed_in("Administrator"), kannel()
    Sender.objects.update(secrets="gAAAA-of-another-house")
    answer = client.post(change(made), {**KANNEL, "setting_password": ""})
    assert answer.status_code == 200
    assert "cannot be read with the keys" in answer.content.decode()
    assert client.post(change(made), KANNEL).status_code == 302, "entered again"


def test_the_adapter_stays() -> None:
    client, made = signed_in("Administrator"), kannel()
    assert client.post(change(made) + "?adapter=chat", KANNEL).status_code == 302
    made.refresh_from_db()
    assert made.adapter == "sms"


def test_saving_does_not_undo_what_delivery_notes_meanwhile() -> None:
    client, made = signed_in("Administrator"), kannel()
    client.get(change(made))
    senders.failed(made, "connection refused", clock.now(), wait=30)
    client.post(change(made), KANNEL)
    made.refresh_from_db()
    assert (made.failing_words, made.free_at is None) == ("connection refused", False)


def test_the_page_tells_how_the_carrier_fares_and_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    client, made = signed_in("Administrator"), kannel()
    senders.failed(made, "connection refused", NOW)
    for chidi in [cast.chidi()] * 3:
        departed.message(chidi, made, state="queued")
    page = client.get(change(made))
    assert (page.context["waiting"], page.context["more_wait"]) == (3, False)
    assert "has been failing since 2026-03-10 11:00 UTC" in page.content.decode()
    assert "connection refused" in page.content.decode()
    monkeypatch.setattr(screen, "MOST", 2)
    page = client.get(change(made))
    assert (page.context["waiting"], page.context["more_wait"]) == (2, True)
    assert not [sql for sql in asked(client, change(made)) if "COUNT(" in sql.upper() and "channels_message" in sql]


def test_who_may_only_look_sees_settings_but_neither_secrets_nor_the_webhook() -> None:
    made = kannel()
    page = signed_in("Marketer").get(change(made)).content.decode()
    assert "kannel.example" in page
    assert "hush-hush" not in page
    assert made.token not in page
    assert 'name="setting_' not in page


def test_a_sender_with_messages_cannot_go() -> None:
    made = outbox.sender("email")
    departed.message(cast.ada(), made)
    page = signed_in("Administrator").get(f"/admin/channels/sender/{made.pk}/delete/").content.decode()
    assert "There are messages that refer to" in page
