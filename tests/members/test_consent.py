"""What a member allows follows from the latest decision, as of a time."""

import itertools

import pytest

from members import consent, news
from members.models import Consent, Suppression
from members.sql import Sql, rows
from members.vocabulary import Channel, Purpose
from tests import cast

pytestmark = pytest.mark.django_db


def allowed(member, channel, purpose, now=cast.NOW):
    condition = consent.allowed("m.id", "%(channel)s", "%(purpose)s")
    params = {"now": now, "channel": channel, "purpose": purpose, "member": member.pk}
    [(verdict,)] = rows(f"SELECT {condition} FROM members_member m WHERE m.id = %(member)s", params)
    return verdict


def expected(channel, purpose, decision):
    if purpose == Purpose.TRANSACTIONAL:
        return True
    if decision is not None:
        return decision
    return purpose == Purpose.SERVICE or channel in {Channel.DESK, Channel.COUNTER}


@pytest.mark.parametrize("decision", [None, True, False])
@pytest.mark.parametrize(("channel", "purpose"), list(itertools.product(Channel.values, Purpose.values)))
def test_every_channel_and_purpose(channel, purpose, decision):
    dora = cast.dora()
    if decision is not None:
        cast.consent(dora, channel, purpose, granted=decision)
    assert allowed(dora, channel, purpose) is expected(channel, purpose, decision)


def test_the_latest_decision_holds_and_the_past_can_be_asked():
    dora = cast.dora()
    for days, granted in ((1, True), (3, False), (2, True)):  # recorded in another order than said
        cast.consent(dora, "email", granted=granted, at=cast.NOW + days * cast.DAY)
    asked = [allowed(dora, "email", "promotional", cast.NOW + days * cast.DAY) for days in (0, 1, 2, 3, 4)]
    assert asked == [False, True, True, False, False]


def test_of_two_decisions_at_one_instant_the_later_recorded_holds():
    dora = cast.dora()
    cast.consent(dora, "email", granted=True)
    cast.consent(dora, "email", granted=False)
    assert not allowed(dora, "email", "promotional")


def test_a_decision_is_about_one_member_channel_and_purpose():
    dora, ada = cast.dora(), cast.ada(agreed=())
    cast.consent(dora, "email")
    assert not allowed(dora, "sms", "promotional")
    assert not allowed(ada, "email", "promotional")


def test_the_condition_reads_the_latest_from_its_index():
    cast.ada()
    text = f"SELECT {consent.latest('m.id', '%(channel)s', '%(purpose)s')} FROM members_member m"
    plan = rows(f"EXPLAIN {text}", {"now": cast.NOW, "channel": "email", "purpose": "promotional"})
    assert "consent_latest" in str(plan)
    assert "Sort" not in str(plan)


def test_decisions_are_appended_with_news():
    dora = cast.dora()
    news.listen("segment:1", ["consent"])
    said = consent.Decision(dora.pk, "email", "promotional", True, cast.NOW, "form", "I want the newsletter.")
    assert consent.record([said], cast.NOW) == 1
    assert consent.record([], cast.NOW) == 0
    kept = Consent.objects.get()
    assert (kept.source, kept.wording, kept.granted) == ("form", "I want the newsletter.", True)
    assert news.read([dora.shard], cast.NOW) == [news.Item(dora.pk, "consent", "", cast.NOW)]


def test_withdrawing_twice_changes_nothing_more():
    ada, dora = cast.ada(), cast.dora()
    everybody = Sql("SELECT id AS member_id FROM members_member")
    channels, purposes = ["email", "sms"], ["promotional", "service"]
    assert consent.withdraw(everybody, channels, purposes, cast.NOW, source="reply", wording="STOP") == 8
    assert consent.withdraw(everybody, channels, purposes, cast.NOW + cast.HOUR, source="reply") == 0
    assert not allowed(ada, "sms", "service")
    assert not allowed(dora, "email", "promotional")
    assert allowed(ada, "chat", "promotional")


def test_a_suppressed_address_is_known_and_its_members_are_news():
    ada = cast.ada()
    ben = cast.ben(email="ada@example.com")
    news.listen("segment:1", ["consent"])
    assert consent.suppress("email", "ada@example.com", "bounced", cast.NOW)
    assert not consent.suppress("email", "ada@example.com", "complained", cast.NOW)
    assert Suppression.objects.get().reason == "bounced"
    assert {item.member_id for who in (ada, ben) for item in news.read([who.shard], cast.NOW)} == {ada.pk, ben.pk}
    text = f"SELECT channel FROM members_identity i WHERE {consent.suppressed('i.channel', 'i.address')}"
    assert rows(text, {}) == [("email",), ("email",)]


def test_a_lifted_suppression_is_gone():
    consent.suppress("email", "ada@example.com", "bounced", cast.NOW)
    assert consent.lift("email", "ada@example.com", cast.NOW)
    assert not consent.lift("email", "ada@example.com", cast.NOW)
    assert not Suppression.objects.exists()
