"""Not interested, wants a call, another number, consent: each once, in the store's name, and told to the journeys."""

from __future__ import annotations

from typing import Any

import pytest

from channels import delivery
from channels.counter.deeds import Tap, ask_for_call
from channels.models import FollowUp, Message, Team
from content import offers
from content.models import Grant
from members import clock, news
from members.models import AuditEntry, Consent, Event, Identity, Member, News, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.channels import outbox
from tests.channels.counter.till import address, browser, clerk, given, of_grant, person, tap, text
from tests.channels.deliveries import message
from tests.content.at_once import at_once

pytestmark = pytest.mark.django_db


def events() -> list[tuple[str, dict[str, Any]]]:
    return list(Event.objects.filter(source="counter").order_by("id").values_list("name", "properties"))


def number(who: Member) -> str:
    return Identity.objects.get(member=who, channel="sms").address


# Not interested -------------------------------------------------------------------------------------------------------


def test_not_interested_silences_every_channel() -> None:
    grant = given(cast.ada())
    outbox.sender("sms")
    now = clock.now()
    sms = message(
        grant.member, outbox.content("come", ("sms",)), now=now, channels=["sms"], offer_id=grant.offer_id,
        expires_at=grant.validity.upper,
    )  # fmt: skip
    answer = tap(browser(), of_grant(grant, "decline"))
    assert "Noted: not interested in Tea." in text(answer)
    assert "Not interested, said today" in text(answer)
    assert offers.current(grant.member_id, clock.now()) == []
    sms.refresh_from_db()
    assert (sms.state, sms.reason) == ("cancelled", "grant_closed")
    assert events() == [("counter.not_interested", {"store": "berlin", "offer": "Tea"})]
    told = Touchpoint.objects.get(kind="visit")
    assert (told.outcome, told.store, told.who_name, told.direction) == ("not_interested", cast.berlin(), "Carl", "in")
    assert AuditEntry.objects.get(deed="declined").actor == clerk()


def test_not_interested_that_repeats_changes_nothing() -> None:
    grant, client = given(cast.ada()), browser()
    for _time in range(2):
        assert "Noted: not interested" in text(tap(client, of_grant(grant, "decline")))
    assert Touchpoint.objects.filter(kind="visit").count() == len(events()) == 1


def test_what_was_taken_meanwhile_is_not_declined() -> None:
    grant = given(cast.ada())
    offers.redeem(grant.pk, request_key="x", channel=Channel.COUNTER, now=clock.now())
    assert "Tea has ended already: redeemed." in text(tap(browser(), of_grant(grant, "decline")))
    assert Grant.objects.get().state == "redeemed"
    assert events() == []


# Wants a call ---------------------------------------------------------------------------------------------------------


def team(key: str = "berlin", **fields: Any) -> Team:
    return Team.objects.create(key=key, name=key.title(), **fields)


def test_a_wish_for_a_call_becomes_a_follow_up_of_the_team_about_the_offer() -> None:
    grant = given(cast.ada())
    desk, berlin = outbox.sender("desk"), team()
    answer = tap(
        browser(), address(grant.member, "call/"), team="berlin", offer=str(grant.public_id), note="After five"
    )
    assert "Berlin will call." in text(answer)
    assert delivery.deliver(desk, clock.now()).sent == 1
    follow_up = FollowUp.objects.get()
    assert (follow_up.team, follow_up.member, follow_up.message.grant) == (berlin, grant.member, grant)
    assert follow_up.message.rendering.text.startswith("Hello Ada, you asked us to call. It is about Tea: €10.00")
    said = {"store": "berlin", "offer": "Tea", "team": "berlin", "note": "After five"}
    assert events() == [("counter.wants_call", said)]
    assert Touchpoint.objects.get(kind="visit").text == "After five"
    assert "A call is planned" in text(browser().get(address(grant.member)))


def test_the_rep_who_calls_reads_what_the_clerk_noted() -> None:
    ada = cast.ada()
    desk, rosa, berlin = outbox.sender("desk"), person("rosa", "Sales rep"), team()
    berlin.users.add(rosa)
    tap(browser(), address(ada, "call/"), "one", team="berlin", note="After five, about the blue cups")
    tap(browser(), address(cast.ben(), "call/"), "two", team="berlin")
    assert delivery.deliver(desk, clock.now()).sent == 2
    one = FollowUp.objects.get(member=ada)
    for page in ("/contacts/", f"/contacts/follow-ups/{one.public_id}/"):
        assert "Asked for a call at the counter (berlin). After five, about the blue cups" in text(
            browser(rosa).get(page)
        )


def test_a_call_about_nothing_in_particular_needs_no_consent() -> None:
    dora = cast.dora()
    cast.consent(dora, "desk", granted=False)
    desk, _team = outbox.sender("desk"), team()
    tap(browser(), address(dora, "call/"), team="berlin")
    assert delivery.deliver(desk, clock.now()).sent == 1
    assert FollowUp.objects.get().message.rendering.text == "Hello Dora, you asked us to call."


def test_a_wish_for_a_call_that_repeats_is_one_call() -> None:
    ada, client = cast.ada(), browser()
    outbox.sender("desk")
    team()
    for _time in range(3):
        assert "Berlin will call." in text(tap(client, address(ada, "call/"), team="berlin"))
    assert Message.objects.count() == len(events()) == Touchpoint.objects.filter(kind="visit").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_wish_that_arrives_many_times_at_once_is_one_call() -> None:
    ada, who = cast.ada(), clerk()
    outbox.sender("desk")
    whom, now = team(), clock.now()
    answers = at_once(6, lambda _place: ask_for_call(Tap(who, who.store, "same", now), ada, whom).pk)
    assert len(set(answers)) == 1, answers
    assert Message.objects.count() == Event.objects.filter(source="counter").count() == 1


def test_where_nobody_works_follow_ups_the_clerk_is_told_and_nothing_is_half_noted() -> None:
    ada = cast.ada()
    team()
    assert "No active sender carries the channel." in text(tap(browser(), address(ada, "call/"), team="berlin"))
    assert (events(), Touchpoint.objects.count()) == ([], 0)


def test_the_own_store_s_team_is_offered_first() -> None:
    ada = cast.ada()
    team("aachen")
    team("zoo", store=cast.berlin())
    page = browser().get(address(ada)).content.decode()
    assert page.index('value="zoo"') < page.index('value="aachen"')


@pytest.mark.parametrize("values", [{"team": "nobody"}, {"team": "\0"}, {"team": "berlin", "offer": "x"}, {}])
def test_a_call_by_a_team_or_about_an_offer_that_is_not_there_is_not_found(values: dict[str, Any]) -> None:
    ada = cast.ada()
    outbox.sender("desk")
    team()
    assert tap(browser(), address(ada, "call/"), **values).status_code == 404


# Another number -------------------------------------------------------------------------------------------------------


def test_a_number_is_stored_with_the_country_of_the_store_and_is_news() -> None:
    ada = cast.ada()
    news.listen("segment:1", ["profile"])
    answer = tap(browser(), address(ada, "phone/"), phone="0155 501-00777")
    assert "The number is +4915550100777." in text(answer)
    assert number(ada) == "+4915550100777"
    assert News.objects.filter(member=ada, topic="profile").count() == 1
    assert events() == [("counter.phone_corrected", {"store": "berlin"})]
    assert "+49" not in str(AuditEntry.objects.filter(deed="changed").values_list("detail", flat=True))


def test_who_else_has_the_number_is_told() -> None:
    ada, ben = cast.ada(), cast.ben()
    cast.identity(ben, "sms", "+4915550100777")
    answer = text(tap(browser(), address(ada, "phone/"), phone="+49 155 50100777"))
    assert "It is also the number of Ben Cole. Ask whose it is." in answer
    assert number(ada) == number(ben)


@pytest.mark.parametrize("typed", ["", "12", "hello", "+49 155 50100777 ext 3", "\0"])
def test_what_is_no_number_is_refused_with_a_sentence(typed: str) -> None:
    ada = cast.ada()
    assert "is not a phone number; write it with country code" in text(
        tap(browser(), address(ada, "phone/"), phone=typed)
    )
    assert (number(ada), events()) == ("+4915550100001", [])


def test_a_lost_tap_that_comes_late_does_not_bring_the_old_number_back() -> None:
    ada, client = cast.ada(), browser()
    tap(client, address(ada, "phone/"), "one", phone="+4915550100777")
    tap(client, address(ada, "phone/"), "two", phone="+4915550100888")
    tap(client, address(ada, "phone/"), "one", phone="+4915550100777")
    assert number(ada) == "+4915550100888"


def test_a_form_sent_again_with_another_number_is_another_request() -> None:
    ada, client = cast.ada(), browser()
    tap(client, address(ada, "phone/"), "one", phone="+4915550100777")
    tap(client, address(ada, "phone/"), "one", phone="+4915550100888")
    assert number(ada) == "+4915550100888"


# Consent --------------------------------------------------------------------------------------------------------------


def test_a_consent_keeps_the_words_that_were_read_out_and_where() -> None:
    dora = cast.dora()
    shown = text(browser().get(address(dora)))
    words = "You may send me offers by e-mail. I can take this back at any time."
    assert words in shown
    answer = tap(browser(), address(dora, "consent/"), channel="email", granted="yes")
    assert "Noted: offers by e-mail are welcome." in text(answer)
    said = Consent.objects.get(member=dora)
    assert (said.channel, said.purpose, said.granted, said.source) == ("email", "promotional", True, "counter berlin")
    assert said.wording == words


def test_a_withdrawal_stops_what_was_on_its_way() -> None:
    ada = cast.ada()
    sender = outbox.sender("sms")
    message(
        ada, outbox.content("come", ("sms",)), now=clock.now(), channels=["sms"], expires_at=clock.now() + 3 * cast.DAY
    )
    answer = tap(browser(), address(ada, "consent/"), channel="sms", granted="no")
    assert "Noted: no offers by SMS." in text(answer)
    assert delivery.deliver(sender, clock.now()).sent == 0
    assert Message.objects.get().reason == "no_consent"


def test_a_consent_that_repeats_after_a_stop_word_does_not_undo_the_stop() -> None:
    ada, client = cast.ada(), browser()
    tap(client, address(ada, "consent/"), "one", channel="sms", granted="yes")
    cast.consent(ada, "sms", granted=False, at=clock.now())
    tap(client, address(ada, "consent/"), "one", channel="sms", granted="yes")
    assert list(Consent.objects.filter(member=ada, channel="sms", source="counter berlin").values_list("granted")) == [
        (True,)
    ]
    assert Consent.objects.filter(member=ada, channel="sms").latest("happened_at", "id").granted is False


@pytest.mark.parametrize(
    "values", [{"channel": "desk", "granted": "yes"}, {"channel": "sms", "granted": "perhaps"}, {}]
)
def test_a_consent_to_what_cannot_be_asked_is_not_found(values: dict[str, Any]) -> None:
    ada = cast.ada()
    assert tap(browser(), address(ada, "consent/"), **values).status_code == 404


def test_every_deed_that_repeats_by_htmx_answers_with_the_part_alone() -> None:
    ada, client = cast.ada(), browser()
    outbox.sender("desk")
    team()
    forms: dict[str, dict[str, Any]] = {
        "call/": {"team": "berlin"},
        "phone/": {"phone": "+4915550100777"},
        "consent/": {"channel": "sms", "granted": "no"},
    }
    for rest, values in forms.items():
        page = tap(client, address(ada, rest), htmx=True, **values).content.decode()
        assert ('id="care"' in page, "<html" in page) == (True, False)
