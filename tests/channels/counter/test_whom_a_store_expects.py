"""Hand-offs at the counter: the store's list, the member's page, and one tap that tells the rep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import hand_offs
from channels.models import HandOff
from members import clock
from members.models import Member, Store, Touchpoint
from tests import cast
from tests.channels import outbox
from tests.channels.counter.till import MINUTE, address, browser, given, path_of, person, tap, text
from tests.channels.hand_offs.promises import agreed

pytestmark = pytest.mark.django_db


def promised(who: Member, ago: timedelta = timedelta(0), at: Store | None = None, **fields: Any) -> HandOff:
    """A hand-off whose time was so long ago."""
    now = clock.now()
    made = agreed(who, now=now, due_at=now + MINUTE, store=at or cast.berlin(), key=f"{who.pk} {at}", **fields)
    HandOff.objects.filter(pk=made.pk).update(due_at=now - ago)
    return made


def end(made: HandOff, how: str, key: str = "tap", client: Any = None, **values: Any) -> Any:
    return tap(client or browser(), f"/counter/hand-offs/{made.public_id}/{how}/", key, **values)


def test_the_list_has_the_store_s_members_the_longest_overdue_first() -> None:
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    promised(ada, -MINUTE, note="Likes green tea")
    promised(ben, 3 * MINUTE)
    promised(chidi, MINUTE, cast.lisbon())
    said = text(browser().get("/counter/"))
    assert said.index("Ben Cole") < said.index("Ada Berg")
    assert "Likes green tea" in said
    assert "agreed with Rosa" in said
    assert said.count("overdue") == 1
    assert "Chidi" not in said


def test_an_empty_list_says_what_fills_it() -> None:
    assert "Nobody is expected. When a rep agrees" in text(browser().get("/counter/"))


def test_the_member_s_page_shows_it_with_offer_script_and_note() -> None:
    grant = given(cast.ada())
    content = outbox.content("visit", ("counter",))
    content.variants.update(text="Good to see you, {{ member.first_name }}: {{ offer.price }}.")
    promised(grant.member, grant=grant, content=content, note="Likes green tea")
    said = text(browser().get(address(grant.member)))
    for words in ("Expected today at", "Chorale Berlin", "Likes green tea", "Good to see you, Ada: €10.00.", "Tea"):
        assert words in said, words


def test_came_goes_back_to_the_rep_in_one_tap_and_once() -> None:
    made, client = promised(cast.ada()), browser()
    for _time in range(2):
        answer = end(made, "done", client=client)
        assert "Ada Berg came. Rosa is told." in text(answer)
    assert path_of(answer) == address(made.member)
    ended = HandOff.objects.get()
    assert (ended.state, ended.ended_by_name, ended.seen_at) == ("done", "Carl", None)
    assert list(hand_offs.of_rep(cast.rep(), [])) == [ended]
    assert Touchpoint.objects.filter(kind="visit").count() == 1


def test_from_the_list_the_answer_is_the_list() -> None:
    made, client = promised(cast.ada()), browser()
    assert path_of(end(made, "no-show", client=client, **{"from": "list"})) == "/counter/"
    assert HandOff.objects.get().state == "no_show"
    page = tap(client, f"/counter/hand-offs/{made.public_id}/no-show/", htmx=True, **{"from": "list"}).content.decode()
    assert 'id="expected"' in page
    assert "Ada Berg did not come. Rosa is told." in page


def test_nobody_is_a_no_show_before_the_time() -> None:
    made, client = promised(cast.ada(), -MINUTE), browser()
    assert "Did not come" not in text(client.get("/counter/"))
    assert "They are expected at" in text(end(made, "no-show", client=client))
    assert HandOff.objects.get().state == "agreed"


def test_a_second_clerk_is_told_how_it_ended() -> None:
    made = promised(cast.ada())
    end(made, "done", "one")
    answer = end(made, "no-show", "two", browser(person("clara", at=cast.berlin())))
    assert "Done:" in text(answer)
    assert "Carl" in text(answer)


def test_another_store_sees_it_on_the_member_s_page_and_cannot_end_it() -> None:
    made = promised(cast.ada())
    lisbon = browser(person("clara", at=cast.lisbon()))
    page = lisbon.get(address(made.member))
    assert "Chorale Berlin" in text(page)
    assert "Came" not in text(page)
    assert end(made, "done", client=lisbon).status_code == 404
    assert HandOff.objects.get().state == "agreed"


def test_calling_off_is_not_the_clerk_s() -> None:
    assert end(promised(cast.ada()), "called-off").status_code == 404


def test_the_list_is_live() -> None:
    ada, client = cast.ada(), browser()
    page = client.get("/counter/").content.decode()
    stamp = page.split('"since": "')[1].split('"')[0].encode().decode("unicode_escape")
    assert client.get("/counter/live/", {"since": stamp}).status_code == 204
    promised(ada)
    assert client.get("/counter/live/", {"since": stamp}).status_code == 200
    assert "Ada Berg" in client.get("/counter/expected/").content.decode()


def test_a_manager_of_no_store_chooses_one_and_a_clerk_of_none_does_not() -> None:
    promised(cast.ada())
    manager = browser(person("max", "Manager"))
    assert "Ada Berg" not in text(manager.get("/counter/"))
    manager.post("/counter/store/", {"store": "berlin"})
    assert "Ada Berg" in text(manager.get("/counter/"))
    clerk = browser(person("clara"))
    assert "You belong to no store yet" in text(clerk.get("/counter/"))
    assert "not yours to choose" in text(clerk.post("/counter/store/", {"store": "berlin"}, follow=True))
    assert "Ada Berg" not in text(clerk.get("/counter/"))


def test_a_clerk_of_one_store_cannot_stand_at_another() -> None:
    promised(cast.ada(), at=cast.lisbon())
    client = browser()
    client.post("/counter/store/", {"store": "lisbon"})
    assert "Ada Berg" not in text(client.get("/counter/"))
