"""Consents told by key land once, and no decision is taken for a repeat of another one."""

from dataclasses import replace

import pytest

from members import facts, news
from members.models import Consent, FactKey
from members.sql import rows
from members.staging import FEW
from tests import cast
from tests.content.at_once import at_once

NOW = cast.NOW


def consent(member="M-ADA", key="c1", **changes):
    fact = facts.ConsentFact(member, NOW - cast.DAY, "web", key, "email", "promotional", True, "Yes,\nplease.")
    return replace(fact, **changes)


def counts(recorded):
    return recorded.new, recorded.repeated, len(recorded.rejected)


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, FEW + 1])
def test_a_consent_lands_once_however_often_it_is_told(size):
    cast.ada(agreed=())
    told = [consent(key=f"c{number}") for number in range(size)]
    assert counts(facts.record(told, NOW)) == (size, 0, 0)
    assert counts(facts.record(told, NOW + cast.HOUR)) == (0, size, 0)
    kept = Consent.objects.get(key="c0")
    assert (kept.channel, kept.purpose, kept.granted, kept.wording) == ("email", "promotional", True, "Yes,\nplease.")
    assert (kept.happened_at, kept.recorded_at, kept.source) == (NOW - cast.DAY, NOW, "web")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed", [{"granted": False}, {"channel": "sms"}, {"purpose": "service"}, {"member": "M-BEN"}]
)
def test_a_key_with_another_decision_is_rejected_and_not_lost_in_silence(changed):
    cast.ada(agreed=())
    cast.ben(agreed=())
    facts.record([consent()], NOW)
    recorded = facts.record([consent(**changed), consent(key="c2")], NOW)
    assert counts(recorded) == (1, 0, 1)
    [reject] = recorded.rejected
    assert (reject.position, reject.field) == (0, "key")
    assert "“c1” is known already, with another decision" in reject.reason


@pytest.mark.django_db
def test_of_two_decisions_under_one_key_in_one_call_the_first_lands_and_the_other_is_rejected():
    cast.ada(agreed=())
    recorded = facts.record([consent(), consent(granted=False), consent()], NOW)
    assert (counts(recorded), recorded.rejected[0].position) == ((1, 1, 1), 1)
    assert Consent.objects.get().granted is True


@pytest.mark.django_db
def test_consents_are_news():
    ada = cast.ada(agreed=())
    news.listen("segment:1", ["consent"])
    facts.record([consent()], NOW)
    assert rows("SELECT member_id, topic FROM members_news", {}) == [(ada.pk, "consent")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"member": "M-NOBODY"}, "member"),
        ({"channel": "pigeon"}, "channel"),
        ({"purpose": "fun"}, "purpose"),
        ({"wording": "half a \ud83d"}, "wording"),
        ({"wording": "nul \0"}, "wording"),
        ({"key": ""}, "key"),
        ({"happened_at": NOW.replace(tzinfo=None)}, "happened_at"),
    ],
)
def test_what_cannot_be_stored_is_rejected_with_the_field_that_is_wrong(changed, field):
    cast.ada(agreed=())
    recorded = facts.record([consent(**changed)], NOW)
    assert (counts(recorded), recorded.rejected[0].field) == ((0, 0, 1), field)
    assert not Consent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_told_by_many_at_once_it_lands_once():
    cast.ada(agreed=())
    recorded = at_once(4, lambda _place: facts.record([consent(key=f"c{number}") for number in range(60)], NOW))
    assert sum(one.new for one in recorded) == 60
    assert sum(one.repeated for one in recorded) == 180
    assert (Consent.objects.count(), FactKey.objects.filter(kind="consent").count()) == (60, 60)
