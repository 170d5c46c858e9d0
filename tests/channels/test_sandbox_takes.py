"""The sandbox takes messages by SMTP, sendsms and the Bot API, and misbehaves on demand."""

from __future__ import annotations

import smtplib
import socket
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from channels.sandbox.behaviour import Deed
from channels.sandbox.journal import AlreadyRunning, Journal
from channels.sandbox.kannel import filled
from tests.carrier import Carrier, in_thread


def mail(key: str, text: str = "Hello", html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "shop@example.com", "ada@example.com", "Grüße"
    made["X-Chorale-Message"] = key
    made["Message-ID"] = f"<{key}@example.com>"
    made["List-Unsubscribe"] = "<http://127.0.0.1/u/abc>"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def hand_over(carrier: Carrier, made: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", carrier.ports.smtp, timeout=10) as smtp:
        smtp.send_message(made)


def sms(carrier: Carrier, key: str = "", to: str = "+4915550100001", text: str = "Hello") -> httpx.Response:
    fields = {"username": "chorale", "password": "sandbox", "from": "Chorale", "to": to, "text": text}
    fields |= {"dlr-mask": "19", "dlr-url": f"http://127.0.0.1:1/hooks/t/?message={key}&signature=s&type=%d"}
    return carrier.client.get("/cgi-bin/sendsms", params=fields)


def chat(carrier: Carrier, text: str = "Hello", to: str = "1001", key: str = "") -> httpx.Response:
    headers = {"X-Chorale-Message": key} if key else {}
    body = {"chat_id": to, "text": text}
    return carrier.client.post("/bot1:token/sendMessage", json=body, headers=headers)


def test_a_mail_is_taken_whole(carrier: Carrier) -> None:
    key = str(uuid4())
    hand_over(
        carrier, mail(key, "Grüß dich\n.\n..dots http://127.0.0.1/l/a.\n", "<a href='http://127.0.0.1/l/b'>B</a>")
    )
    [entry] = carrier.log(key=key)
    assert (entry["channel"], entry["address"], entry["subject"]) == ("email", "ada@example.com", "Grüße")
    assert entry["text"].splitlines() == ["Grüß dich", ".", "..dots http://127.0.0.1/l/a."]
    assert entry["links"] == ["http://127.0.0.1/l/a", "http://127.0.0.1/l/b"]
    assert (entry["stop_url"], entry["message_id"]) == ("http://127.0.0.1/u/abc", f"<{key}@example.com>")
    assert "X-Chorale-Message: " + key in carrier.mail(key)


def test_a_sendsms_call_is_taken_and_answered_like_kannel_does(carrier: Carrier) -> None:
    key = str(uuid4())
    answer = sms(carrier, key, text="Grüße, sieh http://127.0.0.1/l/a!")
    assert (answer.status_code, answer.text) == (202, "0: Accepted for delivery")
    [entry] = carrier.log(key=key)
    assert (entry["address"], entry["text"]) == ("+4915550100001", "Grüße, sieh http://127.0.0.1/l/a!")
    assert entry["links"] == ["http://127.0.0.1/l/a"]
    assert entry["receipt_mask"] == "19"


def test_a_sendsms_call_without_a_login_or_a_number_is_turned_away(carrier: Carrier) -> None:
    url = "/cgi-bin/sendsms"
    assert carrier.client.get(url, params={"to": "+49155", "text": "x"}).status_code == 403
    assert carrier.client.get(url, params={"username": "a", "password": "b", "text": "x"}).status_code == 400
    assert carrier.log() == []


def test_send_message_is_answered_like_telegram_does(carrier: Carrier) -> None:
    key = str(uuid4())
    answer = chat(carrier, key=key).json()
    assert answer["ok"]
    assert answer["result"]["chat"]["id"] == 1001
    assert [entry["carrier_id"] for entry in carrier.log(key=key)] == [str(answer["result"]["message_id"])]


def test_the_same_words_to_the_same_chat_count_as_the_same_message_where_no_key_is_given(carrier: Carrier) -> None:
    text = f"Hello {uuid4()}"
    chat(carrier, text)
    chat(carrier, text)
    [first, second] = carrier.taken(channel="chat")
    assert first["key"] == second["key"]
    assert carrier.twice()[first["key"]] == 2


def test_what_nobody_knows_is_404(carrier: Carrier) -> None:
    assert carrier.client.get("/nothing").status_code == 404
    assert carrier.client.post("/bot1:token/banChatMember").json()["ok"] is False


def test_a_refusal_is_said_in_each_dialect(carrier: Carrier) -> None:
    carrier.misbehave(Deed.REFUSE)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        hand_over(carrier, mail(str(uuid4())))
    assert refused.value.smtp_code == 550
    assert sms(carrier).status_code == 403
    assert chat(carrier).json()["error_code"] == 403
    assert [entry["did"] for entry in carrier.log()] == ["refuse"] * 3
    assert carrier.taken() == []


def test_a_busy_carrier_asks_to_come_back(carrier: Carrier) -> None:
    carrier.misbehave(Deed.BUSY, seconds=7)
    with pytest.raises(smtplib.SMTPDataError) as busy:
        hand_over(carrier, mail(str(uuid4())))
    assert busy.value.smtp_code == 451
    assert sms(carrier).status_code == 503
    assert chat(carrier).json()["parameters"] == {"retry_after": 7}
    assert carrier.taken() == []


def test_a_carrier_that_vanishes_has_the_message(carrier: Carrier) -> None:
    carrier.misbehave(Deed.VANISH)
    key = str(uuid4())
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        hand_over(carrier, mail(key))
    with pytest.raises(httpx.TransportError):
        sms(carrier)
    with pytest.raises(httpx.TransportError):
        chat(carrier)
    assert [entry["did"] for entry in carrier.taken()] == ["vanish"] * 3


def test_a_hanging_carrier_has_nothing_and_breaks_off_in_the_end(carrier: Carrier) -> None:
    carrier.misbehave(Deed.HANG, seconds=0.3)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        hand_over(carrier, mail(str(uuid4())))
    with pytest.raises(httpx.TransportError):
        sms(carrier)
    assert [entry["did"] for entry in carrier.log()] == ["hang"] * 2
    assert carrier.taken() == []


def test_a_rule_can_be_for_one_address_and_for_so_many_times(carrier: Carrier) -> None:
    carrier.control(rules=[{"do": "refuse", "channel": "sms", "address": "+4915550100002", "times": 1}])
    assert sms(carrier).status_code == 202
    assert sms(carrier, to="+4915550100002").status_code == 403
    assert sms(carrier, to="+4915550100002").status_code == 202


def test_a_share_of_messages_is_refused_for_good_and_busy_for_some_attempts(carrier: Carrier) -> None:
    keys = [str(uuid4()) for _ in range(200)]
    carrier.misbehave(Deed.REFUSE, share=0.3)
    first = [sms(carrier, key).status_code for key in keys]
    assert 30 < first.count(403) < 90
    assert [sms(carrier, key).status_code for key in keys] == first
    carrier.misbehave(Deed.BUSY, share=0.5)
    again = [sms(carrier, key).status_code for key in keys]
    assert [sms(carrier, key).status_code for key in keys] != again


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"rules": [{"do": "explode"}]}, "do must be one of refuse"),
        ({"rules": [{"do": "refuse", "chance": 1}]}, "no chance"),
        ({"hooks": {"sms": {"url": "http://example.com/"}}}, "not on this machine"),
        ({"hooks": {"sms": {"url": "https://127.0.0.1/"}}}, "not on this machine"),
        ({"profile": "wild"}, "profile must be one of"),
        ({"profile": {"sms": {"exploded": 1}}}, "profile must look like"),
        ({"speed": 1}, "nothing to control by speed"),
    ],
)
def test_a_control_that_makes_no_sense_is_one_sentence_and_changes_nothing(
    carrier: Carrier, parts: dict[str, object], words: str
) -> None:
    answer = carrier.client.post("/control", json=parts)
    assert answer.status_code == 400
    assert words in answer.text
    assert sms(carrier).status_code == 202


def test_the_log_survives_a_restart_and_a_line_that_was_cut_off(tmp_path: Path) -> None:
    key = str(uuid4())
    with in_thread(tmp_path) as ports:
        sms(Carrier(ports), key)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"number": 1, "at": "2026')
    with in_thread(tmp_path) as ports:
        again = Carrier(ports)
        sms(again, key)
        assert [entry["number"] for entry in again.log(key=key)] == [0, 1]
        assert again.twice() == {key: 2}


def test_two_sandboxes_do_not_write_into_one_log(tmp_path: Path) -> None:
    with in_thread(tmp_path), pytest.raises(AlreadyRunning, match="another sandbox writes to"):
        Journal(tmp_path / "journal.jsonl")


def test_a_receipt_address_that_makes_no_sense_is_a_failed_call(carrier: Carrier) -> None:
    carrier.clock(datetime(2026, 3, 10, tzinfo=UTC))
    fields = {"username": "a", "password": "b", "text": "x"}
    for to, url, mask in (
        ("1", "http://127.0.0.1:99999/", "3"),
        ("2", "http://[::1", "3"),
        ("3", "http://127.0.0.1/", "x"),
    ):
        carrier.client.get("/cgi-bin/sendsms", params={**fields, "to": to, "dlr-url": url, "dlr-mask": mask})
        carrier.react("delivered", channel="sms", address=to)
    assert len(carrier.flush()["failed"]) == 3


def test_the_log_is_its_owner_s_alone(tmp_path: Path) -> None:
    with in_thread(tmp_path / "sandbox"):
        assert (tmp_path / "sandbox").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "sandbox" / "journal.jsonl").stat().st_mode & 0o777 == 0o600


def test_pipelined_mails_and_half_requests_do_not_confuse_it(carrier: Carrier) -> None:
    with socket.create_connection(("127.0.0.1", carrier.ports.smtp), timeout=10) as connection:
        lines = connection.makefile("rb")
        lines.readline()
        connection.sendall(b"EHLO test\r\n")
        while b"-" in lines.readline()[:4]:
            continue
        envelope = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
        connection.sendall(envelope)
        assert [lines.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
        connection.sendall(b"Subject: One\r\n\r\n..One\r\n.\r\n" + envelope)
        assert [lines.readline()[:3] for _ in range(4)] == [b"250", b"250", b"250", b"354"]
        connection.sendall(b"Subject: Two\r\n\r\nTwo\r\n.\r\nQUIT\r\n")
        assert [lines.readline()[:3] for _ in range(2)] == [b"250", b"221"]
    with socket.create_connection(("127.0.0.1", carrier.ports.http), timeout=10) as connection:
        connection.sendall(b"GET /log HTTP/1.1\r\nHo")
    assert [(entry["subject"], entry["text"].strip()) for entry in carrier.log()] == [("One", ".One"), ("Two", "Two")]


def test_it_calls_nobody_beyond_this_machine(carrier: Carrier) -> None:
    fields = {
        "username": "a",
        "password": "b",
        "to": "+49155",
        "text": "x",
        "dlr-mask": "3",
        "dlr-url": "http://192.0.2.1/",
    }
    carrier.clock(datetime(2026, 3, 10, tzinfo=UTC))
    carrier.client.get("/cgi-bin/sendsms", params=fields)
    carrier.react("delivered", channel="sms", address="+49155")
    [words] = carrier.flush()["failed"]
    assert words.endswith("the address is not on this machine")
    carrier.react("clicked", channel="sms", address="+49155", text="https://example.com/")
    [words] = carrier.flush()["failed"]
    assert words.endswith("the address is not on this machine")


def test_kannel_fills_in_what_it_knows_and_leaves_the_rest() -> None:
    assert filled("/?a=%a&d=%d&p=100%%&x=%x&end=%", {"a": "ü &", "d": "1"}) == "/?a=%C3%BC%20%26&d=1&p=100%&x=%x&end=%"
