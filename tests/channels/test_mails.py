"""A mail's bytes: any text and subject arrive as written, and no value can add a header or a recipient."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels.base import Outgoing
from channels.email.mail import BadHeader, Letterhead, addressed, stuffed

AT = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
KEY = "3f0e6a52-7f0f-4a54-9a4e-0c2f6d7b8a91"
OUT = Outgoing(1, KEY, 1, "ada@example.com", "Dear Ada", "Hello", "<p>Dear Ada</p>", "https://example.com/u/1")
SHOP = Letterhead("shop@example.com", "Tea & Küche", "answers@example.com")
# What people write: anything but the surrogates, which are no characters.
TEXTS = some.text(some.characters(codec="utf-8"), max_size=400)
LONG_LINES = some.text(some.sampled_from("ab =.é好\t"), min_size=900, max_size=3000)


def parsed(out: Outgoing = OUT, letterhead: Letterhead = SHOP) -> EmailMessage:
    mail = letterhead.mail(out, AT)
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert b"\r" not in mail.replace(b"\r\n", b"")
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    found = message_from_bytes(mail, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    assert not part.defects
    return str(part.get_content())


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def test_a_mail_has_everything_that_a_decent_mail_has() -> None:
    mail = parsed()
    assert mail["From"] == "Tea & Küche <shop@example.com>"
    assert (mail["To"], mail["Subject"], mail["Reply-To"]) == ("ada@example.com", "Hello", "answers@example.com")
    assert (mail["Message-ID"], mail["X-Chorale-Message"]) == (f"<{KEY}@example.com>", KEY)
    assert parsedate_to_datetime(mail["Date"]) == AT
    assert mail["List-Unsubscribe"] == "<https://example.com/u/1>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_message_is_the_same_mail_in_every_attempt() -> None:
    assert SHOP.mail(OUT, AT) == Letterhead("shop@example.com", "Tea & Küche", "answers@example.com").mail(OUT, AT)


def test_what_a_message_lacks_its_mail_lacks() -> None:
    mail = parsed(replace(OUT, html="", unsubscribe_url=""), Letterhead("shop@example.com"))
    assert (mail["From"], mail["Reply-To"], mail["List-Unsubscribe"]) == ("shop@example.com", None, None)
    assert (mail.get_content_type(), body(mail, "plain")) == ("text/plain", "Dear Ada\r\n")


@given(text=TEXTS | LONG_LINES, html=TEXTS.filter(bool) | LONG_LINES)
def test_every_text_arrives_as_written(text: str, html: str) -> None:
    mail = parsed(replace(OUT, text=text, html=html))
    assert lines(body(mail, "plain")) == lines(text)
    assert lines(body(mail, "html")) == lines(html)


@given(subject=TEXTS.filter(lambda text: not set("\r\n\0") & set(text)))
def test_every_subject_arrives_as_written(subject: str) -> None:
    raw = SHOP.mail(replace(OUT, subject=subject), AT)
    folded = raw.split(b"Subject: ")[1].split(b"\r\nDate:")[0]
    assert all(len(line) <= 78 for line in folded.split(b"\r\n"))
    assert parsed(replace(OUT, subject=subject))["Subject"] == subject


@pytest.mark.parametrize("subject", [" ", " Your tea", "Your tea ", ""])
def test_blanks_around_a_subject_arrive(subject: str) -> None:
    assert parsed(replace(OUT, subject=subject))["Subject"] == subject


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\0"])
@pytest.mark.parametrize("field", ["subject", "address", "unsubscribe_url"])
def test_no_value_can_begin_another_header(field: str, end: str) -> None:
    with pytest.raises(BadHeader):
        SHOP.mail(replace(OUT, **{field: f"a@b.example{end}Bcc: eve@example.com"}), AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com> SIZE=1",
        "<ada@example.com>",
        "ada @example.com",
        "ada@exa mple.com",
        "ada@a@b",
        "ädä@example.com",
        "ada@" + "x" * 64 + ".com",
        'a"b@example.com',
    ],
)
def test_what_is_not_one_address_is_no_recipient(address: str) -> None:
    with pytest.raises(BadHeader):
        addressed(address)


def test_domains_beyond_ascii_travel_in_ascii() -> None:
    assert addressed("ada@müller.example") == "ada@xn--mller-kva.example"
    assert addressed("ada+tea.o'neil@example.com") == "ada+tea.o'neil@example.com"


@given(TEXTS | some.text(some.sampled_from(".\n a"), max_size=30))
def test_a_dot_alone_ends_the_mail_and_none_within_it_does(text: str) -> None:
    mail = b"To: ada@example.com\r\n\r\n" + "\r\n".join(lines(text)).encode()
    wire = stuffed(mail)
    # As a server reads it: up to the first dot alone in its line, one dot taken off each line that begins with two.
    assert wire.index(b"\r\n.\r\n") == len(wire) - 5
    assert wire[:-3].replace(b"\r\n..", b"\r\n.").removesuffix(b"\r\n") == mail.removesuffix(b"\r\n")
