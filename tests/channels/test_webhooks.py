"""Webhooks: carriers report in their own dialect, signed; whatever else knocks is sent away with a sentence."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from channels import senders
from channels.addresses import hook_url, receipt_url
from channels.email.reports import signature
from channels.models import Receipt, Sender
from channels.sandbox.senders import Installed, create
from channels.sandbox.server import Ports
from channels.views.hooks import LARGEST_BODY
from members.models import Consent, Suppression, Touchpoint
from tests import cast
from tests.channels import deliveries
from tests.channels.departed import message

pytestmark = pytest.mark.django_db

BOUNCE = """\
From: mailer-daemon@example.com
Date: Tue, 10 Mar 2026 11:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.com

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b
Content-Type: text/rfc822-headers

X-Chorale-Message: {key}

--b--
"""


@pytest.fixture
def installed(db: None) -> Installed:
    return create(Ports(smtp=2525, http=8025))


def path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def hook(sender: Sender) -> str:
    return urlsplit(hook_url(sender.token)).path


def test_a_delivery_report_of_kannel(client: Client, installed: Installed) -> None:
    sent = message(cast.ada(), installed.sms)
    url = (
        path(receipt_url(installed.sms.token, str(sent.public_id))) + "&type=1&at=1773140400&answer=stat%3ADELIVRD&id=7"
    )
    first, again = client.get(url), client.get(url)
    assert (first.status_code, first.content) == (200, b"1 new, 0 repeated, 0 unknown\n")
    assert again.content == b"0 new, 1 repeated, 0 unknown\n"
    assert deliveries.states(sent) == [("delivered", "")]


def test_a_reply_by_kannel(client: Client, installed: Installed) -> None:
    message(cast.ada(), installed.sms)
    text = "%D1%81%D1%82%D0%BE%D0%BF"
    answer = client.get(
        f"{hook(installed.sms)}?from=%2B4915550100001&to=1&text={text}&charset=UTF-8&at=1773140400&id=9"
    )
    assert answer.status_code == 200
    assert Consent.objects.filter(channel="sms", granted=False).count() == 2


def test_an_update_of_telegram(client: Client, installed: Installed) -> None:
    message(cast.ada(), installed.chat)
    chat = {"id": 1001, "type": "private"}
    update = {"update_id": 5, "message": {"message_id": 9, "date": 1773140400, "chat": chat, "text": "Thanks!"}}
    secret = senders.values(installed.chat)["webhook_secret"]
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    answer = client.post(hook(installed.chat), update, content_type="application/json", headers=headers)
    assert answer.content == b"1 new, 0 repeated, 0 unknown\n"
    assert [point.text for point in Touchpoint.objects.all()] == ["Thanks!"]


def test_a_bounce(client: Client, installed: Installed) -> None:
    sent = message(cast.ada(), installed.email)
    body = BOUNCE.format(key=sent.public_id).replace("\n", "\r\n")
    secret = senders.values(installed.email)["bounce_secret"]
    headers = {"X-Chorale-Signature": signature(body.encode(), secret)}
    answer = client.post(hook(installed.email), body, content_type="message/rfc822", headers=headers)
    assert answer.content == b"1 new, 0 repeated, 0 unknown\n"
    sent.refresh_from_db()
    assert (sent.state, sent.reason, sent.words) == ("failed", "bounced", "550 5.1.1 User unknown")
    assert Suppression.objects.filter(address="ada@example.com").exists()


def test_a_call_that_is_not_signed_is_forbidden_and_leaves_nothing(client: Client, installed: Installed) -> None:
    sent = message(cast.ada(), installed.sms)
    signed = path(receipt_url(installed.sms.token, str(sent.public_id)))
    other = message(cast.chidi(), installed.sms)
    forged = signed.replace(str(sent.public_id), str(other.public_id)) + "&type=1&at=1773140400"
    bounce = BOUNCE.format(key=sent.public_id)
    calls = [
        client.get(forged),
        client.get(hook(installed.sms)),
        client.post(hook(installed.email), bounce, content_type="message/rfc822"),
        client.post(hook(installed.chat), {"update_id": 1}, content_type="application/json"),
        client.get(hook(installed.desk)),
    ]
    assert [call.status_code for call in calls] == [403] * 5
    for call in calls:
        assert call["Content-Type"] == "text/plain; charset=utf-8"
        assert call.content.decode().strip().endswith(".")
    assert not Receipt.objects.exists()
    assert deliveries.states(sent, other) == [("sent", "")] * 2


def test_an_unknown_webhook_is_404(client: Client, db: None) -> None:
    answer = client.get("/hooks/nobody/")
    assert (answer.status_code, answer.content) == (404, b"There is no such webhook.\n")


def test_other_methods_are_not_allowed(client: Client, installed: Installed) -> None:
    assert client.put(hook(installed.sms)).status_code == 405


def test_a_body_that_is_too_large_is_not_read(client: Client, installed: Installed) -> None:
    answer = client.post(hook(installed.email), b"x" * (LARGEST_BODY + 1), content_type="message/rfc822")
    assert answer.status_code == 413
    assert b"1000000 bytes are the most" in answer.content


def test_carriers_bring_no_csrf_token(installed: Installed) -> None:
    strict = Client(enforce_csrf_checks=True)
    secret = senders.values(installed.chat)["webhook_secret"]
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    answer = strict.post(hook(installed.chat), {"update_id": 1}, content_type="application/json", headers=headers)
    assert answer.status_code == 200


def test_a_sender_that_was_switched_off_still_hears(client: Client, installed: Installed) -> None:
    sent = message(cast.ada(), installed.sms)
    Sender.objects.update(active=False)
    client.get(path(receipt_url(installed.sms.token, str(sent.public_id))) + "&type=1&at=1773140400")
    assert deliveries.states(sent) == [("delivered", "")]


def test_a_sender_whose_secrets_cannot_be_read_asks_to_come_back(client: Client, installed: Installed) -> None:
    Sender.objects.filter(pk=installed.chat.pk).update(secrets="rotten")
    answer = client.post(hook(installed.chat), {"update_id": 1}, content_type="application/json")
    assert answer.status_code == 503
    assert b"CHORALE_FIELD_KEYS" in answer.content
