"""A sender's settings are checked, typed and kept; its secrets are readable with the right keys alone."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from channels import registry, senders
from channels.base import BadSettings
from channels.email.adapter import Email
from channels.models import Sender
from channels.sms.adapter import Sms

GIVEN = {
    "host": "mail.example.com",
    "port": "2525",
    "from_address": "shop@example.com",
    "username": "shop",
    "password": "hunter2",
}

pytestmark = pytest.mark.django_db


def configured(**changed: object) -> Sender:
    made = Sender(name="Mail", adapter="email", **{k: v for k, v in changed.items() if k in {"name"}})
    senders.configure(made, {**GIVEN, **changed})
    made.save()
    return Sender.objects.get(pk=made.pk)


def test_settings_are_typed_and_those_left_out_have_their_defaults() -> None:
    stored = configured()
    values = senders.values(stored)
    assert (values["host"], values["port"], values["security"], values["timeout"]) == (
        "mail.example.com",
        2525,
        "starttls",
        30,
    )
    assert (values["from_name"], values["bounce_secret"]) == ("", "")
    assert stored.channel == "email"
    assert isinstance(senders.adapter_of(stored), Email)


def test_each_sender_has_a_webhook_address_that_nobody_can_guess_and_keeps_it() -> None:
    stored = configured()
    token = stored.token
    assert len(token) > 40
    senders.configure(stored, {**GIVEN, "port": 25})
    assert stored.token == token


def test_a_secret_left_out_keeps_the_stored_one_and_a_new_one_replaces_it() -> None:
    stored = configured()
    senders.configure(stored, {**GIVEN, "password": ""})
    assert senders.values(stored)["password"] == "hunter2"
    senders.configure(stored, {**GIVEN, "password": "hunter3"})
    assert senders.values(stored)["password"] == "hunter3"


def test_secrets_are_stored_encrypted_alone() -> None:
    stored = configured()
    assert "password" not in stored.settings
    assert "hunter2" not in str(vars(stored))


def test_a_new_key_encrypts_and_old_ones_still_read(settings: Settings) -> None:
    stored = configured()
    [old] = settings.CHORALE_FIELD_KEYS
    new = Fernet.generate_key().decode()
    settings.CHORALE_FIELD_KEYS = [new, old]
    senders.configure(stored, {**GIVEN, "password": ""})
    settings.CHORALE_FIELD_KEYS = [new]
    assert senders.values(stored)["password"] == "hunter2"


def test_secrets_whose_key_is_lost_are_a_sentence_and_can_be_entered_again(settings: Settings) -> None:
    stored = configured()
    settings.CHORALE_FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(BadSettings, match="“Mail” cannot be read with the keys in CHORALE_FIELD_KEYS"):
        senders.adapter_of(stored)
    with pytest.raises(BadSettings, match="CHORALE_FIELD_KEYS"):
        senders.configure(stored, {**GIVEN, "password": ""})
    senders.configure(stored, {**GIVEN, "password": "again", "bounce_secret": "another"})
    assert senders.values(stored)["password"] == "again"


def test_what_is_wrong_changes_nothing() -> None:
    stored = configured()
    before = (dict(stored.settings), stored.secrets)
    for wrong, words in (
        ({"port": "many"}, "“Port” must be a whole number"),
        ({"host": ""}, "“Host” is missing"),
        ({"security": "ssl"}, "write none, starttls or tls"),
        ({"colour": "red"}, "has no setting “colour”"),
    ):
        with pytest.raises(BadSettings, match=words):
            senders.configure(stored, {**GIVEN, **wrong})
    assert (stored.settings, stored.secrets) == before


def test_an_unknown_kind_is_a_sentence_that_names_the_known_ones() -> None:
    with pytest.raises(BadSettings, match="no adapter “fax”; there are chat, desk, email"):
        senders.configure(Sender(name="Fax", adapter="fax"), {})


def test_two_adapters_of_one_kind_stop_the_program() -> None:
    class Other(Sms):
        """Another one of the same kind."""

    with pytest.raises(ImproperlyConfigured, match="both of kind sms"):
        registry.register(Other)
    registry.register(Sms)
    assert registry.adapter("sms") is Sms
