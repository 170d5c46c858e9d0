"""Bounces (RFC 3464) and complaints (RFC 5965) as mail servers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from channels.base import UNDATED, NotAReceipt, ReceiptEvent, ReceiptKind
from channels.email.reports import read, signature

KEY = "3f0e6a52-7f0f-4a54-9a4e-0c2f6d7b8a91"
SECRET = "only-the-mail-server-knows"
AT = datetime(2026, 3, 10, 11, 0, 5, tzinfo=UTC)

POSTFIX = f"""\
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@example.com
Date: Tue, 10 Mar 2026 12:00:05 +0100
Message-ID: <20260310110005.B2A2F3A@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="B2A2F3A.1773140405/mx.example"

This is a MIME-encapsulated message.

--B2A2F3A.1773140405/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B2A2F3A.1773140405/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: B2A2F3A
Arrival-Date: Tue, 10 Mar 2026 12:00:01 +0100

Final-Recipient: rfc822; Ada@Example.com
Original-Recipient: rfc822;ada@example.com
Action: {{action}}
Status: {{status}}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address
    rejected: User unknown

--B2A2F3A.1773140405/mx.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Shop <shop@example.com>
To: ada@example.com
Message-ID: <{KEY}@example.com>
X-Chorale-Message: {KEY}

--B2A2F3A.1773140405/mx.example--
"""

COMPLAINT = f"""\
From: <abusedesk@provider.example>
Date: Tue, 10 Mar 2026 11:00:05 +0000
Subject: FW: Hello
To: <abuse@example.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part
Content-Type: message/feedback-report

Feedback-Type: {{kind}}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <Ada@example.com>

--part
Content-Type: message/rfc822
Content-Disposition: inline

From: <shop@example.com>
To: <undisclosed>
Subject: Hello
Message-ID: <{KEY}@example.com>

Dear Ada
--part--
"""


def posted(mail: str, secret: str = SECRET, header: str | None = None) -> HttpRequest:
    body = mail.replace("\n", "\r\n").encode()
    proof = signature(body, secret) if header is None else header
    return RequestFactory().post(
        "/hooks/token/", body, content_type="message/rfc822", headers={"X-Chorale-Signature": proof}
    )


def bounce(action: str = "failed", status: str = "5.1.1", mail: str = POSTFIX) -> list[ReceiptEvent]:
    return read(posted(mail.replace("{action}", action).replace("{status}", status)), SECRET)


def test_a_dead_address_bounces_with_the_servers_words() -> None:
    [event] = bounce()
    assert (event.kind, event.message_key, event.address) == (ReceiptKind.BOUNCED, KEY, "ada@example.com")
    assert event.happened_at == AT
    assert event.text.startswith("550 5.1.1 <ada@example.com>: Recipient address")
    assert "\n" not in event.text
    assert event.payload["status"] == "5.1.1"


def test_many_reports_come_in_one_digest() -> None:
    first = POSTFIX.replace("{action}", "delivered").replace("{status}", "2.0.0")
    second = COMPLAINT.replace("{kind}", "abuse")
    digest = f"--d\n\n{first}\n--d\nContent-Type: message/rfc822\n\n{second}\n--d--\n"
    request = posted(digest)
    request.content_type, request.content_params = "multipart/digest", {"boundary": "d"}
    assert [event.kind for event in read(request, SECRET)] == [ReceiptKind.DELIVERED, ReceiptKind.COMPLAINED]
    request.content_params = {}
    with pytest.raises(NotAReceipt):
        read(request, "another secret")


def test_a_digest_whose_boundary_is_not_named_tells_nothing() -> None:
    request = posted("--d\n\nhello\n--d--\n")
    request.content_type, request.content_params = "multipart/digest", {}
    with pytest.raises(NotAReceipt):
        read(request, SECRET)


@pytest.mark.parametrize("status", ["5.2.2", "5.3.4", "5.7.1", "4.4.7", "5.4.1", "5.1.8"])
def test_what_says_nothing_about_the_address_is_a_failure_alone(status: str) -> None:
    assert [event.kind for event in bounce(status=status)] == [ReceiptKind.FAILED]


def test_what_is_delayed_is_not_settled_and_what_is_delivered_is() -> None:
    assert bounce("delayed", "4.4.1") == []
    assert [event.kind for event in bounce("delivered", "2.0.0")] == [ReceiptKind.DELIVERED]
    assert [event.kind for event in bounce("Relayed", "2.0.0 (ok)")] == [ReceiptKind.DELIVERED]


def test_the_same_report_has_the_same_key_and_another_fate_another_one() -> None:
    assert bounce()[0].key == bounce()[0].key
    assert bounce()[0].key != bounce("delivered", "2.0.0")[0].key


def test_the_envelope_id_names_the_message_where_nothing_of_it_came_back() -> None:
    without = POSTFIX.replace(KEY, "none")
    named = without.replace("Reporting-MTA:", f"Original-Envelope-Id: {KEY}\nReporting-MTA:")
    assert bounce(mail=named)[0].message_key == KEY
    [nameless] = bounce(mail=without)
    assert (nameless.message_key, nameless.address) == ("", "ada@example.com")


def test_each_recipient_of_a_report_is_told_of() -> None:
    second = "Final-Recipient: rfc822; ben@example.com\nAction: failed\nStatus: 5.2.1\n"
    events = bounce(
        mail=POSTFIX.replace(
            "\n--B2A2F3A.1773140405/mx.example\nContent-Description: Und",
            f"\n{second}\n--B2A2F3A.1773140405/mx.example\nContent-Description: Und",
        )
    )
    assert [(event.address, event.kind) for event in events] == [
        ("ada@example.com", ReceiptKind.BOUNCED),
        ("ben@example.com", ReceiptKind.BOUNCED),
    ]
    assert events[1].text == "5.2.1"


# As servers really write them --------------------------------------------------------------------------------------


def test_what_exim_says_of_a_mailbox_stands_in_its_diagnosis() -> None:
    """Exim's status is always 5.0.0."""
    [event] = bounce(status="5.0.0")
    assert event.kind is ReceiptKind.BOUNCED
    full = POSTFIX.replace("550 5.1.1 <ada@example.com>: Recipient address", "552-5.2.2 over quota").replace(
        "    rejected: User unknown\n", ""
    )
    assert [event.kind for event in bounce(status="5.0.0", mail=full)] == [ReceiptKind.FAILED]


def test_a_status_that_is_missing_is_read_from_the_diagnosis() -> None:
    [event] = bounce(mail=POSTFIX.replace("Status: {status}\n", ""))
    assert (event.kind, event.text[:9]) == (ReceiptKind.BOUNCED, "550 5.1.1")


def test_a_diagnosis_without_its_type_is_told_as_it_is() -> None:
    [event] = bounce(mail=POSTFIX.replace("Diagnostic-Code: smtp; 550", "Diagnostic-Code: 550"))
    assert event.text.startswith("550 5.1.1 <ada@example.com>")


def test_a_report_in_one_block_is_of_its_recipient() -> None:
    """Some servers leave out the blank line before the recipient."""
    [event] = bounce(mail=POSTFIX.replace("12:00:01 +0100\n\nFinal", "12:00:01 +0100\nFinal"))
    assert (event.kind, event.address, event.message_key) == (ReceiptKind.BOUNCED, "ada@example.com", KEY)


def test_a_report_that_does_not_name_its_type_is_known_by_its_part() -> None:
    assert [event.kind for event in bounce(mail=POSTFIX.replace(" report-type=delivery-status;", ""))] == [
        ReceiptKind.BOUNCED
    ]


@pytest.mark.parametrize("date", ["", "Date: yesterday evening\n"])
def test_a_report_without_a_date_counts_from_when_it_comes_in(date: str) -> None:
    [event] = bounce(mail=POSTFIX.replace("Date: Tue, 10 Mar 2026 12:00:05 +0100\n", date))
    assert (event.kind, event.happened_at) == (ReceiptKind.BOUNCED, UNDATED)


EXCHANGE = f"""\
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>
To: <bounces@example.com>
Date: Tue, 10 Mar 2026 11:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_000_"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <9d3b0ad1-53c9-4c1c-8f3a-0a8a4e5b6c7d@DB9PR08MB1.eurprd08.prod.outlook.com>
In-Reply-To: <{KEY}@example.com>
References: <{KEY}@example.com>
Subject: Undeliverable: Hello
Auto-Submitted: auto-replied

--_000_
Content-Type: text/html; charset="us-ascii"

<p>Your message to ada@example.com couldn't be delivered.</p>

--_000_
Content-Type: message/delivery-status

Reporting-MTA: dns;DB9PR08MB1.eurprd08.prod.outlook.com
Received-From-MTA: dns;mail.example.com
Arrival-Date: Tue, 10 Mar 2026 11:00:03 +0000

Final-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup

--_000_--
"""


def test_a_report_of_exchange_is_about_the_message_that_it_answers_and_not_about_itself() -> None:
    [event] = read(posted(EXCHANGE), SECRET)
    assert (event.kind, event.message_key, event.address) == (ReceiptKind.BOUNCED, KEY, "ada@example.com")
    assert "RecipientNotFound; Recipient" in event.text


def test_a_complaint_is_one_and_another_feedback_is_none() -> None:
    [event] = read(posted(COMPLAINT.replace("{kind}", "abuse")), SECRET)
    assert (event.kind, event.message_key, event.address) == (ReceiptKind.COMPLAINED, KEY, "ada@example.com")
    assert event.happened_at == AT
    assert read(posted(COMPLAINT.replace("{kind}", "not-spam")), SECRET) == []


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=00", "ü", signature(b"other", SECRET)])
def test_a_report_that_is_not_signed_is_none(header: str) -> None:
    with pytest.raises(NotAReceipt, match="X-Chorale-Signature"):
        read(posted(POSTFIX, header=header), SECRET)


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(NotAReceipt):
        read(posted(POSTFIX, secret=""), "")


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        ("", "neither a delivery status nor a feedback report"),
        ("Subject: Out of office\n\nI am away.", "neither a delivery status nor a feedback report"),
        (POSTFIX.replace("message/delivery-status", "text/plain"), "no part message/delivery-status"),
    ],
)
def test_what_is_no_report_is_a_sentence(mail: str, words: str) -> None:
    with pytest.raises(NotAReceipt, match=words):
        read(posted(mail), SECRET)
