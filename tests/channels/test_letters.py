"""Letters of reps: by the outbox, with consent, quiet hours and pressure; a no says why, and nothing goes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from channels import delivery, letters
from channels.letters import CannotSend, Written
from channels.models import Letter, Message, Sender
from content import offers
from content.models import Content, Variant
from journeys.definition.errors import BadDefinition
from journeys.definition.references import check_content
from members import locks
from members.models import Member, Touchpoint
from members.vocabulary import Channel, Purpose
from tests import cast
from tests.cast import DAY, NOW
from tests.channels import outbox
from tests.channels.deliveries import Script, granted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _senders() -> None:
    outbox.sender("email", "scripted")
    outbox.sender("sms")
    outbox.sender("chat")


def wrote(who: Member, text: str = "Your coat is here.", **fields: Any) -> Message:
    now, key = fields.pop("now", NOW), fields.pop("key", "one")
    given = {"channel": Channel.EMAIL, "purpose": Purpose.SERVICE, "subject": "Your coat", **fields}
    return letters.write(who, Written(text=text, **given), who=cast.rep(), request_key=key, now=now)


def refusal(*args: Any, **fields: Any) -> str:
    with pytest.raises(CannotSend) as refused:
        wrote(*args, **fields)
    return str(refused.value)


def test_the_member_gets_the_reps_words_as_they_were_written(script: Script) -> None:
    wrote(cast.ada(), "Line {{ one }}\n<b>two</b> {% if %}")
    delivery.deliver(Sender.objects.get(channel="email"), NOW)
    [out] = script.outgoing
    assert (out.address, out.subject) == ("ada@example.com", "Your coat")
    assert "Line {{ one }}\n<b>two</b> {% if %}" in out.text
    assert "&lt;b&gt;two&lt;/b&gt;" in out.html
    assert out.unsubscribe_url in out.html, "it can be stopped"
    told = Touchpoint.objects.get()
    assert (told.kind, told.direction, told.who, told.who_name) == ("message", "out", cast.rep(), "Rosa")


def test_a_request_that_repeats_sends_one_letter() -> None:
    ada = cast.ada()
    first = wrote(ada)
    assert wrote(ada, "Other words.") == first
    assert Letter.objects.get().text == "Your coat is here."
    assert wrote(ada, key="two") != first


def test_each_no_says_why() -> None:
    ada, ben, dora = cast.ada(), cast.ben(), cast.dora()
    assert "no verified address" in refusal(dora)
    assert "no verified address" in refusal(ben, channel=Channel.SMS)
    cast.consent(ada, "email", Purpose.SERVICE, granted=False)
    assert "not agreed" in refusal(ada)
    assert wrote(ada, purpose=Purpose.PROMOTIONAL, key="promo").purpose == "promotional"
    Sender.objects.filter(channel="email").update(active=False)
    assert "No active sender" in refusal(ben)
    assert not Letter.objects.exclude(message__member=ada).exists()


def test_promotion_needs_consent_and_counts_against_the_pressure() -> None:
    outbox.at_most(1, 7)
    ada = cast.ada()
    assert wrote(ada, purpose=Purpose.PROMOTIONAL).state == "queued"
    assert "contact pressure" in refusal(ada, purpose=Purpose.PROMOTIONAL, key="two")
    assert wrote(ada, key="three").purpose == "service"
    assert "not agreed" in refusal(
        cast.member("M-X", sms="+4915550100009"), channel=Channel.SMS, purpose=Purpose.PROMOTIONAL
    )


def test_quiet_hours_put_it_off_to_the_morning() -> None:
    outbox.quiet("email", "08:00", "20:00")
    night = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
    leaves = wrote(cast.ada(), now=night).planned_at
    assert timedelta(hours=9) <= leaves - night < timedelta(hours=9, minutes=30)


@pytest.mark.parametrize("given", [{"channel": Channel.DESK}, {"purpose": Purpose.TRANSACTIONAL}])
def test_a_rep_cannot_pass_consent_by(given: Any) -> None:
    assert "for service or promotion" in refusal(cast.ada(), **given)


# The message about a grant --------------------------------------------------------------------------------------------


def test_an_offer_goes_by_the_preferred_channel_with_its_price_and_its_own_page(script: Script) -> None:
    ada = cast.ada(preferred_channel="email")
    grant = granted(ada)
    sent = letters.send_offer(grant, who=cast.rep(), request_key="tap", now=NOW)
    assert (sent.channel, sent.grant, sent.purpose, sent.journey_id) == ("email", grant, "service", None)
    delivery.deliver(Sender.objects.get(channel="email"), NOW)
    [out] = script.outgoing
    for words in ("Hello Ada", "Tea at ten", "€10.00", "/l/"):
        assert words in out.text
    told = Touchpoint.objects.get()
    assert (told.offer_name, told.grant_id, told.who_name) == ("Tea at ten", grant.pk, "Rosa")


def test_it_goes_where_the_member_allows_it() -> None:
    ada = cast.ada(preferred_channel="email")
    cast.consent(ada, "email", Purpose.SERVICE, granted=False)
    assert letters.send_offer(granted(ada), who=cast.rep(), request_key="tap", now=NOW).channel == "sms"


def test_a_channel_that_the_rep_names_is_the_only_one() -> None:
    ben = cast.ben()
    with pytest.raises(CannotSend, match="no verified address"):
        letters.send_offer(granted(ben), who=cast.rep(), request_key="tap", now=NOW, channel=Channel.SMS)


def test_an_offer_that_is_over_is_not_sent_but_a_repeated_tap_gets_its_first_answer() -> None:
    ada = cast.ada()
    grant = granted(ada)
    sent = letters.send_offer(grant, who=cast.rep(), request_key="tap", now=NOW)
    offers.withdraw([grant.pk], NOW)
    assert letters.send_offer(grant, who=cast.rep(), request_key="tap", now=NOW) == sent
    with pytest.raises(CannotSend, match="taken, withdrawn, declined or is over"):
        letters.send_offer(grant, who=cast.rep(), request_key="again", now=NOW)
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == ("cancelled", "grant_closed")


def test_its_deadline_is_the_offers_end() -> None:
    ada = cast.ada()
    sent = letters.send_offer(granted(ada, valid_days=1), who=cast.rep(), request_key="tap", now=NOW)
    assert sent.expires_at == NOW + DAY


# Around it ------------------------------------------------------------------------------------------------------------


def test_the_house_contents_are_made_once_and_are_the_marketers_then() -> None:
    ada = cast.ada()
    wrote(ada)
    Variant.objects.filter(content__key="rep-letter", channel="sms").update(text="Rosa: {{ letter.text }}")
    wrote(ada, key="two")
    assert Content.objects.filter(key="rep-letter").count() == 1
    for variant in Variant.objects.filter(content__key__startswith="rep-"):
        variant.full_clean()


def test_no_journey_sends_what_only_a_rep_fills() -> None:
    wrote(cast.ada())
    with pytest.raises(BadDefinition, match="only what a rep writes fills"):
        check_content("rep-letter", "steps[0].content", ["sms"])


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_the_members_shard_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_PATIENCE", 100)
    ada = Member.objects.get(pk=cast.ada().pk)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [locks._KEY, ada.shard])
        assert "try again in a moment" in refusal(ada)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    with transaction.atomic():
        assert wrote(ada).state == "queued"
