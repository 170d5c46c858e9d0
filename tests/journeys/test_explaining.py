"""Why: where members are with a journey, and what became of its messages, in structure and in a sentence."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from channels import explaining as channel_explaining
from channels import holds
from channels.models import Hold, Message
from content.models import Grant
from journeys import days, explaining, publishing
from journeys.explaining import Explanation
from journeys.models import HoldoutPolicy, Journey
from journeys.vocabulary import Whereabouts
from members import consent, segments
from members.consent import Decision
from members.models import Member
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.deliveries import granted, message
from tests.channels.outbox import at_most, content, offer, quiet, sender
from tests.journeys.drawn import published, segment, stands, tick

pytestmark = pytest.mark.django_db

SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
BOUGHT: dict[str, Any] = {"purchases": {"measure": "count", "op": "gte", "value": 3, "within_days": 365}}


@pytest.fixture(autouse=True)
def _house(db: None) -> None:
    sender("email")
    content("hello")


def why(who: Member, journey: Journey | Message, now: Any = NOW) -> Explanation:
    return explaining.explain(who, journey, now)


def entered(who: Member, steps: list[dict[str, Any]], **head: Any) -> Journey:
    """A journey that the member entered now."""
    journey = published(steps, **head)
    cast.event(who, "go")
    tick(NOW)
    return journey


# Never entered -------------------------------------------------------------------------------------------------------


def test_a_draft_has_let_nobody_in() -> None:
    """It is the journey and not the member."""
    found = why(cast.ada(), Journey.objects.create(key="new", name="New", kind="greeting"))
    assert (found.status, found.reason) == (Whereabouts.NEVER_ENTERED, "draft")
    assert found.sentence == "Ada Berg never entered “New”: it is a draft and was never published."


def test_the_false_leaf_of_the_entry_segment_is_named_with_its_value() -> None:
    """Of two leaves the one that is false, alone."""
    ada = cast.ada()
    cast.purchase(ada)
    segment("buyers", {"all": [BOUGHT, {"profile": {"field": "last_name", "op": "eq", "value": "Berg"}}]})
    journey = published([SEND], entry={"segment": {"key": "buyers"}})
    tick(NOW)
    found = why(ada, journey)
    assert found.reason == "not_in_segment"
    assert [(leaf["leaf"], leaf["value"]) for leaf in found.evidence["leaves"]] == [("rule.all[0].purchases", 1)]
    assert "is 1; asked for is at least 3" in found.sentence
    for _ in range(2):
        cast.purchase(ada)
    # Whoever buys is put into the segment by the tick, and then it is that.
    assert why(ada, journey).reason == "about_to"
    tick(NOW)
    assert stands(ada, journey) == "finished"


def test_who_was_in_the_segment_before_and_who_fits_and_is_not_in_it_yet_are_told_apart() -> None:
    """Neither is lacking anything of the rule."""
    ada, ben = cast.ada(), cast.ben()
    berg = segment("bergs", {"profile": {"field": "last_name", "op": "eq", "value": "Berg"}})
    journey = published([SEND], entry={"segment": {"key": "bergs"}})
    Member.objects.filter(pk=ben.pk).update(last_name="Berg")
    assert (why(ada, journey).reason, why(ben, journey).reason) == ("there_before", "not_refreshed")
    segments.refresh(berg, NOW)
    assert why(ben, journey).reason == "about_to"


def test_the_fact_that_did_not_come_came_before_or_does_not_fit() -> None:
    """The last one is told with its time."""
    where = {"where": [{"property": "size", "op": "gte", "value": 10}]}
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    cast.event(chidi, "ask", size=20)
    journey = published([SEND], entry={"fact": {"topic": "event", "name": "ask", **where}}, now=NOW + HOUR)
    cast.event(ben, "ask", NOW + 2 * HOUR, size=1)
    tick(NOW + 2 * HOUR)
    found = [why(who, journey, NOW + 3 * HOUR) for who in (ada, ben, chidi)]
    assert [one.reason for one in found] == ["no_fact", "other_fact", "fact_before"]
    assert "at 2026-03-10 12:00 (Africa/Lagos)" in found[2].sentence


def test_a_day_that_is_ahead_is_told_in_the_members_zone_and_a_29th_of_february_comes_on_the_28th() -> None:
    """Ada turns 36 on the 14th at nine in Berlin; Dora has told no birthday."""
    journey = published([SEND], entry={"date": {"of": "birthday", "offset_days": -1}})
    days.name(NOW)
    found = [why(who, journey) for who in (cast.ada(), cast.chidi(), cast.dora())]
    assert [one.reason for one in found] == ["day_ahead", "day_ahead", "no_date"]
    assert "2026-03-13 09:00 (Europe/Berlin)" in found[0].sentence
    assert "2027-02-27 09:00 (Africa/Lagos)" in found[1].sentence


def test_a_recurring_day_is_told_or_the_leaf_that_keeps_the_member_from_it() -> None:
    """On the first of each month, for buyers."""
    entry = {"every": "FREQ=MONTHLY;BYMONTHDAY=1", "from": "2026-01-01", "rule": BOUGHT}
    journey, ada, ben = published([SEND], entry={"recurring": entry}), cast.ada(), cast.ben()
    for _ in range(3):
        cast.purchase(ada)
    tick(NOW)
    assert "2026-04-01 09:00 (Europe/Berlin)" in why(ada, journey).sentence
    assert (why(ben, journey).reason, why(ben, journey).evidence["leaves"][0]["value"]) == ("entry_rule", 0)


def test_who_was_turned_away_hears_which_leaf_was_false_then_and_not_which_is_now() -> None:
    """A purchase of later does not change what was."""
    ada = cast.ada()
    entry = {"fact": {"topic": "event", "name": "go", "rule": BOUGHT}}
    journey = entered(ada, [SEND], entry=entry)
    for _ in range(3):
        cast.purchase(ada, NOW + DAY)
    found = why(ada, journey, NOW + 2 * DAY)
    assert (found.reason, found.evidence["leaves"][0]["value"]) == ("entry_rule", 0)
    assert "was named at 2026-03-10 12:00 (Europe/Berlin) and not admitted." in found.sentence
    publishing.publish(journey, {**journey.draft, "entry": {"fact": {"topic": "event", "name": "go"}}}, NOW + DAY)
    journey.refresh_from_db()
    assert why(ada, journey, NOW + 2 * DAY) == found  # nor does a version of later, which asks for nothing


def test_a_paused_journey_says_so_whatever_else_is_lacking() -> None:
    """Of a day that is ahead the pause is the reason: were it over by then, the day would name the member."""
    every = {"every": "FREQ=MONTHLY;BYMONTHDAY=1", "from": "2026-01-01"}
    segment("buyers", BOUGHT)
    entries = ({"date": {"of": "birthday"}}, {"recurring": every}, {"segment": {"key": "buyers"}})
    journeys = [published([SEND], key=f"j{number}", entry=entry) for number, entry in enumerate(entries)]
    ada, found = cast.ada(), []
    for journey in journeys:
        publishing.pause(journey, NOW)
        journey.refresh_from_db()
        found.append(why(ada, journey))
    assert [one.reason for one in found] == ["paused", "paused", "not_in_segment"]
    assert all("The journey is paused and takes nobody in." in one.sentence for one in found)
    assert found[0].until is None
    assert "2026-03-14 09:00 (Europe/Berlin)" in found[0].sentence
    assert found[2].evidence["leaves"]


@pytest.mark.parametrize(("runs", "reason"), [({"from": "2026-04-01"}, "not_yet"), ({"until": "2026-03-01"}, "over")])
def test_a_journey_that_has_not_begun_or_is_over_says_so(runs: dict[str, str], reason: str) -> None:
    assert why(cast.ada(), published([SEND], runs=runs)).reason == reason


def test_a_stopped_journey_takes_nobody_in() -> None:
    journey = published([SEND])
    publishing.stop(journey, NOW)
    journey.refresh_from_db()
    assert why(cast.ada(), journey).reason == "stopped"


# Under way -----------------------------------------------------------------------------------------------------------


def test_who_is_held_out_hears_until_when() -> None:
    """Everybody is, here."""
    HoldoutPolicy.objects.update_or_create(pk=1, defaults={"share": 1})
    ada = cast.ada()
    found = why(ada, entered(ada, [SEND]))
    assert (found.status, found.until) == (Whereabouts.HELD_OUT, NOW + 30 * DAY)
    assert found.sentence.startswith("Ada Berg was drawn for the holdout of")


def test_a_wait_is_told_with_its_end_and_a_pause_with_its_reason() -> None:
    """The pause is what keeps the member now."""
    ada = cast.ada()
    journey = entered(ada, [WAIT, SEND])
    found = why(ada, journey)
    assert (found.status, found.until) == (Whereabouts.WAITING, NOW + 2 * DAY)
    assert found.sentence == "Ada Berg stands at “rest” of “First”: it waits, until 2026-03-12 12:00 (Europe/Berlin)."
    publishing.pause(journey, NOW + HOUR)
    paused = why(ada, journey, NOW + 2 * HOUR)
    assert (paused.status, paused.since) == (Whereabouts.HELD, NOW + HOUR)
    assert "The journey is paused." in paused.sentence


def test_a_message_that_lost_its_place_names_the_journey_that_took_it() -> None:
    """And when it is asked for again."""
    at_most(1, 7)
    ada = cast.ada()
    published([SEND], key="more", priority=1)
    journey = entered(ada, [{**SEND, "deadline": {"days": 9}}], key="less")
    found = why(ada, journey)
    assert (found.status, found.reason, found.evidence["winner"]) == (Whereabouts.DEFERRED, "lost", "More")
    assert "“More” was more important" in found.sentence
    assert "allows at most 1 promotional in 7 days" in found.sentence
    assert found.evidence["winner_message"] == str(Message.objects.get().public_id)
    assert found.until is not None


def test_a_capped_message_names_the_policy_and_the_messages_that_fill_it() -> None:
    """The first journey's message is what leaves no room for the second's."""
    at_most(1, 7)
    ada = cast.ada()
    published([SEND], key="more")
    cast.event(ada, "go")
    tick(NOW)
    cast.event(ada, "come", NOW + HOUR)
    entry = {"fact": {"topic": "event", "name": "come"}}
    journey = published([{**SEND, "deadline": {"days": 9}}], key="less", entry=entry)
    cast.event(ada, "come", NOW + HOUR)
    tick(NOW + HOUR)
    found = why(ada, journey, NOW + HOUR)
    assert (found.status, found.reason, found.until) == (Whereabouts.DEFERRED, "capped", NOW + 7 * DAY)
    assert found.evidence["messages"] == [str(Message.objects.get(journey_name="More").public_id)]
    assert "allows at most 1 promotional in 7 days by all channels together" in found.sentence
    assert "these count: “Hello” on 2026-03-10 12:00 (Europe/Berlin)." in found.sentence


def test_an_end_is_told_with_what_came_of_each_message_and_of_those_that_were_none() -> None:
    """The first was sent; of the second nothing came, for a consent that was withdrawn in between."""
    ada = cast.ada()
    sms = {"key": "text", "kind": "send", "content": "hello", "channels": ["sms"]}
    sender("sms")
    withdrawn = NOW - DAY
    consent.record([Decision(ada.pk, "sms", "promotional", False, withdrawn, "reply", "STOP")], NOW)
    journey = entered(ada, [SEND, sms])
    found = why(ada, journey)
    assert (found.status, found.reason) == (Whereabouts.ENDED, "finished")
    mail, text = found.parts
    assert (mail.status, text.status, text.reason, text.since) == ("queued", "not_sent", "no_consent", withdrawn)
    assert "since 2026-03-09 12:00 (Europe/Berlin) (said at: reply)" in text.sentence


def test_a_policy_that_allows_no_message_at_all_is_named() -> None:
    """There are no messages that count."""
    at_most(0, 1)
    ada = cast.ada()
    (part,) = why(ada, entered(ada, [SEND])).parts
    assert (part.status, part.reason, part.evidence["policy"]["messages"]) == ("not_sent", "capped", 0)
    assert "allows at most 0 promotional in 1 day by" in part.sentence


def test_a_goal_reached_after_the_end_is_told_and_is_no_message_of_which_nothing_came() -> None:
    """The message that it cancelled is, with its own reason."""
    ada = cast.ada()
    journey = entered(ada, [SEND], goal={"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}})
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    found = why(ada, journey, NOW + HOUR)
    assert (found.reason, [(part.status, part.reason) for part in found.parts]) == (
        "finished",
        [("cancelled", "ended")],
    )
    assert found.sentence.endswith("Reached the end. Reached the goal at 2026-03-10 13:00 (Europe/Berlin).")


def test_whom_the_exit_rule_kept_out_hears_that_it_was_that_rule() -> None:
    """The leaf alone could be one of the entry's."""
    ada = cast.ada(tags=["quiet"])
    found = why(ada, entered(ada, [SEND], exit={"tag": {"name": "quiet"}}))
    assert found.reason == "exit_rule"
    assert "not admitted. The exit rule was true at entry. Tagged since 2026-03-10" in found.sentence


def test_what_must_not_be_is_told_as_that() -> None:
    """A tag under “none” keeps the member out by being there."""
    segment("buyers", {"all": [{"none": [{"tag": {"name": "staff"}}]}]})
    found = why(cast.ada(tags=["staff"]), published([SEND], entry={"segment": {"key": "buyers"}}))
    assert "the tag “staff” is set. This is asked not to be so." in found.sentence


def test_of_two_open_orders_the_latest_is_told_and_the_other_named() -> None:
    """Each has a journey of its own."""
    ada = cast.ada()
    journey = published([WAIT], entry={"fact": {"topic": "event", "name": "order", "key": "id"}})
    for number in (1, 2):
        cast.event(ada, "order", NOW, id=f"A-{number}")
        tick(NOW + number * HOUR)
    found = why(ada, journey, NOW + 2 * HOUR)
    assert {found.evidence["entry_key"], *found.evidence["other_entry_keys"]} == {"A-1", "A-2"}
    assert found.sentence.endswith("This is about “A-2”; there is also “A-1”.")


def test_of_two_orders_that_want_the_same_place_neither_is_called_more_important() -> None:
    """They are of one journey; the one that entered first has it."""
    at_most(1, 7)
    ada = cast.ada()
    long = {**SEND, "deadline": {"days": 9}}
    journey = published([long], entry={"fact": {"topic": "event", "name": "order", "key": "id"}})
    for number in (1, 2):
        cast.event(ada, "order", NOW, id=f"A-{number}")
    tick(NOW)
    found = why(ada, journey)
    assert (found.status, found.reason) == (Whereabouts.DEFERRED, "lost")
    assert "Another entry of the member into “First” came first and took the place." in found.sentence


def test_who_came_back_too_early_hears_of_both() -> None:
    """The end of the first, and why there is no second."""
    ada = cast.ada()
    journey = entered(ada, [SEND], re_entry={"after_days": 30})
    cast.event(ada, "go", NOW + DAY)
    tick(NOW + DAY)
    found = why(ada, journey, NOW + DAY)
    assert found.status == Whereabouts.ENDED
    assert "re-entry rule" in found.sentence


# Messages ------------------------------------------------------------------------------------------------------------


def test_a_queued_message_says_what_keeps_it() -> None:
    """Held; about to leave; with its offer gone; with news unread."""
    ada = cast.ada()
    grant = granted(ada)
    sent = message(ada, offer_id=grant.offer_id)
    assert "it is about to leave" in why(ada, sent).sentence
    holds.place(Hold.Scope.ALL, "", "Prices are wrong", NOW)
    assert "it is held since 2026-03-10 12:00 (Europe/Berlin): Prices are wrong" in why(ada, sent).sentence
    holds.lift(Hold.Scope.ALL, "")
    type(grant).objects.filter(pk=grant.pk).update(state="withdrawn", closed_at=NOW)
    found = why(ada, Message.objects.get(pk=sent.pk), NOW + HOUR)
    assert found.evidence["will_be"] == "grant_closed"
    assert "is withdrawn since 2026-03-10 12:00 (Europe/Berlin)" in found.sentence


def test_what_never_left_says_since_when_there_is_no_consent() -> None:
    """Withdrawn between queue and claim."""
    ada = cast.ada()
    sent = message(ada)
    consent.record([Decision(ada.pk, "email", "promotional", False, NOW, "unsubscribe")], NOW)
    Message.objects.filter(pk=sent.pk).update(state="cancelled", reason="no_consent", ended_at=NOW + HOUR)
    found = why(ada, Message.objects.get(pk=sent.pk), NOW + HOUR)
    assert (found.status, found.reason, found.since) == ("cancelled", "no_consent", NOW)
    assert "Ada Berg has not agreed to promotional messages by E-mail since" in found.sentence


def test_a_refusal_is_told_in_the_carriers_words() -> None:
    """Word for word."""
    sent = message(cast.ada())
    Message.objects.filter(pk=sent.pk).update(
        state="refused", reason="carrier_refused", words="550 no such user", ended_at=NOW
    )
    found = why(sent.member, Message.objects.get(pk=sent.pk))
    assert found.evidence["carrier_words"] == "550 no such user"
    assert "The carrier said: “550 no such user”." in found.sentence


@pytest.mark.parametrize("state", ["handed", "sent", "delivered", "unconfirmed"])
def test_every_state_has_a_sentence(state: str) -> None:
    sent = message(cast.ada())
    reason = "fate_unknown" if state == "unconfirmed" else ""
    Message.objects.filter(pk=sent.pk).update(state=state, reason=reason, handed_at=NOW, sent_at=NOW, ended_at=NOW)
    found = why(sent.member, Message.objects.get(pk=sent.pk))
    assert found.status == state
    assert "12:00 (Europe/Berlin)" in found.sentence


def test_a_message_to_somebody_else_is_not_explained() -> None:
    with pytest.raises(ValueError, match="another member"):
        why(cast.ben(), message(cast.ada()))


# Where people ask ----------------------------------------------------------------------------------------------------


def test_the_command_says_the_sentence_and_its_parts_and_as_json_all_of_it() -> None:
    """Of a journey by its key and of a message by its id."""
    ada = cast.ada()
    entered(ada, [SEND])
    sent = Message.objects.get()
    for about in ("first", str(sent.public_id)):
        said, structure = StringIO(), StringIO()
        call_command("explain", "M-ADA", about, now=NOW, stdout=said)
        call_command("explain", "M-ADA", about, now=NOW, json=True, stdout=structure)
        assert json.loads(structure.getvalue())["sentence"] == said.getvalue().splitlines()[0]
    assert said.getvalue().startswith("“Hello” of “First” by E-mail:")
    with pytest.raises(CommandError, match="There is no journey “nothing”"):
        call_command("explain", "M-ADA", "nothing")


def test_the_api_the_admin_and_the_contacts_say_the_same(client: Any) -> None:
    """One sentence, wherever it is asked for."""
    ada = cast.ada()
    journey = entered(ada, [WAIT])
    client.force_login(cast.administrator())
    why_api = f"/api/v1/members/{ada.public_id}/why/"
    sentence = client.get(why_api, {"journey": "first"}).json()["sentence"]
    assert sentence == "Ada Berg stands at “rest” of “First”: it is about to go on."  # these doors read the clock
    assert client.get(why_api, {"journey": "nothing"}).status_code == 422
    led = client.get("/admin/journeys/journey/why/", {"journey": "first", "member": "M-ADA"})
    contacts = f"/contacts/members/{ada.public_id}/"
    for page in (led.headers["Location"], f"{contacts}why/?journey=first"):
        assert sentence in client.get(page).content.decode()
    assert f"{contacts}why/" in client.get(contacts).content.decode()
    member_page = client.get(f"/admin/members/member/{ada.pk}/change/").content.decode()
    assert f"/admin/journeys/journey/{journey.pk}/why/?member=M-ADA" in member_page


# As of then, and not as of today --------------------------------------------------------------------------------------


def test_a_consent_that_was_told_later_is_not_called_a_refusal() -> None:
    """An import brings what ada had said on paper the day before; ben takes back what he had said before."""
    ada, ben = cast.ada(agreed=()), cast.ben(agreed=())
    consent.record([Decision(ben.pk, "email", "promotional", False, NOW - DAY, "reply")], NOW - DAY)
    journey = entered(ada, [SEND])
    cast.event(ben, "go")
    tick(NOW)
    for who in (ada, ben):
        consent.record([Decision(who.pk, "email", "promotional", True, NOW - HOUR, "import")], NOW + DAY)
    (of_ada,), (of_ben,) = (why(who, journey, NOW + 2 * DAY).parts for who in (ada, ben))
    later = "until 2026-03-11 12:00 (Europe/Berlin)."
    assert of_ada.sentence.endswith(f"Ada Berg had not agreed to promotional messages by E-mail {later}")
    assert "from 2026-03-09 07:00 (America/New_York) (said at: reply) until 2026-03-11" in of_ben.sentence


def test_who_never_agreed_and_who_had_no_address_are_told_so_by_channel() -> None:
    """An address that came later does not change what was."""
    ada, ben, chidi = cast.ada(agreed=()), cast.ben(email=""), cast.chidi()
    journey = entered(ada, [SEND])
    for who in (ben, chidi):
        cast.event(who, "go")
    tick(NOW)
    cast.identity(ben, "email", "ben@example.com", now=NOW + DAY)
    said = [why(who, journey, NOW + 2 * DAY).parts[0].sentence for who in (ada, ben, chidi)]
    assert said[0].endswith("Ada Berg has never agreed to promotional messages by E-mail.")
    assert said[1].endswith("Ben Cole had no verified address for E-mail then.")
    assert said[2].endswith("Chidi Obi has no address for E-mail.")


def test_a_suppression_of_later_is_not_what_kept_a_message_back() -> None:
    ada = cast.ada()
    consent.suppress("email", "ada@example.com", "bounced", NOW - DAY)
    journey = entered(ada, [SEND])
    consent.lift("email", "ada@example.com", NOW + HOUR)
    consent.suppress("email", "ada@example.com", "complained", NOW + DAY)
    (part,) = why(ada, journey, NOW + 2 * DAY).parts
    assert part.sentence.endswith("The member's address for E-mail had bounced or complained, and was not used then.")


def test_who_was_named_while_under_way_is_not_said_to_be_under_way_still() -> None:
    ada = cast.ada()
    journey = entered(ada, [WAIT])
    cast.event(ada, "go", NOW + HOUR)
    for now in (NOW + HOUR, NOW + 2 * DAY):
        tick(now)
    assert why(ada, journey, NOW + 3 * DAY).sentence.endswith("Reached the end.")


def test_who_was_to_be_named_on_another_day_hears_that_the_journey_was_stopped() -> None:
    first, second = cast.crowd(2)
    journey = published([SEND], ramp=1)
    for who in (first, second):
        cast.event(who, "go")
    tick(NOW)
    publishing.stop(journey, NOW + HOUR)
    journey.refresh_from_db()
    found = why(second, journey, NOW + 2 * DAY)
    assert (found.reason, found.sentence.endswith("It is stopped and takes nobody in.")) == ("ramp", True)


def test_a_day_after_the_journeys_end_is_not_promised() -> None:
    """Nor a day by a date that no look for days reads as one."""
    yearly = {"every": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1", "from": "2026-01-01"}
    runs = {"until": "2026-03-13"}
    dated = published([SEND], key="dated", entry={"date": {"of": "birthday"}}, runs=runs)
    recurring = published([SEND], key="recurring", entry={"recurring": yearly}, runs=runs)
    due = published([SEND], key="due", entry={"date": {"of": "attribute:due"}})
    ada, ben = cast.ada(attributes={"due": "20260401"}), cast.ben(attributes={"due": "2026-W30-1"})
    found = [why(ada, dated), why(ada, recurring), why(ada, due), why(ben, due)]
    assert {(one.reason, one.until) for one in found} == {("no_date", None)}
    assert "no day of the entry comes before the journey is over at 2026-03-14 " in found[0].sentence


# With what it rests on ------------------------------------------------------------------------------------------------


def test_the_offer_that_took_the_place_and_the_one_that_was_never_granted_are_named() -> None:
    """And the one that was redeemed, with its time."""
    ada = cast.ada()
    taken = offer("cup", slot="x", name="Cup")
    for key, slot in (("pot", "x"), ("leaf", "y")):
        offer(key, slot=slot, name=key.title())
    grants = [{"key": f"grant-{key}", "kind": "grant_offer", "offer": key} for key in ("cup", "pot")]
    journey = entered(ada, [*grants, {**SEND, "offer": "leaf"}, WAIT, {**SEND, "key": "late", "offer": "cup"}])
    Grant.objects.filter(offer=taken).update(state="redeemed", closed_at=NOW + HOUR)
    tick(NOW + 2 * DAY)
    said = {part.evidence["step"]: part.sentence for part in why(ada, journey, NOW + 2 * DAY).parts}
    assert said["grant-pot"].endswith("Another offer is live for the member in the same slot. It is “Cup”.")
    assert said["mail"].endswith("The offer “Leaf” had not been granted to Ada Berg.")
    assert said["late"].endswith("The offer “Cup” in it is redeemed since 2026-03-10 13:00 (Europe/Berlin).")


def test_quiet_hours_that_last_too_long_are_told_with_their_end() -> None:
    quiet("email", "08:00", "09:00")
    ada = cast.ada()
    (part,) = why(ada, entered(ada, [{**SEND, "deadline": {"hours": 2}}])).parts
    assert part.reason == "quiet_hours"
    assert "It could have left by E-mail at 2026-03-11 08:" in part.sentence


def test_a_message_that_nobody_took_before_the_quiet_hours_is_not_about_to_leave() -> None:
    """The claim would put it off until the morning."""
    sent = message(cast.ada())
    quiet("email", "08:00", "20:00")
    assert "it is about to leave" in why(sent.member, sent).sentence
    assert "it leaves at 2026-03-11 08:" in why(sent.member, sent, NOW + 10 * HOUR).sentence


@pytest.mark.parametrize(
    ("reason", "words", "said"),
    [
        ("not_rendered", "There is no offer.price.", "filled in for this member. “There is no offer.price.”"),
        ("expired", "450 greylisted", "before its deadline. The carrier had said: “450 greylisted”."),
        ("carrier_failed", "421 busy", "in any attempt. The carrier had said: “421 busy”."),
    ],
)
def test_what_never_left_is_told_in_the_words_that_stand_beside_it(reason: str, words: str, said: str) -> None:
    sent = message(cast.ada())
    Message.objects.filter(pk=sent.pk).update(state="cancelled", reason=reason, words=words, ended_at=NOW)
    assert why(sent.member, Message.objects.get(pk=sent.pk)).sentence.endswith(said)


def test_a_message_that_was_cancelled_with_the_journey_says_why_the_member_left() -> None:
    ada = cast.ada()
    entered(ada, [SEND], goal={"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}})
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    found = channel_explaining.explain(Message.objects.get(), NOW + 2 * HOUR)  # as the message's own page says it
    assert found.sentence.endswith("The member left the journey before it went out. Reached the goal.")
