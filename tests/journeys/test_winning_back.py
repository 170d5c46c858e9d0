"""The win-back playbook, played: what happens to a member depends on how long the silence is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from channels.models import Message
from content.models import Grant
from journeys import publishing
from journeys.playbooks import installing, library
from members import touchpoints
from members.models import Member, Standing, Touchpoint
from tests import cast
from tests.cast import DAY, NOW
from tests.channels.outbox import sender
from tests.journeys.drawn import stands, tick

pytestmark = pytest.mark.django_db
WEEK = 7 * DAY


def quiet(who: Member, churn: str, tier: str = "base") -> Member:
    """A member who used to come and has gone quiet."""
    Standing.objects.create(member=who, as_of=NOW, churn=churn, tier=tier, purchases=4, spend=Decimal(80))
    return who


def begin() -> None:
    """Publish the playbook's journey, with nobody held out, and let the engine look."""
    for channel in ("email", "sms", "desk"):
        sender(channel)
    journey = installing.install(library.load("win-back")).journey
    publishing.publish(journey, {**journey.draft, "holdout": 0}, NOW)
    tick(NOW)


def said(who: Member) -> list[tuple[str, str]]:
    """What the member was to be told, and how."""
    return list(Message.objects.filter(member=who).order_by("id").values_list("content__key", "channel"))


def taken(message: Message, now: datetime) -> None:
    """Have the carrier take the message, which is a touchpoint."""
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=now)
    about = {"journey_id": message.journey_id, "journey_name": message.journey_name, "message_id": message.pk}
    told = Touchpoint(
        member=message.member, happened_at=now, channel=message.channel, direction="out", kind="message", **about
    )
    touchpoints.record([told], now)


def test_a_light_silence_gets_a_friendly_word() -> None:
    ada = quiet(cast.ada(), "light")
    begin()
    assert said(ada) == [("win-back-hello", "email")]
    assert stands(ada) == "finished"
    assert not Grant.objects.exists()


def test_a_moderate_one_gets_an_offer_by_the_preferred_channel_and_a_week() -> None:
    ada = quiet(cast.ada(preferred_channel="sms"), "moderate")
    begin()
    assert said(ada) == [("come-back-offer", "sms")]
    assert Message.objects.get().grant == Grant.objects.get(member=ada)
    assert stands(ada) == "a-week"
    tick(NOW + WEEK)
    assert said(ada)[1:] == [("come-back-reminder", "email")]


def test_who_was_mailed_is_reminded_by_another_channel() -> None:
    ada = quiet(cast.ada(), "moderate")
    begin()
    taken(Message.objects.get(), NOW)
    tick(NOW + WEEK)
    assert said(ada) == [("come-back-offer", "email"), ("come-back-reminder", "sms")]


def test_who_comes_back_within_the_week_is_left_in_peace() -> None:
    ada = quiet(cast.ada(), "moderate")
    begin()
    cast.purchase(ada, NOW + DAY)
    tick(NOW + DAY)
    tick(NOW + WEEK)
    assert stands(ada) == "goal"
    assert len(said(ada)) == 1


def test_a_severe_one_of_the_top_tier_is_called_with_the_offer_at_hand() -> None:
    dora = quiet(cast.dora(), "severe", "gold")
    begin()
    assert said(dora) == [("win-back-call", "desk")]
    assert Message.objects.get().grant == Grant.objects.get(member=dora)


def test_a_severe_one_of_the_others_gets_a_letter() -> None:
    ada = quiet(cast.ada(), "severe", "silver")
    begin()
    assert said(ada) == [("win-back-letter", "email")]
