"""Every contact is appended with what is known of it, and is news."""

import json
from decimal import Decimal

import pytest

from members import news, touchpoints
from members.models import Touchpoint
from members.sql import Sql
from tests import cast

pytestmark = pytest.mark.django_db


def call(member, **fields):
    about = {"happened_at": cast.NOW, "channel": "desk", "direction": "out", "kind": "call", **fields}
    return Touchpoint(member=member, **about)


def test_a_contact_keeps_everything_it_was_given():
    ada, rosa = cast.ada(), cast.rep()
    given = call(
        ada,
        who=rosa,
        who_name="Rosa",
        store=cast.berlin(),
        message_id=5,
        journey_id=6,
        journey_name="Win back",
        offer_id=7,
        offer_name="Ten off",
        grant_id=8,
        price=Decimal("9.90"),
        currency="EUR",
        content_id=9,
        content_name="Script",
        text="Will come by.",
        outcome="reached",
    )
    assert touchpoints.record([given], cast.NOW + cast.HOUR) == 1
    kept = Touchpoint.objects.get()
    for name in touchpoints.COLUMNS:
        assert getattr(kept, name) == getattr(given, name), name
    assert kept.recorded_at == cast.NOW + cast.HOUR


def test_nothing_to_record_is_nothing():
    assert touchpoints.record([], cast.NOW) == 0


def test_a_contact_is_news_by_itself_and_by_its_kind_once_a_member():
    ada = cast.ada()
    news.listen("journey:1", ["touchpoint", "touchpoint:call", "touchpoint:visit"])
    touchpoints.record([call(ada), call(ada), call(ada, kind="note")], cast.NOW)
    topics = [item.topic for item in news.read([ada.shard], cast.NOW)]
    assert sorted(topics) == ["touchpoint", "touchpoint:call"]


def test_a_text_that_is_too_long_is_cut():
    touchpoints.record([call(cast.ada(), text="x" * 900)], cast.NOW)
    assert Touchpoint.objects.get().text == "x" * 500


def test_characters_that_cannot_be_stored_do_not_lose_a_contact():
    touchpoints.record([call(cast.ada(), text="stop\0 it" + json.loads('"\\ud800"'))], cast.NOW)
    assert Touchpoint.objects.get().text == "stop it?"


def test_a_cohort_is_recorded_by_one_select():
    members = cast.crowd(3)
    source = Sql(
        "SELECT id AS member_id, %(at)s::timestamptz AS happened_at, 'email' AS channel, 'in' AS direction,"
        " 'replied' AS kind, NULL AS text FROM members_member",
        {"at": cast.NOW},
    )
    columns = ("member_id", "happened_at", "channel", "direction", "kind", "text")
    assert touchpoints.record_all(source, columns, cast.NOW) == 3
    assert set(Touchpoint.objects.values_list("member_id", "text")) == {(member.pk, "") for member in members}
