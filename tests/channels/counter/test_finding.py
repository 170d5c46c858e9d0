"""Finding who stands at the counter: by number, code, name or QR code, and never by a photographed one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from content import offers
from content.models import Grant
from content.offers import codes, passes
from members import clock
from members.models import AuditEntry
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY
from tests.channels.counter.till import address, browser, given, path_of, text

pytestmark = pytest.mark.django_db


def find(typed: str, client: Any = None) -> Any:
    return (client or browser()).post("/counter/find/", {"q": typed}, follow=True)


@pytest.mark.parametrize(
    "typed",
    [
        "+4915550100001",
        "0155 501 00001",
        "0155/50100001",
        "(0155) 501–00001",
        "155 50100001",
        "0049 155 50100001",
        "+49 (0) 155 50100001",
        "49155 50100001",
        "M-ADA",
        " M-ADA ",
        "ada@example.com",
    ],
)
def test_a_number_or_code_of_one_member_leads_to_the_page(typed: str) -> None:
    ada = cast.ada()
    assert path_of(find(typed)) == address(ada)


def test_all_who_share_a_number_are_offered_to_choose_from() -> None:
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    cast.identity(ben, "sms", "+4915550100001")

    shown = find("+4915550100001")

    page = shown.content.decode()
    assert (address(ada) in page, address(ben) in page, address(chidi) in page) == (True, True, False)
    assert "M-ADA" in page
    assert "M-BEN" in page


def test_a_name_finds_by_its_beginning() -> None:
    ada = cast.ada()
    cast.member("M-2", first_name="Adam", last_name="Berger")
    page = find("ada ber").content.decode()
    assert address(ada) in page
    assert "Adam Berger" in page


def test_the_code_of_an_offer_leads_to_its_member_with_that_offer_marked() -> None:
    grant = given(cast.ada())
    answer = find(codes.shown(grant.code).lower())
    assert path_of(answer) == address(grant.member)
    assert f'data-scanned="offer-{grant.public_id}"' in answer.content.decode()


def test_a_pass_of_this_moment_does_too() -> None:
    grant = given(cast.ada())
    answer = find(passes.issue(grant.pk, clock.now()))
    assert path_of(answer) == address(grant.member)
    assert f'data-scanned="offer-{grant.public_id}"' in answer.content.decode()


def test_a_photographed_pass_is_refused_with_what_to_do_and_opens_nothing() -> None:
    grant = given(cast.ada())
    answer = find(passes.issue(grant.pk, clock.now() - timedelta(minutes=6)))
    assert path_of(answer) == "/counter/"
    assert "This QR code is an old one" in text(answer)
    assert not AuditEntry.objects.filter(deed="looked_up").exists()


def test_a_pass_that_was_tampered_with_finds_nobody() -> None:
    grant = given(cast.ada())
    made = passes.issue(grant.pk, clock.now())
    assert "Nobody is found." in text(find(made[:-1] + ("A" if made[-1] != "A" else "B")))


@pytest.mark.parametrize("typed", ["nobody", "+49155", "'; DROP TABLE", "%", "\0", "Ω" * 300])
def test_whatever_else_is_typed_finds_nobody_and_says_so(typed: str) -> None:
    cast.ada()
    answer = find(typed)
    assert answer.status_code == 200
    assert "Nobody is found." in text(answer)


def test_what_was_typed_stands_in_no_address() -> None:
    cast.ada()
    answer = find("ada")
    assert "q=" not in answer.request["QUERY_STRING"]
    assert browser().get("/counter/find/?q=ada").headers["Location"] == "/counter/"


def test_looking_somebody_up_is_noted_and_asking_whether_anything_changed_is_not() -> None:
    ada, client = cast.ada(), browser()
    find("M-ADA", client)
    client.get(address(ada, "live/"))
    client.get(address(ada, "present/"))
    [entry] = AuditEntry.objects.filter(deed="looked_up")
    assert (entry.member_id, entry.actor.username, entry.through) == (ada.pk, "carl", "counter")


def test_the_code_of_an_offer_that_is_over_says_what_became_of_it() -> None:
    ada, now = cast.ada(), clock.now()
    taken, withdrawn, declined, ended = (given(ada, key) for key in ("taken", "withdrawn", "declined", "ended"))
    offers.redeem(taken.pk, request_key="x", channel=Channel.COUNTER, now=now, who=cast.rep(), store=cast.lisbon())
    offers.withdraw([withdrawn.pk], now)
    offers.decline([declined.pk], now)
    Grant.objects.filter(pk=ended.pk).update(validity=(now - 2 * DAY, now - DAY))
    assert "Rosa, Chorale Lisbon." in text(find(taken.code))
    assert "Withdrawn was withdrawn today at" in text(find(withdrawn.code))
    assert "Declined: not interested, said today at" in text(find(declined.code))
    assert "Ended ended yesterday at" in text(find(ended.code))


def test_a_misspelled_name_is_a_question_and_opens_nobody_s_page() -> None:
    ada = cast.ada()
    answer = find("Ada Bergg")
    assert path_of(answer) == "/counter/find/"
    assert "Nobody is found just so." in text(answer)
    assert address(ada) in answer.content.decode()
    assert not AuditEntry.objects.filter(deed="looked_up").exists()


def test_a_code_in_small_letters_is_that_code() -> None:
    ada = cast.ada()
    assert path_of(find("m-ada")) == address(ada)


def test_whoever_asks_for_a_part_of_the_one_screen_alone_has_looked_the_member_up() -> None:
    ada, client = cast.ada(), browser()
    for part in ("present/", "care/", "present/"):
        assert client.get(address(ada, part)).status_code == 200
    assert AuditEntry.objects.get(deed="looked_up").object_repr == "M-ADA"
