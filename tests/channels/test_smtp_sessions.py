"""Conversations with SMTP servers: pipelined or not, refused at each stage, broken at each stage."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.base import BadSettings, Fate, Outgoing, Result
from channels.email import session
from channels.email.adapter import Email
from tests.cast import NOW
from tests.channels.smtp_server import CUT, ENDLESS, Server, listening

VALUES = {
    "host": "127.0.0.1",
    "security": "none",
    "username": "",
    "password": "",
    "from_address": "shop@example.com",
    "from_name": "Shop",
    "reply_to": "",
    "return_path": "bounces@example.com",
    "bounce_secret": "",
    "timeout": 1,
}


@pytest.fixture
def server() -> Iterator[Server]:
    with listening(Server()) as running:
        yield running


Send = Callable[..., list[Result]]


@pytest.fixture
def send(server: Server) -> Send:
    """Send a window, or several over one connection, and return the results in order."""

    def send(*sizes: int, **changed: object) -> list[Result]:
        adapter = Email({**VALUES, "port": server.port, **changed})
        with adapter.connection():
            return [result for size in sizes or (1,) for result in adapter.send(window(size))]

    return send


def window(size: int) -> Sequence[Outgoing]:
    return [
        Outgoing(number, f"{number:08}-0000-4000-8000-000000000000", 1, f"m{number}@example.com", "Hi", "Hi", now=NOW)
        for number in range(size)
    ]


def fates(results: list[Result]) -> list[Fate]:
    return [result.fate for result in results]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_windows_share_one_connection_with_pipelining_and_without(
    server: Server, send: Send, extensions: tuple[str, ...]
) -> None:
    server.extensions = extensions
    results = send(3, 2)
    assert fates(results) == [Fate.SENT] * 5
    assert {result.carrier_id for result in results} == {"4711"}
    assert server.commands == [["EHLO", *["MAIL", "RCPT", "DATA"] * 5, "QUIT"]]
    assert len(server.mails) == 5


def test_an_envelope_travels_as_a_whole_where_the_server_pipelines(server: Server, send: Send) -> None:
    server.patient = True
    assert fates(send(3)) == [Fate.SENT] * 3


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_refused_recipient_does_not_disturb_the_next_one(
    server: Server, send: Send, extensions: tuple[str, ...]
) -> None:
    server.extensions = extensions
    server.will("RCPT", "250 ok", "550 5.1.1 no such user", "451 4.7.1 greylisted", "250 ok")
    server.will("DATA", "354 go on", *(["554 no valid recipients"] * 2 if extensions else []), "354 go on")
    results = send(4)
    assert fates(results) == [Fate.SENT, Fate.REFUSED, Fate.AGAIN, Fate.SENT]
    assert (results[1].words, results[2].words) == ("550 5.1.1 no such user", "451 4.7.1 greylisted")
    assert not any(result.carrier_wide for result in results)
    assert len(server.mails) == 2


def test_a_server_that_waits_for_a_mail_without_recipients_gets_none(server: Server, send: Send) -> None:
    server.will("RCPT", "550 no", "250 ok")
    server.will(".", "554 no valid recipients", "250 ok")
    assert fates(send(2)) == [Fate.REFUSED, Fate.SENT]
    assert len(server.mails) == 1


@pytest.mark.parametrize(("answer", "fate"), [("552 too big", Fate.REFUSED), ("451 busy", Fate.AGAIN)])
def test_what_the_server_says_to_the_whole_mail_counts(server: Server, send: Send, answer: str, fate: Fate) -> None:
    server.will(".", answer, "250 ok")
    assert fates(send(2)) == [fate, Fate.SENT]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("hangs_up_at", ["DATA", "RSET"])
def test_a_server_that_hangs_up_on_whom_it_refuses_has_refused(
    server: Server, send: Send, extensions: tuple[str, ...], hangs_up_at: str
) -> None:
    server.extensions = extensions
    server.will("RCPT", "550 5.1.1 no such user", "250 ok")
    if extensions:
        server.will("DATA", CUT if hangs_up_at == "DATA" else "503 no recipients", "354 go on")
    server.will("RSET", CUT)
    results = send(3)
    assert fates(results) == [Fate.REFUSED, Fate.SENT, Fate.SENT]
    assert results[0].words == "550 5.1.1 no such user"


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ("200 fine", Fate.SENT),
        ("299 fine", Fate.SENT),
        ("354 go on", Fate.UNKNOWN),
        ("123 hm", Fate.UNKNOWN),
        ("600 what", Fate.UNKNOWN),
        ("421 4.3.0 closing", Fate.AGAIN),
    ],
)
def test_only_a_yes_is_a_yes_and_only_a_no_is_a_no(server: Server, send: Send, answer: str, fate: Fate) -> None:
    server.will(".", answer)
    assert fates(send(1)) == [fate]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_server_that_is_pleased_with_an_envelope_has_no_mail(
    server: Server, send: Send, extensions: tuple[str, ...]
) -> None:
    server.extensions = extensions
    server.will("DATA", "250 thanks", "354 go on")
    assert fates(send(2)) == [Fate.AGAIN, Fate.SENT]
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        ("550 5.1.1 no such user", True),
        ("550-5.1.1 The email account that you tried to reach does not exist", True),
        ("550 #5.1.0 Address rejected.", True),
        ("550 no such user", False),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 client 127.5.1.1 is blocked", False),
        ("450 4.1.1 try again", False),
    ],
)
def test_a_refusal_that_says_so_is_of_a_dead_address(server: Server, send: Send, answer: str, dead: bool) -> None:
    server.will("RCPT", answer.replace("550-", "550 "))
    [result] = send(1)
    assert result.dead_address is dead


def test_a_refused_sender_concerns_all_mails(server: Server, send: Send) -> None:
    server.will("MAIL", "553 sender not allowed")
    results = send(3)
    assert fates(results) == [Fate.AGAIN] * 3
    assert all(result.carrier_wide and result.words == "553 sender not allowed" for result in results)


def test_a_mail_too_big_to_begin_with_is_refused_alone(server: Server, send: Send) -> None:
    server.will("MAIL", "552 too big", "250 ok")
    server.will("RCPT", "503 no sender", "250 ok")
    server.will("DATA", "503 no sender", "354 go on")
    assert fates(send(2)) == [Fate.REFUSED, Fate.SENT]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_a_connection_that_ends_between_mails_is_opened_anew(
    server: Server, send: Send, extensions: tuple[str, ...]
) -> None:
    server.extensions = extensions
    server.will("MAIL", "250 ok", "421 too many mails in one connection", "250 ok")
    assert fates(send(3)) == [Fate.SENT] * 3
    assert len(server.commands) == 2
    assert len(server.mails) == 3


def test_a_mail_on_which_connections_break_waits_and_the_others_go(server: Server, send: Send) -> None:
    server.will("RCPT", CUT, CUT, "250 ok")
    results = send(3)
    assert fates(results) == [Fate.AGAIN, Fate.SENT, Fate.SENT]
    assert not any(result.carrier_wide for result in results)


def test_a_carrier_on_which_every_connection_breaks_is_at_fault(server: Server, send: Send) -> None:
    server.will("RCPT", CUT)
    results = send(20)
    assert fates(results) == [Fate.AGAIN] * 20
    assert [result.carrier_wide for result in results] == [False, *[True] * 19]
    assert len(server.commands) == 3


def test_a_connection_that_breaks_after_a_whole_mail_leaves_it_in_doubt(server: Server, send: Send) -> None:
    server.will(".", "250 ok", CUT)
    results = send(4)
    assert fates(results) == [Fate.SENT, Fate.UNKNOWN, Fate.AGAIN, Fate.AGAIN]
    assert [result.carrier_wide for result in results] == [False, True, True, True]


def test_an_answer_that_is_none_leaves_a_whole_mail_in_doubt(server: Server, send: Send) -> None:
    server.will(".", "hello there")
    assert fates(send(1)) == [Fate.UNKNOWN]


@pytest.mark.parametrize(("command", "fate"), [("EHLO", Fate.AGAIN), ("RCPT", Fate.AGAIN), (".", Fate.UNKNOWN)])
def test_an_answer_without_end_holds_up_nobody(server: Server, send: Send, command: str, fate: Fate) -> None:
    server.will(command, ENDLESS)
    [result] = send(1)
    assert result.fate is fate
    assert "does not end" in result.words


@pytest.mark.parametrize("greeting", ["554 go away", CUT, "nonsense", ENDLESS])
def test_a_server_that_does_not_greet_is_away(server: Server, send: Send, greeting: str) -> None:
    server.greeting = greeting
    results = send(2)
    assert fates(results) == [Fate.AGAIN] * 2
    assert all(result.carrier_wide and result.words for result in results)


def test_a_wrong_password_concerns_all_mails(server: Server, send: Send) -> None:
    server.extensions = ("PIPELINING", "AUTH PLAIN")
    server.will("AUTH", "535 5.7.8 wrong password")
    results = send(2, username="shop", password="wrong")
    assert fates(results) == [Fate.AGAIN] * 2
    assert all(result.carrier_wide and result.words == "535 5.7.8 wrong password" for result in results)


@pytest.mark.parametrize("changed", [{"username": "shop", "password": "pässwörd"}, {"host": "mail..example"}])
def test_settings_beyond_ascii_leave_mails_waiting_and_in_no_doubt(
    server: Server, send: Send, changed: dict[str, str]
) -> None:
    server.extensions = ("PIPELINING", "AUTH PLAIN")
    results = send(2, **changed)
    assert [(result.fate, result.carrier_wide) for result in results] == [(Fate.AGAIN, True)] * 2


def test_a_challenge_that_is_rubbish_leaves_mails_waiting_and_in_no_doubt(server: Server, send: Send) -> None:
    server.extensions = ("AUTH CRAM-MD5",)
    server.will("AUTH", "334 abc")
    results = send(2, username="shop", password="secret")
    assert {(result.fate, result.carrier_wide) for result in results} == {(Fate.AGAIN, True)}


def test_a_sender_beyond_ascii_is_written_as_the_wire_wants_it(server: Server, send: Send) -> None:
    changed = {"from_address": "shop@bücher.example", "reply_to": "help@bücher.example", "return_path": ""}
    Email.check({**VALUES, "port": server.port, **changed})
    assert fates(send(1, **changed)) == [Fate.SENT]
    assert b"MAIL FROM:<shop@xn--bcher-kva.example>\r\n" in server.lines
    head = server.mails[0].partition(b"\r\n\r\n")[0].decode("ascii")
    assert "From: Shop <shop@xn--bcher-kva.example>" in head
    assert "Reply-To: help@xn--bcher-kva.example" in head
    assert "Message-ID: <00000000-0000-4000-8000-000000000000@xn--bcher-kva.example>" in head


def test_a_server_without_starttls_gets_nothing_in_the_clear(server: Server, send: Send) -> None:
    assert fates(send(1, security="starttls")) == [Fate.AGAIN]
    assert "MAIL" not in server.commands[0]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test.invalid")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_whose_certificate_is_good_is_talked_to_in_secret(
    server: Server, send: Send, certificate: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    secure(server, certificate, security)
    monkeypatch.setattr(session, "_trust", lambda: ssl.create_default_context(cafile=str(certificate)))
    assert fates(send(2, security=security)) == [Fate.SENT] * 2
    assert server.commands[0].count("STARTTLS") == (security == "starttls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_whose_certificate_nobody_knows_gets_nothing(
    server: Server, send: Send, certificate: Path, security: str
) -> None:
    secure(server, certificate, security)
    [result] = send(1, security=security)
    assert (result.fate, result.carrier_wide) == (Fate.AGAIN, True)
    assert "certificate verify failed" in result.words
    assert server.mails == []


def secure(server: Server, certificate: Path, security: str) -> None:
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate)
    server.tls_at_once = security == "tls"
    server.extensions = ("PIPELINING", "STARTTLS")


def test_a_mail_that_cannot_be_written_is_refused_alone(server: Server) -> None:
    adapter = Email({**VALUES, "port": server.port})
    good = window(1)[0]
    bad = Outgoing(7, good.key, 1, "eve@example.com\r\nRCPT TO:<all@example.com>", "Hi", "Hi", now=NOW)
    with adapter.connection():
        results = {result.message_id: result for result in adapter.send([bad, good])}
    assert (results[7].fate, results[7].reason) == (Fate.REFUSED, "not_rendered")
    assert results[0].fate is Fate.SENT
    assert server.commands[0].count("RCPT") == 1


def test_the_envelope_asks_for_the_key_back_where_the_server_can(server: Server, send: Send) -> None:
    server.extensions = ("PIPELINING", "DSN")
    assert fates(send(1)) == [Fate.SENT]
    assert b"MAIL FROM:<bounces@example.com> RET=HDRS ENVID=00000000-0000-4000-8000-000000000000\r\n" in server.lines


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"security": "ssl"}, "write none, starttls or tls"),
        ({"port": 70000}, "between 1 and 65535"),
        ({"timeout": 0}, "between 1 and 120"),
        ({"username": "shop"}, "“Password” is missing"),
        ({"from_address": "shop"}, "“From”: “shop” is not one e-mail address"),
        ({"reply_to": "a@b.example, c@d.example"}, "“Reply to”"),
        ({"from_name": "Shop\nBcc: x"}, "one line"),
    ],
)
def test_wrong_settings_are_a_sentence(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        Email.check({**VALUES, "port": 25, **wrong})
