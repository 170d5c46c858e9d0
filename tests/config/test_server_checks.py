"""Servers of one's own are checked before work begins."""

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import connection
from psycopg import OperationalError

from config import broker as brokers
from config import database
from config.embedded.errors import ServerError
from config.embedded.home import Home


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def refusal(check: Callable[[Any], None], server: object) -> str:
    """Return the sentence with which a server is refused, empty if it is taken."""
    try:
        check(server)
    except ServerError as error:
        return str(error)
    return ""


@pytest.mark.django_db
def test_the_database_of_the_tests_is_good() -> None:
    assert refusal(database.check, connection.settings_dict) == ""


@pytest.mark.django_db
def test_a_database_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(ServerError, match=r"DATABASE_URL: this is PostgreSQL [0-9]+; Chorale needs 99 or newer"):
        database.check(connection.settings_dict)


@pytest.mark.django_db
def test_a_database_that_is_not_there_is_named() -> None:
    with pytest.raises(ServerError, match=r'DATABASE_URL: .* database "nowhere" does not exist'):
        database.check({**connection.settings_dict, "NAME": "nowhere"})


def test_the_broker_of_the_tests_is_good(broker: str) -> None:
    assert refusal(brokers.check, broker) == ""


@pytest.mark.parametrize("scheme", ["redis", "rediss", "amqp"])
def test_a_broker_that_says_nothing_is_not_waited_for(scheme: str, mute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "TIMEOUT", 1)
    with pytest.raises(ServerError, match="BROKER_URL: the broker cannot be reached") as caught:
        brokers.check(f"{scheme}://user:open-sesame@{mute}/")
    assert "open-sesame" not in str(caught.value)


def test_a_database_that_says_nothing_is_not_waited_for(mute: str) -> None:
    parts = database.settings(f"postgresql://u:open-sesame@{mute}/d?connect_timeout=2", Home(Path("/nowhere")))
    with pytest.raises(ServerError, match="DATABASE_URL: PostgreSQL cannot be reached") as caught:
        database.check(parts)
    assert "open-sesame" not in str(caught.value)


def test_what_libpq_understands_may_follow_the_url() -> None:
    found = database.settings("postgresql://u:p%40ss@h1:1/d?sslmode=require&application_name=c", Home(Path("/nowhere")))
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "u",
        "p@ss",
        "h1",
        "1",
        "d",
    )
    mine = {"sslmode": "require", "application_name": "c", "prepare_threshold": 0}
    assert found["OPTIONS"] == {**database.NOTICES, **mine}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of the host broker.example that it signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker.example")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("broker.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[int]:
    """The port of a server that shows this certificate, and hangs up on whoever takes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Shake(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                context.wrap_socket(self.request, server_side=True).close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shake) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("scheme", ["rediss", "amqps"])
def test_a_broker_whose_certificate_nobody_vouches_for_is_refused(scheme: str, secure: int) -> None:
    assert "certificate verify failed: self-signed" in refusal(brokers.check, f"{scheme}://localhost:{secure}/")


@pytest.mark.parametrize("scheme", ["rediss", "amqps"])
def test_a_broker_with_the_certificate_of_another_host_is_refused(
    scheme: str, secure: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert "certificate is not valid for" in refusal(brokers.check, f"{scheme}://localhost:{secure}/")


def test_a_database_that_says_nothing_is_waited_for_less_long_than_a_request_may_take(
    mute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrapes and pages held a web worker each for more than two minutes, until none was left to say that it lives."""
    assert database.NOTICES["connect_timeout"] <= 10
    monkeypatch.setitem(database.NOTICES, "connect_timeout", 2)
    found = database.settings(f"postgresql://u@{mute}/d", Home(Path("/nowhere")))
    began = time.monotonic()
    with pytest.raises(OperationalError, match="timeout"):
        psycopg.connect(host="127.0.0.1", port=found["PORT"], dbname="d", user="u", **found["OPTIONS"])
    assert time.monotonic() - began < 9
