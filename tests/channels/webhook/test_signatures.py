"""Signatures: whoever reads the Standard Webhooks specification can verify a call, whatever is in it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import senders
from channels.base import BadSettings
from channels.models import Sender
from channels.webhook import signing
from tests.channels.webhook.receiver import SECRET, Call

AT = datetime(2026, 3, 10, 11, 0, 0, 999_999, tzinfo=UTC)
GIVEN = {"url": "https://shop.example/hooks", "events": ["message.sent"]}


@given(some.binary(max_size=500), some.binary(min_size=24, max_size=64))
def test_what_was_signed_verifies_and_nothing_else_does(body: bytes, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    call = Call(signing.headers("key-1", AT, body, [secret]), body, "/")
    assert call.is_signed_with(secret)
    assert not call.is_signed_with(signing.drawn())
    assert not Call(call.headers, body + b" ", "/").is_signed_with(secret)
    assert not Call({**call.headers, "webhook-id": "key-2"}, body, "/").is_signed_with(secret)
    assert not Call({**call.headers, "webhook-timestamp": "1"}, body, "/").is_signed_with(secret)


def test_the_example_of_the_specifications_reference_library() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body, [secret])
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_timestamp_is_in_whole_seconds() -> None:
    assert signing.headers("k", AT, b"", [SECRET])["webhook-timestamp"] == str(int(AT.timestamp()))


def test_during_a_rotation_either_secret_verifies() -> None:
    new = signing.drawn()
    call = Call(signing.headers("k", AT, b"{}", [new, SECRET]), b"{}", "/")
    assert (call.is_signed_with(new), call.is_signed_with(SECRET)) == (True, True)


@pytest.mark.parametrize(
    "secret",
    ["x", "whsec_", "whsec_!!!", "whsec_" + base64.b64encode(b"x" * 23).decode(), base64.b64encode(b"x" * 32).decode()],
)
def test_a_secret_that_is_none_of_the_specification_is_a_sentence(secret: str) -> None:
    with pytest.raises(BadSettings, match="“Secret” must be whsec_"):
        senders.configure(Sender(name="x", adapter="webhook"), {**GIVEN, "secret": secret})


def test_a_secret_is_drawn_once_and_stays() -> None:
    made = Sender(name="x", adapter="webhook")
    senders.configure(made, GIVEN)
    drawn = senders.values(made)["secret"]
    signing.check(drawn)
    senders.configure(made, {**GIVEN, "events": ["message.failed"]})
    assert senders.values(made)["secret"] == drawn
    other = Sender(name="y", adapter="webhook")
    senders.configure(other, GIVEN)
    assert senders.values(other)["secret"] != drawn
