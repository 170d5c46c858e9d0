"""Mails: what the sandbox reads from them, and the bounces and complaints that it makes of them."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import format_datetime

from channels.sandbox.calls import Call, links_in, named
from channels.sandbox.hooks import Hook
from channels.sandbox.journal import Entry
from channels.sandbox.reactions import Act
from channels.sandbox.taking import Handed

KEY_HEADER = "X-Chorale-Message"
SIGNATURE_HEADER = "X-Chorale-Signature"
_BLANK = b"\r\n\r\n"
_BRACKETS = re.compile("<([^>]+)>")
# What the receiving server said: action, RFC 3463 status, and its words.
_FATES = {
    Act.DELIVERED: ("delivered", "2.0.0", "250 2.0.0 OK"),
    Act.FAILED: ("failed", "4.4.7", "451 4.4.7 Delivery time expired"),
    Act.BOUNCED: ("failed", "5.1.1", "550 5.1.1 User unknown"),
}


def handed(address: str, raw: bytes) -> Handed:
    """Read a mail as it came over the wire."""
    head, _blank, body = raw.partition(_BLANK)
    headers = BytesHeaderParser().parsebytes(head)
    stop = _BRACKETS.search(str(headers["List-Unsubscribe"] or ""))
    bodies = _bodies(headers, body)
    return Handed(
        channel="email",
        key=str(headers[KEY_HEADER] or ""),
        address=address.lower(),
        subject=str(make_header(decode_header(str(headers["Subject"] or "")))),
        text=bodies[0],
        links=links_in("\n".join(bodies)),
        stop_url=stop[1] if stop else "",
        message_id=str(headers["Message-ID"] or ""),
    )


def call(hook: Hook, reports: Sequence[bytes]) -> Call:
    """Return the call by which whoever receives bounces hands reports on, several as a digest (RFC 2046)."""
    body, kind = reports[0], "message/rfc822"
    if len(reports) > 1:
        boundary = f"digest-{named(*(report[:200].decode() for report in reports))}"
        kind = f'multipart/digest; boundary="{boundary}"'
        edge = f"--{boundary}".encode()
        body = b"".join(edge + b"\r\n\r\n" + report + b"\r\n" for report in reports) + edge + b"--\r\n"
    signature = hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()
    return Call("POST", hook.url, body, {"content-type": kind, SIGNATURE_HEADER: f"sha256={signature}"})


def report(entry: Entry, act: Act, at: datetime) -> bytes:
    """Return the mail that tells what became of a mail: a delivery report (RFC 3464) or a complaint (RFC 5965)."""
    kind, machine_part = _complaint(entry) if act is Act.COMPLAINED else _delivery(entry, act, at)
    boundary = f"report-{entry.number}-{act}"
    subject = "Complaint about a message" if act is Act.COMPLAINED else "Delivery Status Notification"
    original = "\r\n".join(
        [f"To: <{entry.address}>", f"Message-ID: {entry.message_id}", f"{KEY_HEADER}: {entry.key}", ""]
    )
    parts = (
        ("text/plain; charset=us-ascii", "This is an invented report of the sandbox about a message.\r\n"),
        (f"message/{kind}", machine_part),
        ("text/rfc822-headers", original),
    )
    lines = [
        "From: Mail Delivery System <mailer-daemon@sandbox.invalid>",
        f"Subject: {subject}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{boundary}@sandbox.invalid>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="{boundary}"',
        "",
    ]
    for content_type, content in parts:
        lines += [f"--{boundary}", f"Content-Type: {content_type}", "", content]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()


def _delivery(entry: Entry, act: Act, at: datetime) -> tuple[str, str]:
    action, status, words = _FATES[act]
    lines = [
        "Reporting-MTA: dns; sandbox.invalid",
        f"Arrival-Date: {format_datetime(datetime.fromisoformat(entry.at))}",
        "",
        f"Original-Recipient: rfc822;{entry.address}",
        f"Final-Recipient: rfc822;{entry.address}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {words}",
        f"Last-Attempt-Date: {format_datetime(at)}",
        "",
    ]
    return "delivery-status", "\r\n".join(lines)


def _complaint(entry: Entry) -> tuple[str, str]:
    lines = [
        "Feedback-Type: abuse",
        "User-Agent: Chorale-Sandbox/1.0",
        "Version: 1",
        f"Original-Rcpt-To: <{entry.address}>",
        f"Arrival-Date: {format_datetime(datetime.fromisoformat(entry.at))}",
        "",
    ]
    return "feedback-report", "\r\n".join(lines)


def _bodies(headers: Message, body: bytes) -> list[str]:
    """Return the text parts of a mail, the plain one first. Parsing it by the book takes ten times as long."""
    boundary = headers.get_boundary()
    if boundary is None:
        return [_decoded(headers, body)]
    found = []
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _blank, content = part.lstrip(b"\r\n").partition(_BLANK)
        # The line break before a boundary belongs to the boundary.
        found.append(_decoded(BytesHeaderParser().parsebytes(head), content.removesuffix(b"\r\n")))
    return found or [""]


def _decoded(headers: Message, body: bytes) -> str:
    encoding = str(headers["Content-Transfer-Encoding"] or "").lower()
    if encoding == "base64":
        body = b64decode(body)
    elif encoding == "quoted-printable":
        body = binascii.a2b_qp(body)
    return body.decode(headers.get_content_charset("utf-8"), errors="replace")
