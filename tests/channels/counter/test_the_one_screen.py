"""The one screen: who this is, what they were told, and every offer as all channels name it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import Message
from content import offers
from content.models import Grant, Offer, Variant
from content.offers import codes
from members import clock, touchpoints
from members.models import Member, Standing, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.channels import outbox
from tests.channels.counter.till import address, browser, given, text
from tests.channels.deliveries import message

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def page(who: Member) -> str:
    answer = browser().get(address(who))
    assert answer.status_code == 200
    return text(answer)


def told(grant: Grant, channel: str, ago: timedelta, **fields: Any) -> None:
    known = {"kind": "message", "direction": "out", "offer_name": grant.offer.name, "content_name": "Come back"}
    at = clock.now() - ago
    contact = Touchpoint(member=grant.member, channel=channel, happened_at=at, grant_id=grant.pk, **{**known, **fields})
    touchpoints.record([contact], clock.now())


def about(grant: Grant, channel: str, content: Any, **fields: Any) -> Message:
    now = clock.now()
    wanted = {"channels": [channel], "offer_id": grant.offer_id, "expires_at": now + DAY, "step_key": channel}
    return message(grant.member, content, now=now, **{**wanted, **fields})


def test_it_says_who_this_is_and_what_to_know() -> None:
    ada, now = cast.ada(), clock.now()
    Standing.objects.create(
        member=ada,
        as_of=now,
        tier="gold",
        purchases=9,
        churn="moderate",
        points=1250,
        points_expiring=200,
        points_expire_at=now + timedelta(days=400),
    )
    cast.purchase(ada, now - 45 * DAY, "30.00", shop=cast.lisbon(), now=now)
    said, berlin = page(ada), ZoneInfo("Europe/Berlin")
    # By the store's calendar: late in the evening the hour of summer time makes it a day less.
    ago = (now.astimezone(berlin).date() - (now - 45 * DAY).astimezone(berlin).date()).days
    last = f"{ago} days ago, Chorale Lisbon"
    for words in ("Ada Berg", "M-ADA", "Gold", last, "much longer than usual", "since 2024"):
        assert words in said, words
    assert "1,250, of which 200 expire on" in said


def test_a_birthday_of_this_week_is_said_and_one_of_next_month_is_not() -> None:
    today = clock.now().date()
    soon = cast.ada(birthday=today.replace(year=1990) if (today.month, today.day) != (2, 29) else date(1992, 2, 29))
    later = cast.ben(birthday=(today + timedelta(days=40)).replace(year=1992, day=15))
    assert "Birthday" in page(soon)
    assert "Birthday" not in page(later)


def test_an_offer_is_named_as_it_was_promised_whatever_the_offer_says_today() -> None:
    grant = given(cast.ada(), name="Tea for two", terms="One pot each.")
    Offer.objects.update(price=Decimal("99.00"))
    said = page(grant.member)
    for words in ("Tea for two", "€10.00", "€15.00", codes.shown(grant.code), "One pot each.", "Redeem €10.00"):
        assert words in said, words
    assert "99.00" not in said
    assert "Has not heard of it yet." in said


def test_the_script_is_the_counter_s_else_the_desk_s_else_the_terms() -> None:
    grant = given(cast.ada(), terms="One pot each.")
    outbox.sender("sms")
    content = outbox.content("come", ("sms",))
    about(grant, "sms", content)
    assert "One pot each." in page(grant.member)
    Variant.objects.create(content=content, channel="desk", language="en", text="Desk: {{ offer.price }}.")
    assert "Desk: €10.00." in page(grant.member)
    Variant.objects.create(
        content=content, channel="counter", language="en", text="{{ member.first_name }}, {{ offer.name }} waits."
    )
    said = page(grant.member)
    assert "Ada, Tea waits." in said
    assert "Desk:" not in said


def test_it_says_how_they_heard_of_it_and_what_else_they_were_told() -> None:
    grant = given(cast.ada())
    told(grant, "email", 3 * DAY)
    told(grant, "sms", HOUR / 2)
    told(grant, "email", 31 * DAY, content_name="Long ago")
    told(grant, "desk", 2 * DAY, kind="call", who_name="Rosa", direction="out", content_name="")
    said = page(grant.member)
    assert "Heard of it by SMS" in said
    assert "by a call from Rosa" in said
    assert "Come back: Tea E-mail" in said
    assert "Long ago" not in said


def test_a_busy_month_is_told_to_its_end() -> None:
    ada, at = cast.ada(), clock.now()
    sent = [
        Touchpoint(
            member=ada, channel="email", happened_at=at - day * DAY, kind="message", direction="out",
            content_name=f"Letter {day}.",
        )
        for day in range(25)
    ]  # fmt: skip
    touchpoints.record(sent, at)
    said = page(ada)
    assert [day for day in range(25) if f"Letter {day}." not in said] == []
    assert "13 more" in said


def test_a_message_about_it_that_is_on_its_way_is_told_with_its_departure() -> None:
    grant = given(cast.ada())
    outbox.sender("sms")
    sms = about(grant, "sms", outbox.content("come", ("sms",)))
    assert "On its way this minute: SMS" in page(grant.member)
    Message.objects.filter(pk=sms.pk).update(due_at=clock.now() + 3 * DAY)
    assert "On its way: SMS, leaves on" in page(grant.member)
    for state in ("claimed", "handed"):
        Message.objects.filter(pk=sms.pk).update(state=state)
        assert "On its way this minute: SMS" in page(grant.member)
    Message.objects.filter(pk=sms.pk).update(state="sent")
    assert "On its way" not in page(grant.member)


def test_offers_of_others_and_ended_ones_are_not_theirs_now() -> None:
    ada, now = cast.ada(), clock.now()
    given(cast.ben(), "other")
    withdrawn, expired = given(ada, "withdrawn"), given(ada, "expired", valid_days=1)
    offers.withdraw([withdrawn.pk], now)
    Grant.objects.filter(pk=expired.pk).update(validity=(now - 2 * DAY, now - DAY))
    assert "No offer is theirs at the moment." in page(ada)


def test_what_was_taken_or_declined_today_stays_visible_as_such() -> None:
    ada, now = cast.ada(), clock.now()
    taken, declined = given(ada, "taken"), given(ada, "declined")
    offers.redeem(taken.pk, request_key="x", channel=Channel.COUNTER, now=now, who=cast.rep(), store=cast.lisbon())
    offers.decline([declined.pk], now)
    said = page(ada)
    assert "Rosa, Chorale Lisbon." in said
    assert "Redeemed today at" in said
    assert "Not interested, said today at" in said
    assert "Redeem €" not in said


def test_times_are_those_of_the_store() -> None:
    grant = given(cast.ada(), valid_days=1)
    local = grant.validity.upper.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{local:%H:%M}" in page(grant.member)


def test_it_takes_a_bounded_number_of_queries_however_much_there_is() -> None:
    ada, now = cast.ada(), clock.now()
    client = browser()
    outbox.sender("email")
    content = outbox.content("come", ("email", "counter"))

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address(ada)).status_code == 200
        return len(found)

    first = given(ada, "first")
    about(first, "email", content, step_key="first")
    few = asked()
    for number in range(8):
        grant = given(ada, f"offer-{number}")
        about(grant, "email", content, step_key=f"mail-{number}", purpose_given="service")
        told(grant, "sms", HOUR)
        cast.purchase(ada, now - DAY, now=now)
    assert asked() <= few  # once a session the content types of the audit log are asked for besides
    assert few <= 34


def test_whoever_wants_no_offers_at_the_counter_is_known_for_it() -> None:
    ada = cast.ada()
    assert "Wants to hear of no offers" not in page(ada)
    cast.consent(ada, "counter", granted=False, at=clock.now())
    assert "Wants to hear of no offers at the counter." in page(ada)
