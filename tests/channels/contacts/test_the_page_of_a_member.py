"""The page of a member: who this is, what is theirs, what is going on, and the whole history as the member saw it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection

from channels.contacts import history
from channels.contacts.history import Wanted
from channels.models import Message, Rendering, Sender
from content import offers
from members import clock, touchpoints
from members.models import AuditEntry, Consent, Event, Member, Touchpoint
from members.vocabulary import Channel, Direction, TouchpointKind
from tests import cast
from tests.channels import outbox
from tests.channels.contacts.desk import browser, follow_up, given_offer, person, text, to_follow_up, to_member
from tests.channels.deliveries import message
from tests.journeys.drawn import published, tick
from tests.roles import asked

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def told(who: Member, at: datetime, **fields: Any) -> None:
    given = {"channel": "sms", "direction": "out", "kind": "message", **fields}
    touchpoints.record([Touchpoint(member=who, happened_at=at, **given)], at)


def letter(who: Member, channel: str, text: str, html: str = "", at: datetime | None = None) -> Message:
    """A message that was sent, with its rendering and its touchpoint."""
    at = at or clock.now() - MINUTE
    if not Sender.objects.filter(channel=channel).exists():
        outbox.sender(channel)
    made = message(
        who, channels=[channel], step_key=f"{channel}-{Message.objects.count()}", now=at, expires_at=at + 60 * MINUTE
    )
    Message.objects.filter(pk=made.pk).update(state="sent", sent_at=at)
    Rendering.objects.create(message=made, subject="Hello" if html else "", text=text, html=html)
    told(who, at, channel=channel, message_id=made.pk, text=(text or "Hello")[:80], content_name="Hello")
    return made


def test_it_says_who_this_is_and_how_to_reach_them() -> None:
    ada = cast.ada(preferred_channel="sms")
    cast.consent(ada, "email", granted=False, at=clock.now() - MINUTE)
    said = text(browser().get(to_member(ada)))
    for words in ("Ada Berg", "M-ADA", "14 March 1990", "Chorale Berlin", "+4915550100001", "offers: withdrawn",
                  "offers: agreed", "Europe/Berlin", "Has not bought yet."):  # fmt: skip
        assert words in said
    assert AuditEntry.objects.get(deed="looked_up").object_repr == "M-ADA"


def test_they_are_called_by_a_tap_on_the_number_and_no_points_are_said_to_be_none() -> None:
    page = browser().get(to_member(cast.ada()))
    assert '<a href="tel:+4915550100001">' in page.content.decode()
    assert "Points 0" in text(page)


def test_it_has_the_offers_the_work_and_the_journeys_in_plain_words() -> None:
    now = clock.now()
    published(
        [{"key": "patience", "kind": "wait_for", "fact": {"topic": "purchase"}, "timeout": {"days": 7}}],
        now,
        key="win-back",
    )
    ada = cast.ada()
    cast.event(ada, "go", now, now=now)
    tick(now)
    given_offer(ada)
    old = given_offer(ada, "old")
    offers.withdraw([old.pk], now)
    follow_up(ada)
    said = text(browser().get(to_member(ada)))
    assert "Win-Back waits for a purchase, until" in said
    assert "(Europe/Berlin)" in said
    theirs, _sep, past = said.partition("Past offers")
    assert "Tea €10.00" in theirs
    assert "Old, 10.00 EUR Withdrawn" in past


def test_a_page_about_nobody_in_particular_says_what_to_do() -> None:
    said = text(browser().get(to_member(cast.member("M-0"))))
    for words in (
        "No offer is theirs now",
        "Nobody is to call them",
        "In no journey now",
        "No contact yet",
        "no address",
    ):
        assert words in said


# History --------------------------------------------------------------------------------------------------------------


def test_messages_stand_there_as_the_member_saw_them() -> None:
    ada = cast.ada()
    letter(ada, "sms", "Your tea is ready. https://x.example/l/1")
    mail = letter(ada, "email", "plain", "<p>Rich</p><script>alert(1)</script>")
    told(ada, clock.now(), channel="chat", direction="in", kind="replied", text="Thank you & bye")
    client = browser()
    page = client.get(to_member(ada)).content.decode()
    assert 'class="co-bubble">Your tea is ready. https://x.example/l/1' in page
    assert 'class="co-bubble co-theirs">Thank you &amp; bye' in page
    assert f'src="/contacts/messages/{mail.public_id}/mail/"' in page
    assert "<p>Rich</p>" not in page


def test_a_mail_runs_nothing_and_fetches_nothing() -> None:
    mail = letter(cast.ada(), "email", "plain", '<p>Rich</p><img src="https://spy.example/1.png">')
    answer = browser().get(f"/contacts/messages/{mail.public_id}/mail/")
    policy = answer.headers["Content-Security-Policy"]
    assert "<p>Rich</p>" in answer.content.decode()
    assert policy.startswith("sandbox; default-src 'none'")
    assert "http" not in policy
    assert "script-src" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    plain = letter(cast.ben(), "email", "<b>plain</b>")
    assert browser().get(f"/contacts/messages/{plain.public_id}/mail/").headers["Content-Type"].startswith("text/plain")


def test_a_test_and_a_guessed_message_are_not_found() -> None:
    mail = letter(cast.ada(), "email", "plain", "<p>Rich</p>")
    client = browser()
    Message.objects.update(origin_kind="test")
    for path in (
        f"/contacts/messages/{mail.public_id}/mail/",
        "/contacts/messages/6f1f2a5e-0000-4000-8000-000000000000/mail/",
    ):
        assert client.get(path).status_code == 404


def entries(who: Member, query: str = "") -> list[str]:
    page = browser().get(to_member(who, f"history/{query}"))
    return [one.contact.text for one in page.context["past"].entries]


def test_the_history_is_filtered_by_channel_offer_journey_and_time() -> None:
    ada, noon = cast.ada(), datetime.fromisoformat("2026-03-10T11:00:00+00:00")
    told(ada, noon, text="a", channel="sms", offer_id=7, offer_name="Tea", journey_id=3, journey_name="Win back")
    told(ada, noon + MINUTE, text="b", channel="email")
    told(
        ada,
        noon + timedelta(days=1),
        text="c",
        channel="chat",
        direction="in",
        kind="replied",
        journey_id=3,
        journey_name="Win back",
    )
    assert entries(ada) == ["c", "b", "a"]
    assert entries(ada, "?channel=email") == ["b"]
    assert entries(ada, "?offer=7") == ["a"]
    assert entries(ada, "?journey=3") == ["c", "a"]
    assert entries(ada, "?journey=3&channel=chat") == ["c"]
    assert entries(ada, "?since=2026-03-11") == ["c"]
    assert entries(ada, "?until=2026-03-10") == ["b", "a"]
    assert entries(ada, "?since=2026-03-10&until=2026-03-10&channel=sms") == ["a"]


@pytest.mark.parametrize(
    "query", ["?channel=x", "?offer=x", "?offer=99999999999999999999", "?since=yesterday", "?until=9999-12-31",
              "?since=0001-01-01", "?before=x~y", "?channel=%00", "?since=%00"],
)  # fmt: skip
def test_filters_that_nobody_made_hide_nothing_and_break_nothing(query: str) -> None:
    ada = cast.ada()
    told(ada, clock.now(), text="a")
    assert entries(ada, query) == ["a"]


def test_days_are_those_of_the_reps_calendar() -> None:
    ada = cast.ada()
    told(ada, datetime.fromisoformat("2026-03-10T23:30:00+00:00"), text="late")  # half past midnight in Berlin
    assert entries(ada, "?since=2026-03-11") == ["late"]
    assert entries(ada, "?until=2026-03-10") == []


def test_it_goes_back_page_by_page_without_missing_or_repeating() -> None:
    ada, at = cast.ada(), clock.now()
    made: Any = {"happened_at": at, "channel": "sms", "direction": "out", "kind": "message"}
    touchpoints.record([Touchpoint(member=ada, text=f"{number}", **made) for number in range(60)], at)
    client, path, seen = browser(), to_member(ada, "history/"), []
    while path:
        page = client.get(path, headers={"HX-Request": "true"})
        seen += [one.contact.text for one in page.context["past"].entries]
        older = page.context["past"].older
        path = f"{to_member(ada, 'history/')}?before={older.replace('+', '%2B')}" if older else ""
    assert seen == [f"{number}" for number in reversed(range(60))]


def test_the_history_is_read_along_its_index_whatever_the_filter() -> None:
    ada = cast.ada()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    for wanted in (Wanted(), Wanted(channel="sms", offer=1, journey=2, since=date(2026, 1, 1), until=date(2026, 2, 1))):
        chosen = history._chosen(ada, wanted).select_related(None).order_by("-happened_at", "-pk")[:26]
        sql, params = chosen.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + sql, params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Index Scan using touchpoint_history" in plan
        assert "Sort  (" not in plan  # what comes sorted out of the months is merged, by a "Sort Key"


def test_a_page_costs_the_same_however_long_the_history_is() -> None:
    ada, client = cast.ada(), browser()
    letter(ada, "sms", "one")
    few = len(asked(client, to_member(ada)))
    for number in range(20):
        letter(ada, "sms", f"{number}", at=clock.now() - number * MINUTE)
    assert len(asked(client, to_member(ada))) <= few + 1


# Deeds ----------------------------------------------------------------------------------------------------------------


def test_a_call_is_logged_once() -> None:
    ada, client = cast.ada(), browser()
    grant = given_offer(ada)
    said = {
        "key": "k",
        "direction": "in",
        "result": "call_again",
        "text": "Rang about the tea.",
        "grant": str(grant.public_id),
    }
    for _attempt in range(2):
        assert "It is in the history." in text(client.post(to_member(ada, "call/"), said, follow=True))
    contact = Touchpoint.objects.get(kind=TouchpointKind.CALL)
    assert (contact.direction, contact.outcome, contact.text, contact.offer_name) == (
        "in",
        "call_again",
        "Rang about the tea.",
        "Tea",
    )
    assert (contact.who_name, contact.channel) == ("Rosa", Channel.DESK)
    assert Event.objects.get().name == "call.call_again"
    assert AuditEntry.objects.filter(deed="contacted").count() == 1


def test_what_a_member_says_about_offers_is_noted_once_with_its_words() -> None:
    ada, client = cast.ada(agreed=()), browser()
    for answer in ("yes", "yes", "no"):
        client.post(to_member(ada, "consent/"), {"key": "k", "channel": "sms", "granted": answer})
    said = list(
        Consent.objects.filter(member=ada).order_by("id").values_list("channel", "purpose", "granted", "source")
    )
    assert said == [("sms", "promotional", True, "contacts"), ("sms", "promotional", False, "contacts")]
    assert Consent.objects.latest("id").wording == "Send me no more offers by SMS."
    assert [one.detail for one in AuditEntry.objects.filter(deed="changed", member_id=ada.pk).order_by("id")] == [
        "consent sms: yes",
        "consent sms: no",
    ]
    assert Event.objects.filter(name="contacts.consent").count() == 2
    assert "offers: withdrawn" in text(client.get(to_member(ada)))


def test_who_does_not_want_to_be_called_is_called_about_offers_no_more() -> None:
    ada, client = cast.ada(), browser()
    said = text(client.post(to_member(ada, "consent/"), {"key": "k", "channel": "desk", "granted": "no"}, follow=True))
    assert "Call me about offers no more." in said
    assert "calls about offers: withdrawn" in said
    outbox.sender("desk")
    soon = {"expires_at": clock.now() + timedelta(days=1), "channels": ["desk"]}
    [verdict] = outbox.ask(outbox.candidate(ada, outbox.content("call", ("desk",)), **soon), now=clock.now())
    assert (verdict.message_id, verdict.reason) == (None, "no_consent")


@pytest.mark.parametrize("wrong", [{"channel": "counter"}, {"channel": ""}, {"granted": "perhaps"}, {"key": ""}])
def test_a_consent_that_nobody_gave_is_not_noted(wrong: dict[str, str]) -> None:
    ada = cast.ada(agreed=())
    given = {"key": "k", "channel": "sms", "granted": "yes", **wrong}
    assert browser().post(to_member(ada, "consent/"), given).status_code == 200
    assert not Consent.objects.filter(member=ada).exists()


def test_a_note_is_kept_once_and_must_say_something() -> None:
    ada, client = cast.ada(), browser()
    assert "This field is required" in text(client.post(to_member(ada, "note/"), {"key": "k", "text": " "}))
    for _attempt in range(2):
        client.post(to_member(ada, "note/"), {"key": "k", "text": "Has a dog."})
    contact = Touchpoint.objects.get()
    assert (contact.kind, contact.text, contact.direction) == ("note", "Has a dog.", Direction.IN)
    assert Event.objects.get().name == "note.written"


def test_a_message_goes_out_or_the_page_says_why_not() -> None:
    outbox.sender("sms")
    ada, ben, client = cast.ada(), cast.ben(), browser()
    said = {"key": "k", "channel": "sms", "purpose": "service", "text": "It is here."}
    for _attempt in range(2):
        assert "On its way by SMS." in text(client.post(to_member(ada, "write/"), said, follow=True))
    sent = Message.objects.get()
    assert (sent.origin_kind, sent.letter.text, sent.member) == ("rep", "It is here.", ada)
    refused = client.post(to_member(ben, "write/"), said)
    assert refused.status_code == 409
    assert "no verified address" in text(refused)
    assert "It is here." in refused.content.decode(), "what was written is not lost"
    assert "An e-mail needs a subject" in text(client.post(to_member(ada, "write/"), {**said, "channel": "email"}))
    for wrong in ({"purpose": "transactional"}, {"channel": "desk"}, {"text": ""}):
        assert client.post(to_member(ada, "write/"), {**said, "key": "x", **wrong}).status_code == 200
    assert Message.objects.count() == 1


def test_quiet_hours_are_told_with_the_time_when_it_leaves() -> None:
    outbox.sender("sms")
    now = clock.now()
    opens = now + timedelta(hours=3)
    outbox.quiet("sms", f"{opens:%H}:00", f"{opens + timedelta(hours=1):%H}:00")
    ada = cast.ada(zone="Etc/UTC")
    said = {"key": "k", "channel": "sms", "purpose": "service", "text": "It is here."}
    assert "when the channel's quiet hours are over" in text(
        browser().post(to_member(ada, "write/"), said, follow=True)
    )


def test_one_tap_sends_the_message_about_an_offer() -> None:
    outbox.sender("email")
    ada, client = cast.ada(preferred_channel="email"), browser()
    grant = given_offer(ada)
    path = to_member(ada, f"offers/{grant.public_id}/send/")
    for _attempt in range(2):
        assert "On its way by E-mail." in text(client.post(path, {"key": "tap"}, follow=True))
    sent = Message.objects.get()
    assert (sent.grant, sent.channel, sent.purpose) == (grant, "email", "service")
    assert "E-mail" in text(client.get(to_member(ada)))
    offers.withdraw([grant.pk], clock.now())
    assert "was not sent" in text(client.post(path, {"key": "again"}, follow=True))
    assert client.post(to_member(cast.ben(), f"offers/{grant.public_id}/send/"), {"key": "tap"}).status_code == 404


# Live -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["first", "follow-up", "member"])
def test_an_offer_redeemed_anywhere_closes_on_every_open_screen(where: str) -> None:
    ada = cast.ada()
    grant, client = given_offer(ada), browser()
    one = follow_up(ada, offer_id=grant.offer_id)
    page = {"first": "/contacts/", "follow-up": to_follow_up(one), "member": to_member(ada)}[where]
    part = {"first": "/contacts/work/", "follow-up": to_follow_up(one, "state/"), "member": to_member(ada, "present/")}[
        where
    ]
    context = client.get(page).context
    asking, stamp = context["live_address"], context["live_stamp"]
    assert client.get(asking, {"since": stamp}).status_code == 204
    offers.redeem(grant.pk, request_key="r", channel=Channel.COUNTER, now=clock.now(), store=cast.lisbon())
    answer = client.get(asking, {"since": stamp})
    assert (answer.status_code, answer.headers["HX-Trigger-After-Swap"]) == (200, "chorale:changed")
    said = text(client.get(part, headers={"HX-Request": "true"}))
    gone = {"first": "Ada Berg", "follow-up": "What came of it?", "member": "Send it with its link"}[where]
    assert gone not in said
    if where == "follow-up":
        assert 'hx-swap-oob="true"' in client.get(part).content.decode()
        assert "Do not call about it." in said


def test_asking_whether_anything_changed_is_cheap_and_notes_nothing() -> None:
    ada, client = cast.ada(), browser()
    path = to_member(ada, "live/")
    stamp = client.get(to_member(ada)).context["live_stamp"]
    noted = AuditEntry.objects.count()
    assert client.get(path, {"since": stamp}).status_code == 204
    assert AuditEntry.objects.count() == noted


# Search ---------------------------------------------------------------------------------------------------------------


def test_a_member_is_found_by_whatever_is_known_of_them() -> None:
    ada, client = cast.ada(), browser()
    grant = given_offer(ada)
    for typed in ("berg ada", "Breg", "M-ADA", "+4915550100001", "ada@exmaple.com", grant.code, grant.code.lower()):
        assert to_member(ada) in client.post("/contacts/search/", {"q": typed}).content.decode(), typed


def test_a_search_that_finds_nobody_says_what_to_try() -> None:
    client = browser()
    assert "Nobody is called anything like “xqzvw”" in text(client.post("/contacts/search/", {"q": "xqzvw"}))
    assert "Type a name" in text(client.get("/contacts/search/"))
    assert client.post("/contacts/search/", {"q": "\0"}).status_code == 200
    page = client.post("/contacts/search/", {"q": "<script>"}).content.decode()
    assert "“<script>" not in page


# Who may --------------------------------------------------------------------------------------------------------------

INSIDE = {"Sales rep": 200, "Manager": 200, "Administrator": 200, "Marketer": 403, "Store clerk": 403, "": 403}
PAGES = ("", "present/", "history/", "live/", "call/", "note/", "write/", "hand-over/")
NOBODY = "6f1f2a5e-0000-4000-8000-000000000000"


@pytest.mark.parametrize("role", INSIDE)
def test_the_contacts_open_to_those_who_work_there(role: str) -> None:
    ada = cast.ada()
    user = person("somebody", role, cast.berlin()) if role else cast.user("somebody")
    client = browser(user)
    for path in ("/contacts/", "/contacts/work/", "/contacts/more/", "/contacts/live/", "/contacts/search/"):
        assert client.get(path).status_code == INSIDE[role], path
    for rest in PAGES:
        assert client.get(to_member(ada, rest)).status_code == INSIDE[role], rest


@pytest.mark.parametrize("rest", PAGES)
def test_a_member_who_is_not_there_is_not_found(rest: str) -> None:
    assert browser().get(f"/contacts/members/{NOBODY}/{rest}").status_code == 404
    assert browser().get("/contacts/members/1/").status_code == 404


def test_a_right_that_was_taken_away_is_missing_on_the_page_and_behind_it() -> None:
    ada, client = cast.ada(), browser()
    given_offer(ada)
    group = Group.objects.get(name="Sales rep")
    group.permissions.remove(*Permission.objects.filter(codename__in=["add_letter", "add_handoff", "add_touchpoint"]))
    page = client.get(to_member(ada)).content.decode()
    for rest in ("write/", "hand-over/", "call/", "note/"):
        assert to_member(ada, rest) not in page
        assert client.get(to_member(ada, rest)).status_code == 403
    assert "Send it with its link" not in page


# Audit log ------------------------------------------------------------------------------------------------------------


def looks() -> int:
    return int(AuditEntry.objects.filter(deed="looked_up").count())


@pytest.mark.parametrize("rest", ["history/", "present/", "call/", "note/", "write/", "hand-over/"])
def test_whoever_reads_but_a_part_of_a_members_page_has_looked_them_up(rest: str) -> None:
    ada, client = cast.ada(), browser()
    for header in ({}, {"HX-Request": "true"}):
        assert client.get(to_member(ada, rest), headers=header).status_code == 200
    entry = AuditEntry.objects.get(deed="looked_up")
    assert (entry.actor_name, entry.object_repr, entry.through) == ("rosa", "M-ADA", "contacts")


def test_a_page_that_reads_its_parts_anew_is_one_look_and_an_hour_later_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada, client, now = cast.ada(), browser(), clock.now()
    client.get(to_member(ada))
    for rest in ("present/", "history/", "present/"):
        client.get(to_member(ada, rest), headers={"HX-Request": "true"})
    assert looks() == 1
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=61))
    client.get(to_member(ada, "present/"), headers={"HX-Request": "true"})
    assert looks() == 2
    browser(person("otto", "Sales rep")).get(to_member(ada, "history/"))
    assert looks() == 3, "what one looked at is no look of another"


def test_a_mail_that_is_opened_and_members_that_are_found_were_looked_up() -> None:
    ada, ben, client = cast.ada(), cast.ben(), browser()
    mail = letter(ada, "email", "plain", "<p>Rich</p>")
    client.get(f"/contacts/messages/{mail.public_id}/mail/")
    assert AuditEntry.objects.get(deed="looked_up").object_repr == "M-ADA"
    for _again in range(2):
        client.post("/contacts/search/", {"q": str(ben)})
    client.post("/contacts/search/", {"q": "nobody at all"})
    assert looks() == 2
    assert AuditEntry.objects.filter(deed="looked_up").latest("id").object_repr == ben.external_id
    assert "Ben" not in str(list(AuditEntry.objects.values_list("detail", "object_repr")))
