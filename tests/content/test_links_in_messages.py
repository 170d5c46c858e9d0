"""Links: each becomes a short address that names link and message, and that nobody can make or alter."""

from __future__ import annotations

import string
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import assume, given
from hypothesis import strategies as st

from content import links
from content.models import Link
from tests.content.at_once import at_once

ids = st.integers(min_value=1, max_value=2**63 - 1)
BASE = "http://testserver/l/"


@given(ids, ids)
def test_a_token_gives_back_what_it_was_made_of(link_id: int, message_id: int) -> None:
    assert links.read(links.token(link_id, message_id)) == (link_id, message_id)


@given(ids, ids, st.data())
def test_a_token_with_any_character_changed_is_refused(link_id: int, message_id: int, data: st.DataObject) -> None:
    token = links.token(link_id, message_id)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-"))
    assume(letter != token[place])

    with pytest.raises(links.BadLink):
        links.read(token[:place] + letter + token[place + 1 :])


@given(st.one_of(st.text(), st.from_regex(r"[0-9A-Za-z]{1,12}-[0-9A-Za-z]{1,12}-[0-9A-Za-z]{11}", fullmatch=True)))
def test_what_was_not_made_here_is_refused(text: str) -> None:
    with pytest.raises(links.BadLink, match="not complete"):
        links.read(text)


@given(ids, ids, ids)
def test_the_signature_of_one_message_does_not_fit_another(link_id: int, message_id: int, other: int) -> None:
    assume(message_id != other)
    signature = links.token(link_id, message_id).rpartition("-")[2]
    with pytest.raises(links.BadLink):
        links.read(f"{links.token(link_id, other).rpartition('-')[0]}-{signature}")


def test_a_token_is_short_and_a_zero_in_front_makes_another_one() -> None:
    token = links.token(42, 1_000_000)
    assert len(token) <= 19
    with pytest.raises(links.BadLink):
        links.read(f"0{token}")


def test_links_outlive_a_secret_as_long_as_it_is_kept_as_a_retired_one() -> None:
    token = links.token(1, 2)
    with override_settings(SECRET_KEY="another"), pytest.raises(links.BadLink):
        links.read(token)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings_key()]):
        assert links.read(token) == (1, 2)


def settings_key() -> str:
    from django.conf import settings

    return str(settings.SECRET_KEY)


@pytest.mark.django_db
def test_a_link_leads_where_it_was_written_to_lead() -> None:
    found = links.link_ids(["https://shop.example/a", "https://shop.example/b", "https://shop.example/a"])

    assert links.follow(links.token(found["https://shop.example/b"], 7)) == links.Opened("https://shop.example/b", 7)
    assert Link.objects.count() == 2
    assert links.link_ids(["https://shop.example/a"]) == {"https://shop.example/a": found["https://shop.example/a"]}


@pytest.mark.django_db
def test_a_link_that_was_deleted_is_a_sentence() -> None:
    with pytest.raises(links.BadLink, match="leads nowhere any more"):
        links.follow(links.token(123456, 7))


@pytest.mark.django_db(transaction=True)
def test_messages_rendered_at_once_share_their_links() -> None:
    urls = [f"https://shop.example/{number}" for number in range(30)]

    found = at_once(4, lambda place: links.link_ids(urls if place % 2 else urls[::-1]))

    assert all(one == found[0] for one in found)
    assert Link.objects.count() == len(urls)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("See https://shop.example/a?b=1&c=2#d now", ["https://shop.example/a?b=1&c=2#d"]),
        ("Two: https://a.example, http://b.example/x.", ["https://a.example", "http://b.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/x_(y)!", ["https://a.example/x_(y)"]),
        ("“https://a.example/x”", ["https://a.example/x"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ("https://münchen.example/straße", ["https://münchen.example/straße"]),
        ("请看 https://a.example/x。谢谢", ["https://a.example/x"]),
        ("HTTPS://A.example/X", ["HTTPS://A.example/X"]),
        ("mailto:ann@shop.example tel:+4930123 ftp://a.example www.shop.example https:// https://...", []),
    ],
)
def test_addresses_in_plain_text(text: str, urls: list[str]) -> None:
    places = links.in_text(text)
    assert [place.url for place in places] == urls
    assert all(text[place.start : place.end] == place.url for place in places)


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        ('<a href="https://a.example/?x=1&amp;y=2">a</a>', ["https://a.example/?x=1&y=2"]),
        ("<A class='b' HREF='https://a.example/x'>a</A>", ["https://a.example/x"]),
        (
            '<a\n  href="http://a.example">a</a><area href="https://b.example">',
            ["http://a.example", "https://b.example"],
        ),
        ('<a href="mailto:ann@shop.example">a</a><a href="tel:+4930123">b</a><a href="#top">c</a>', []),
        (
            '<link href="https://a.example/x.css"><img src="https://a.example/x.png"><a data-href="https://a.example">',
            [],
        ),
        ("https://a.example in the text of a page is no link", []),
    ],
)
def test_addresses_in_html(html: str, urls: list[str]) -> None:
    assert [place.url for place in links.in_html(html)] == urls


@pytest.mark.parametrize("url", ["https://[x", "https://a:b@[::1/tea", "https://?tea", "https://:80/"])
def test_what_is_no_address_is_left_as_it_was_written(url: str) -> None:
    """A link that cannot be followed would be an error for whoever clicks it."""
    assert links.wrappable(links.in_text(f"See {url} now"), "") == []
    assert links.wrappable(links.in_html(f'<a href="{url}">x</a>'), "") == []


def test_the_unsubscribe_page_short_addresses_and_overlong_ones_are_left_alone() -> None:
    unsubscribe = "http://testserver/u/abc"
    texts = [unsubscribe, f"{BASE}1-2-3", f"https://a.example/{'x' * 2000}", "http://testserver/other"]
    places = [place for text in texts for place in links.in_text(text)]

    assert [place.url for place in links.wrappable(places, unsubscribe)] == ["http://testserver/other"]


@pytest.mark.parametrize("last", ["_", "-", "a_", "__"])
def test_an_unsubscribe_address_stays_whole_whatever_its_last_letter(last: str) -> None:
    unsubscribe = f"http://testserver/u/abc{last}"
    assert links.wrappable(links.in_text(f"Stop: {unsubscribe}\n"), unsubscribe) == []


def test_the_longest_link_is_what_the_table_holds() -> None:
    field: Any = Link._meta.get_field("url")
    assert field.max_length == links.LONGEST


@given(st.lists(st.sampled_from(["https://a.example/x", "http://b.example", "word", "\n", ", ", "é"])))
def test_wrapping_changes_the_addresses_and_nothing_else(pieces: list[str]) -> None:
    text = " ".join(pieces)
    places = links.in_text(text)
    numbers = {url: number for number, url in enumerate(sorted({place.url for place in places}), start=1)}

    short = links.wrapped(text, places, numbers, 9)

    back = short
    for url, number in numbers.items():
        back = back.replace(BASE + links.token(number, 9), url)
    assert back == text
