"""Links in messages: each leads through a short signed address here, which says who clicked what, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from content.models import Link
from members.sql import prepared

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_TOKEN = re.compile(r"([0-9A-Za-z]{1,11})-([0-9A-Za-z]{1,11})-([0-9A-Za-z]{11})")
_MAC_BYTES, _MAC_DIGITS = 8, 11  # 64 bits
_LARGEST = 2**63 - 1
LONGEST = 2000  # what Link.url holds

_HREF = re.compile(r"""<(?:a|area)\b[^>]*?\shref=(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# What RFC 3986 allows, and letters of any script, which browsers take too.
_BARE = re.compile(r"https?://[\w\-.~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE)
_WHOLE = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
_SENTENCE_END = ".,;:!?'*_"
_BRACKETS = {")": "(", "]": "["}


class BadLink(Exception):
    """The address was not made here, or was altered; the message is a sentence for whoever opened it."""


@dataclass(frozen=True)
class Opened:
    """What a short address stands for: where it leads, and the message it was in."""

    url: str
    message_id: int


@dataclass(frozen=True)
class Place:
    """An address in a text: text[start:end] is written there, `url` is meant."""

    start: int
    end: int
    url: str


# Tokens ---------------------------------------------------------------------------------------------------------------


def token(link_id: int, message_id: int) -> str:
    """Return the token of a link in a message: both ids and a signature, as short as an SMS wants it."""
    signed = f"{_base62(link_id)}-{_base62(message_id)}"
    return f"{signed}-{_mac(signed, str(settings.SECRET_KEY))}"


def read(text: str) -> tuple[int, int]:
    """Return (link id, message id). Raises BadLink unless the token was signed here, by this or a retired secret."""
    found = _TOKEN.fullmatch(text)
    signed = f"{found[1]}-{found[2]}" if found else ""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    genuine = [hmac.compare_digest(found[3] if found else "", _mac(signed, str(secret))) for secret in secrets]
    if found is None or not any(genuine):
        raise BadLink(_("This link is not complete; open it from the message again."))
    return _number(found[1]), _number(found[2])


def follow(text: str) -> Opened:
    """Return where a token leads, and the id of its message. Raises BadLink."""
    link_id, message_id = read(text)
    url = Link.objects.filter(id=link_id).values_list("url", flat=True).first()
    if url is None:
        raise BadLink(_("This link leads nowhere any more."))
    return Opened(url, message_id)


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"chorale link " + secret.encode()).digest()


def _mac(signed: str, secret: str) -> str:
    digest = hmac.digest(_key(secret), signed.encode(), "sha256")
    return _base62(int.from_bytes(digest[:_MAC_BYTES], "big")).rjust(_MAC_DIGITS, "0")


def _base62(number: int) -> str:
    digits = ""
    while number or not digits:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return digits


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * 62 + _VALUES[digit]
    return min(number, _LARGEST)


# Texts ----------------------------------------------------------------------------------------------------------------


def in_html(text: str) -> list[Place]:
    """Return the absolute http(s) addresses that the anchors of a HTML text lead to."""
    found = ((match, 1 if match[1] is not None else 2) for match in _HREF.finditer(text))
    places = [Place(*match.span(group), html.unescape(match[group]).strip()) for match, group in found]
    return [place for place in places if _WHOLE.fullmatch(place.url)]


def in_text(text: str) -> list[Place]:
    """Return the absolute http(s) addresses that stand in a plain text, without the punctuation after them."""
    found = ((match.start(), _without_punctuation(match[0])) for match in _BARE.finditer(text))
    return [Place(start, start + len(url), url) for start, url in found if _WHOLE.fullmatch(url)]


def wrappable(places: Iterable[Place], unsubscribe_url: str) -> list[Place]:
    """Leave out what must not be redirected (the unsubscribe page, short addresses) and what cannot be: no address at
    all, or one too long to store."""
    own = f"{settings.CHORALE_PUBLIC_URL}/l/"
    # In a text, an unsubscribe address that ends in what looks like punctuation is found without it.
    stops = {unsubscribe_url, unsubscribe_url.rstrip(_SENTENCE_END)}
    return [
        place
        for place in places
        if place.url not in stops and not place.url.startswith(own) and _leads_somewhere(place.url)
    ]


def _leads_somewhere(url: str) -> bool:
    try:
        return len(url) <= LONGEST and bool(urlsplit(url).hostname)
    except ValueError:  # a bracket in the place of the host
        return False


def wrapped(text: str, places: Iterable[Place], ids: Mapping[str, int], message_id: int) -> str:
    """Return the text with the short address of this message at each place. `ids` is what `link_ids` returned."""
    pieces, done = [], 0
    for place in places:
        short = f"{settings.CHORALE_PUBLIC_URL}/l/{token(ids[place.url], message_id)}"
        pieces += [text[done : place.start], short]
        done = place.end
    return "".join([*pieces, text[done:]])


def _without_punctuation(url: str) -> str:
    """Cut what belongs to the sentence: a full stop, and a bracket that was opened before the address."""
    while url[-1] in _SENTENCE_END or url.count(url[-1]) > url.count(_BRACKETS.get(url[-1], url[-1])):
        url = url[:-1]
    return url


# Rows -----------------------------------------------------------------------------------------------------------------

# Inserted only where missing: ON CONFLICT alone would burn an id for every message.
_IDS = """
WITH wanted AS MATERIALIZED (SELECT unnest(%(urls)s::text[]) AS url),
made AS (
    INSERT INTO content_link (url)
    SELECT url FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM content_link l WHERE l.url = w.url) ORDER BY url
    ON CONFLICT DO NOTHING RETURNING url, id
)
SELECT url, id FROM made UNION ALL SELECT l.url, l.id FROM content_link l JOIN wanted USING (url)
"""


def link_ids(urls: Iterable[str]) -> dict[str, int]:
    """Return the link of each address, made where there is none: one query for a batch of messages."""
    wanted = sorted(set(urls))
    if not wanted:
        return {}
    found = dict(prepared(_IDS, {"urls": wanted}))
    if len(found) < len(wanted):  # somebody made one at this very moment; the next statement sees it
        found |= dict(prepared(_IDS, {"urls": wanted}))
    return found
