"""Agreeing on a hand-off: once a request, never about an offer that is over, and told to history and journeys."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from channels import hand_offs
from channels.hand_offs import CannotHandOff
from channels.models import HandOff
from content import offers
from members.models import AuditEntry, Event, Touchpoint
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import granted
from tests.channels.hand_offs.promises import agreed
from tests.channels.test_desk import team

pytestmark = pytest.mark.django_db


def test_it_stands_in_the_list_of_its_store_and_with_its_member() -> None:
    ada = cast.ada()
    grant = granted(ada)
    later = agreed(ada, grant=grant, note="Gift wrap.", due_at=NOW + 2 * DAY)
    sooner = agreed(ada, key="two")
    elsewhere = agreed(cast.ben(), store=cast.lisbon())
    assert list(hand_offs.of_store(cast.berlin().pk)) == [sooner, later]
    assert list(hand_offs.of_store(cast.lisbon().pk)) == [elsewhere]
    assert list(hand_offs.of_member(ada.pk)) == [sooner, later]
    assert (later.grant, later.note, later.made_by_name) == (grant, "Gift wrap.", "Rosa")


def test_it_stands_in_the_members_history_and_is_a_fact() -> None:
    ada = cast.ada()
    agreed(ada, grant=granted(ada), note="Gift wrap.", team=team())
    told = Touchpoint.objects.get()
    assert (told.kind, told.outcome, told.channel, told.direction) == ("hand_off", "agreed", "desk", "out")
    assert (told.store, told.who_name, told.text) == (cast.berlin(), "Rosa", "Gift wrap.")
    assert (told.offer_name, told.price, told.currency) == ("Tea at ten", Decimal("10.00"), "EUR")
    fact = Event.objects.get()
    assert (fact.name, fact.happened_at) == ("hand_off.agreed", NOW)
    assert fact.properties == {"store": "berlin", "offer": "Tea at ten", "team": "recovery"}


def test_who_agreed_on_it_is_in_the_audit_log_once_however_often_the_request_comes() -> None:
    ada = cast.ada()
    for _tap in range(2):
        agreed(ada)
    noted = AuditEntry.objects.get(deed="handed_off")
    assert (noted.actor, noted.detail, noted.object_repr, noted.member_id) == (cast.rep(), "agreed", "M-ADA", ada.pk)


def test_one_that_is_refused_is_not_in_the_audit_log() -> None:
    with pytest.raises(CannotHandOff):
        agreed(cast.ada(), due_at=NOW - HOUR)
    assert not AuditEntry.objects.filter(deed="handed_off").exists()


def test_a_repeated_request_gets_the_first_answer() -> None:
    ada = cast.ada()
    first = agreed(ada)
    again = agreed(ada, note="said twice", due_at=NOW + 3 * DAY, now=NOW + HOUR)
    assert (again, again.note, again.due_at) == (first, "", NOW + DAY)
    assert (HandOff.objects.count(), Touchpoint.objects.count(), Event.objects.count()) == (1, 1, 1)


def test_a_repeated_request_is_answered_even_when_the_offer_was_taken_meanwhile() -> None:
    ada = cast.ada()
    grant = granted(ada)
    first = agreed(ada, grant=grant)
    offers.withdraw([grant.pk], NOW)
    assert agreed(ada, grant=grant, now=NOW + HOUR) == first


@pytest.mark.parametrize(
    ("due_in", "words"),
    [(-HOUR, "is over in Chorale Berlin"), (timedelta(), "is over"), (400 * DAY, "within a year")],
)
def test_a_time_that_makes_no_sense_is_refused(due_in: timedelta, words: str) -> None:
    with pytest.raises(CannotHandOff, match=words):
        agreed(cast.ada(), due_at=NOW + due_in)
    assert not HandOff.objects.exists()


def test_a_time_after_the_offer_is_refused_in_the_time_of_the_store() -> None:
    ada = cast.ada()
    grant = granted(ada, valid_days=2)
    with pytest.raises(CannotHandOff, match=r"Tea at ten is valid until 2026-03-12 12:00 \(Europe/Berlin\)"):
        agreed(ada, grant=grant, due_at=NOW + 2 * DAY)
    assert agreed(ada, grant=grant, due_at=NOW + 2 * DAY - timedelta(minutes=1))


def test_an_offer_that_is_over_or_somebody_elses_is_refused() -> None:
    ada, ben = cast.ada(), cast.ben()
    grant = granted(ada)
    with pytest.raises(CannotHandOff, match="not theirs"):
        agreed(ben, grant=grant)
    offers.decline([grant.pk], NOW)
    with pytest.raises(CannotHandOff, match="not theirs any more"):
        agreed(ada, grant=grant)


def test_an_offer_waits_in_one_store() -> None:
    ada = cast.ada()
    grant = granted(ada)
    agreed(ada, grant=grant)
    with pytest.raises(CannotHandOff, match=r"waits in Chorale Berlin already, 2026-03-11 12:00 \(Europe/Berlin\)"):
        agreed(ada, grant=grant, key="two", store=cast.lisbon())
    assert HandOff.objects.count() == 1


@pytest.mark.parametrize(
    ("channels", "words"), [(("counter", "desk"), "counter"), (("desk",), "desk"), (("sms",), ""), ((), "")]
)
def test_the_script_is_the_counters_else_the_desks(channels: Any, words: str) -> None:
    ada, said = cast.ada(), outbox.content("said", channels)
    for variant in said.variants.all():
        variant.text = f"{variant.channel}: {{{{ member.first_name }}}}, {{{{ offer.price }}}}"
        variant.save()
    one = agreed(ada, grant=granted(ada), content=said)
    assert hand_offs.script_of(one) == (f"{words}: Ada, €10.00" if words else "")


def test_a_script_that_speaks_of_an_offer_is_none_without_one() -> None:
    said = outbox.content("said", ("counter",))
    said.variants.update(text="For {{ offer.price }}")
    assert hand_offs.script_of(agreed(cast.ada(), content=said)) == ""
