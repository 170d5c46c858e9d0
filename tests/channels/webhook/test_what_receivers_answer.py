"""What follows from a receiver's answer: done, tried again until the deadline, or the end of the subscription."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels import delivery, holds, home, http, retries
from channels.models import Hold, Message, Sender
from content import offers
from tests import cast
from tests.cast import HOUR, NOW
from tests.channels.deliveries import granted
from tests.channels.webhook.receiver import SECRET, Receiver, answer, listening, subscription, webhooks

pytestmark = pytest.mark.django_db
Answer = Callable[[BaseHTTPRequestHandler], None]


def declined() -> Message:
    """The webhook about an offer that Ada does not want."""
    offers.decline([granted(cast.ada()).pk], NOW)
    [queued] = webhooks()
    return queued


def stored(one: Message) -> tuple[str, str, str]:
    found = Message.objects.get(pk=one.pk)
    return found.state, found.reason, found.words


def test_a_call_is_a_signed_post_of_json_that_says_what_was_stored(receiver: Receiver) -> None:
    shop = subscription(receiver.url, "grant.declined")
    queued = declined()
    assert delivery.deliver(shop, NOW + HOUR).sent == 1
    [call] = receiver.calls
    assert call.is_signed_with(SECRET)
    assert (call.path, call.headers["content-type"]) == ("/hooks", "application/json")
    assert call.key == str(queued.public_id)
    assert call.headers["webhook-timestamp"] == str(int((NOW + HOUR).timestamp()))
    assert call.told == queued.payload
    assert (call.told["type"], call.told["timestamp"]) == ("grant.declined", NOW.isoformat())
    assert stored(queued) == ("sent", "", "204")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_yes(receiver: Receiver, status: int) -> None:
    receiver.usual = status
    shop = subscription(receiver.url, "grant.declined")
    declined()
    assert delivery.deliver(shop, NOW).sent == 1


@pytest.mark.parametrize("status", [400, 408, 409, 413, 422, 500, 501])
def test_a_no_to_one_event_is_tried_again_with_growing_pauses_until_the_deadline(
    receiver: Receiver, status: int
) -> None:
    receiver.usual = status
    shop = subscription(receiver.url, "grant.declined")
    queued, now, times = declined(), NOW, []
    while Message.objects.get(pk=queued.pk).state == "queued":
        assert delivery.deliver(shop, now).claimed == 1
        times.append(now)
        now = Message.objects.get(pk=queued.pk).due_at
        Sender.objects.get(pk=shop.pk, failing_since=None)
    assert stored(queued) == ("failed", "carrier_failed", f"{status}")
    pauses = [after - before for before, after in pairwise(times)]
    assert timedelta(seconds=45) <= pauses[0] <= timedelta(seconds=75)
    assert max(pauses) <= retries.LONGEST_PAUSE * 1.25
    assert len(times) > 15
    assert NOW + timedelta(days=2, hours=16) < times[-1] < NOW + timedelta(days=3)
    assert {call.key for call in receiver.calls} == {str(queued.public_id)}
    assert {call.body for call in receiver.calls} == {receiver.calls[0].body}
    assert all(call.is_signed_with(SECRET) for call in receiver.calls)
    assert len({call.headers["webhook-timestamp"] for call in receiver.calls}) == len(times)


@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 407, 429, 502, 503, 504])
def test_a_no_to_everything_pauses_the_subscription_raises_an_alarm_and_costs_nothing(
    receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]
    shop = subscription(receiver.url, "grant.declined")
    queued = declined()
    assert delivery.deliver(shop, NOW).queued == 1
    found = Message.objects.get(pk=queued.pk)
    assert (found.state, found.attempts, found.reason) == ("queued", 0, "carrier_failed")
    [alarm] = home.alarms(NOW)
    assert str(alarm.sentence) == f"The sender “{shop.name}” is failing: {status}"
    assert delivery.deliver(shop, found.due_at).sent == 1
    assert list(home.alarms(found.due_at)) == []


def test_a_receiver_is_asked_again_when_it_said(receiver: Receiver) -> None:
    receiver.answers = [lambda handler: answer(handler, 429, b"slowly", retry_after="600")]
    shop = subscription(receiver.url, "grant.declined")
    queued = declined()
    delivery.deliver(shop, NOW)
    assert Message.objects.get(pk=queued.pk).due_at >= NOW + timedelta(seconds=600)
    assert Sender.objects.filter(pk=shop.pk, free_at__gte=NOW + timedelta(seconds=600)).exists()
    assert stored(queued)[2] == "429 slowly"


def test_gone_ends_the_subscription_with_an_alarm_until_somebody_has_seen_it(receiver: Receiver) -> None:
    receiver.answers = [lambda handler: answer(handler, 410, b"moved out")]
    shop = subscription(receiver.url, "grant.declined")
    for who in cast.crowd(30):
        offers.decline([granted(who, key=f"offer-{who.pk}").pk], NOW)
    delivery.deliver(shop, NOW, limit=1)
    shop.refresh_from_db()
    assert (shop.active, shop.failing_since, shop.failing_words) == (False, NOW, "410 moved out")
    assert [str(alarm.sentence) for alarm in home.alarms(NOW)] == [
        f"The sender “{shop.name}” was switched off, for its receiver said: 410 moved out"
    ]
    assert delivery.deliver(shop, NOW + HOUR).claimed == 0
    assert delivery.senders_with_work(NOW + HOUR) == []
    offers.decline([granted(cast.ada()).pk], NOW + HOUR)
    assert len(webhooks()) == 30
    assert [one.state for one in webhooks(state="refused")] == ["refused"]


def test_gone_in_the_middle_of_a_batch_leaves_the_rest_waiting(receiver: Receiver) -> None:
    shop = subscription(receiver.url, "grant.declined", connections=1)
    for who in cast.crowd(45):
        offers.decline([granted(who, key=f"offer-{who.pk}").pk], NOW)
    receiver.answers, receiver.usual = [204] * 20, 410
    done = delivery.deliver(shop, NOW)
    assert (done.sent, done.refused) == (20, 20)
    assert len(webhooks(state="queued")) == 5


# Being in doubt -------------------------------------------------------------------------------------------------------


def hang(over: threading.Event) -> Answer:
    def wait(_handler: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    return wait


def break_off(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def trickle(over: threading.Event) -> Answer:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b".")

    return drip


def without_end(over: threading.Event, piece: bytes, pause: float) -> Answer:
    """Send the beginning of an answer, and then the same piece of its headers as long as anybody listens."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            handler.connection.sendall(b"HTTP/1.1 200 OK\r\n" if b"HTTP" not in piece else b"")
            while not over.wait(pause):
                handler.connection.sendall(piece)

    return send


@pytest.mark.parametrize(
    ("piece", "pause"),
    [
        (b"x-more: and more\r\n", 0.05),
        (b"x-more: " + b"m" * 10_000 + b"\r\n", 0),
        (b"x" * 10_000, 0),
        (b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", 0.05),
        (b"HTTP/1.1 103 Early Hints\r\nlink: " + b"a" * 10_000 + b"\r\n\r\n", 0),
    ],
    ids=["slow headers", "many headers", "a long header", "slow interim answers", "many interim answers"],
)
def test_headers_that_do_not_end_cost_a_worker_no_more_than_the_time_out(
    receiver: Receiver, piece: bytes, pause: float
) -> None:
    over = threading.Event()
    receiver.answers = [without_end(over, piece, pause)]
    shop = subscription(receiver.url, "grant.declined", timeout=1)
    queued, began = declined(), time.monotonic()
    assert delivery.deliver(shop, NOW).queued == 1
    took = time.monotonic() - began
    over.set()
    assert took < 8, "it was waited for without end"
    assert stored(queued)[:2] == ("queued", "carrier_failed")
    assert delivery.deliver(shop, NOW + HOUR).sent == 1


@pytest.mark.parametrize("deed", ["hang", "break off", "trickle"])
def test_what_may_have_arrived_is_told_again_under_the_same_id_for_receivers_drop_repeats(
    receiver: Receiver, deed: str
) -> None:
    over = threading.Event()
    receiver.answers = [{"hang": hang(over), "break off": break_off, "trickle": trickle(over)}[deed]]
    shop = subscription(receiver.url, "grant.declined", timeout=1)
    queued = declined()
    assert delivery.deliver(shop, NOW).queued == 1
    over.set()
    state, reason, words = stored(queued)
    assert (state, reason, bool(words)) == ("queued", "carrier_failed", True)
    assert Sender.objects.get(pk=shop.pk).failing_since == NOW
    assert delivery.deliver(shop, NOW + HOUR).sent == 1
    assert len({call.key for call in receiver.calls}) == 1
    assert len(receiver.calls) == 2


def test_a_receiver_that_stays_away_has_its_events_kept_for_three_days() -> None:
    almost = NOW + timedelta(days=3) - timedelta(seconds=1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can begin to
        shop = subscription(f"http://127.0.0.1:{taken.getsockname()[1]}/hooks", "grant.declined")
        queued = declined()
        assert [delivery.deliver(shop, at).queued for at in (NOW, almost)] == [1, 1]
    assert delivery.expire(almost) == 0
    assert delivery.expire(NOW + timedelta(days=3)) == 1
    assert stored(queued)[:2] == ("cancelled", "carrier_failed")


def test_words_that_no_database_could_keep_do_no_harm(receiver: Receiver) -> None:
    receiver.answers = [
        lambda handler: answer(handler, 500, b"a\0b \xff\xfe", content_type="text/plain; charset=utf-8"),
        lambda handler: answer(handler, 500, rb"half \ud800", content_type="text/plain; charset=unicode_escape"),
    ]
    shop = subscription(receiver.url, "grant.declined")
    queued = declined()
    delivery.deliver(shop, NOW)
    assert stored(queued)[2] == "500 ab \ufffd\ufffd"
    delivery.deliver(shop, NOW + HOUR)
    assert stored(queued)[2] == "500 half ?"


def test_one_event_that_its_receiver_never_takes_does_not_keep_the_others_back(receiver: Receiver) -> None:
    shop = subscription(receiver.url, "grant.declined", connections=1)
    for who in cast.crowd(5):
        offers.decline([granted(who, key=f"offer-{who.pk}").pk], NOW)
    receiver.answers = [500]
    done = delivery.deliver(shop, NOW)
    assert (done.sent, done.queued) == (4, 1)


def test_an_event_that_is_refused_again_and_again_is_an_alarm(receiver: Receiver) -> None:
    receiver.usual = 500
    shop = subscription(receiver.url, "grant.declined")
    queued, now = declined(), NOW
    for _attempt in range(home.STUBBORN):
        assert list(home.alarms(now)) == []
        delivery.deliver(shop, now)
        now = Message.objects.get(pk=queued.pk).due_at
    [alarm] = home.alarms(now)
    assert str(alarm.sentence) == f"The receiver of “{shop.name}” refuses what it is told again and again: 500"


# Being held -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["sender", "all"])
def test_a_hold_keeps_events_until_it_is_lifted(receiver: Receiver, scope: str) -> None:
    shop = subscription(receiver.url, "grant.declined")
    held = Hold.Scope(scope), str(shop.pk) if scope == "sender" else ""
    holds.place(*held, "Moving.", NOW)
    declined()
    assert delivery.deliver(shop, NOW).claimed == 0
    holds.lift(*held)
    assert delivery.deliver(shop, NOW + HOUR).sent == 1
    assert receiver.types() == ["grant.declined"]


# HTTPS ----------------------------------------------------------------------------------------------------------------


def certified(folder: Path, *names: str) -> Path:
    """A certificate for these names, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tests")])
    alternatives = [x509.IPAddress(ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(("name", "state"), [("localhost", "sent"), ("other.example", "queued")])
def test_the_certificate_must_be_that_of_the_name_though_an_address_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, state: str
) -> None:
    certificate = certified(tmp_path, name)
    monkeypatch.setattr(http, "_trust", lambda: ssl.create_default_context(cafile=str(certificate)))

    def secure(server: ThreadingHTTPServer) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)

    with listening(secure) as receiver:
        shop = subscription(receiver.url.replace("http://127.0.0.1", "https://localhost"), "grant.declined")
        queued = declined()
        delivery.deliver(shop, NOW)
    assert stored(queued)[0] == state
    assert state == "sent" or "not valid for 'localhost'" in stored(queued)[2]
