"""What comes back by mail: bounces (RFC 3464) and complaints (RFC 5965), posted to the webhook as message/rfc822."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from uuid import UUID

from django.http import HttpRequest

from channels.base import UNDATED, NotAReceipt, ReceiptEvent, ReceiptKind
from channels.email import status

SIGNATURE_HEADER = "X-Chorale-Signature"
# Where our key stands in what came back, the surest place first. A report's own Message-ID may look like one of ours.
_KEYS = tuple(
    re.compile(rb"(?im)^" + place + rb"\s*<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
    for place in (b"X-Chorale-Message:", b"In-Reply-To:", b"Message-ID:")
)
_COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list"}


def signature(body: bytes, secret: str) -> str:
    """Return the header's value for a body: `sha256=` and the HMAC in hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def read(request: HttpRequest, secret: str) -> list[ReceiptEvent]:
    """Return what a posted mail tells about our mails. Raises NotAReceipt."""
    given = request.headers.get(SIGNATURE_HEADER, "")
    if not secret or not hmac.compare_digest(given.encode(), signature(request.body, secret).encode()):
        raise NotAReceipt(f"The header {SIGNATURE_HEADER} does not hold the body's HMAC under the bounce secret.")
    return [event for body in _reports(request) for event in _read(body)]


def _reports(request: HttpRequest) -> Iterator[bytes]:
    """Yield the mails of a digest (RFC 2046), by which many reports travel in one call, or the one that was posted."""
    if request.content_type != "multipart/digest":
        yield request.body
        return
    edge = f"\r\n--{(request.content_params or {}).get('boundary', '')}".encode()
    *parts, _end = (b"\r\n" + request.body).split(edge)
    for part in parts[1:]:
        yield part.partition(b"\r\n\r\n")[2]


def _read(body: bytes) -> list[ReceiptEvent]:
    mail = message_from_bytes(body)
    report = _report_type(mail)
    if mail.get_content_type() != "multipart/report" or report not in {"delivery-status", "feedback-report"}:
        raise NotAReceipt("The mail is neither a delivery status nor a feedback report (multipart/report).")
    events = _bounces if report == "delivery-status" else _complaints
    return list(events(mail, body, _date(mail)))


def _report_type(mail: Message) -> str:
    """Return what kind of report a mail is; some servers leave it to the part to say so."""
    named = str(mail.get_param("report-type") or "").lower()
    kinds = (part.get_content_type().partition("/")[2] for part in mail.walk() if part is not mail)
    return named or next((kind for kind in kinds if kind in {"delivery-status", "feedback-report"}), "")


def _bounces(mail: Message, body: bytes, at: datetime) -> Iterator[ReceiptEvent]:
    """Yield an event for each recipient whose fate is settled."""
    whole, *others = _blocks(mail, "message/delivery-status")
    # Some servers forget the blank line between what is said of the mail and what is said of its recipient.
    recipients = others or [whole]
    message_key = _uuid(whole.get("original-envelope-id", "")) or _returned_key(body)
    named = message_key or hashlib.sha256(body).hexdigest()[:32]
    for told in recipients:
        action, words = told.get("action", "").lower(), told.get("diagnostic-code", "")
        words = words.partition(";")[2].strip() or words
        code = _code(told.get("status", ""), words)
        address = _address(told.get("original-recipient") or told.get("final-recipient") or "")
        kind = _kind(action, code)
        if kind:
            said = words or code
            yield ReceiptEvent(f"{named} {address} {action}"[:200], kind, at, told, message_key, "", address, said)


def _code(field: str, words: str) -> str:
    """Return the enhanced status code; where the report's own says nothing (5.0.0), the one in the server's words."""
    code = status.within(field)
    return status.within(words) or code if code.endswith(".0.0") or not code else code


def _kind(action: str, code: str) -> ReceiptKind | None:
    if action in {"delivered", "relayed", "expanded"}:
        return ReceiptKind.DELIVERED
    if action == "failed":
        return ReceiptKind.BOUNCED if status.is_dead(code) else ReceiptKind.FAILED
    return None  # delayed: nothing is settled yet


def _complaints(mail: Message, body: bytes, at: datetime) -> Iterator[ReceiptEvent]:
    told = _blocks(mail, "message/feedback-report")[0]
    if told.get("feedback-type", "").lower() not in _COMPLAINTS:
        return
    message_key, address = _returned_key(body), _address(told.get("original-rcpt-to", ""))
    named = message_key or hashlib.sha256(body).hexdigest()[:32]
    yield ReceiptEvent(f"{named} complaint", ReceiptKind.COMPLAINED, at, told, message_key, address=address)


def _blocks(mail: Message, kind: str) -> list[dict[str, str]]:
    """Return the groups of fields in the part of this kind, names in small letters, each value on one line.

    The parser makes messages of the groups of a delivery status, and a text of any other part.
    """
    part = next((part for part in mail.walk() if part.get_content_type() == kind), None)
    if part is None:
        raise NotAReceipt(f"The report has no part {kind}.")
    payload = part.get_payload()
    groups = payload if isinstance(payload, list) else [message_from_string(str(payload))]
    fields = [group.items() for group in groups if isinstance(group, Message)]
    return [{name.lower(): " ".join(str(value).split()) for name, value in group} for group in fields if group] or [{}]


def _returned_key(body: bytes) -> str:
    """Return the key in the headers of the mail that came back, which stands last."""
    found = next((keys for place in _KEYS if (keys := place.findall(body))), None)
    return _uuid(found[-1].decode()) if found else ""


def _uuid(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return ""


def _address(field: str) -> str:
    """Return the address of a field such as `rfc822; ada@example.com`."""
    return field.rpartition(";")[2].strip().strip("<>").lower()


def _date(mail: Message) -> datetime:
    """Return when the report was written, UNDATED where it does not say."""
    try:
        found = parsedate_to_datetime(str(mail["Date"]))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return UNDATED
