"""The customer card: its numbers are those of the members behind its links."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from members import standing
from members.home import customers
from members.models import Member, Standing, StandingPolicy, TierMove
from members.vocabulary import Tier
from tests.members.standing.ledger import NOW, bought, members, refreshed
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def thresholds() -> None:
    """Gold from 1,000, silver from 300."""
    StandingPolicy.objects.filter(pk=1).update(scheme=StandingPolicy.Scheme.THRESHOLDS)


def tiers(at: timedelta = timedelta()) -> dict[str, tuple[int, Decimal, int, int]]:
    shown = customers.load(NOW + at)["tiers"]
    return {tier.value: (tier.members, tier.spend, tier.risen, tier.fallen) for tier in shown}


@pytest.mark.usefixtures("thresholds")
def test_the_pyramid_counts_members_and_their_spend() -> None:
    who = members("abcd")
    bought(who["a"], (5, "1200"))
    bought(who["b"], (5, "400"))
    bought(who["c"], (5, "20"))
    refreshed()
    assert tiers() == {
        Tier.GOLD: (1, Decimal(1200), 0, 0),
        Tier.SILVER: (1, Decimal(400), 0, 0),
        Tier.BASE: (2, Decimal(20), 0, 0),
    }
    assert customers.load(NOW)["never_bought"] == 1


@pytest.mark.usefixtures("thresholds")
def test_a_member_who_rose_and_fell_back_within_the_window_has_not_moved() -> None:
    who = members("ab")
    bought(who["a"], (20, "400"))
    refreshed()
    bought(who["a"], (-1, "700"))
    bought(who["b"], (-1, "300"))
    standing.refresh(NOW + timedelta(days=2))
    assert tiers(timedelta(days=3))[Tier.GOLD][2] == 1
    assert tiers(timedelta(days=3))[Tier.SILVER][2] == 1
    bought(who["a"], (-2, "-700"))
    standing.refresh(NOW + timedelta(days=3))
    assert sorted(TierMove.objects.values_list("before", "after")) == [
        ("base", "silver"),
        ("gold", "silver"),
        ("silver", "gold"),
    ]
    assert [(move.before, move.after, move.members) for move in customers.load(NOW + timedelta(days=4))["moves"]] == [
        ("base", "silver", 1)
    ]


@pytest.mark.usefixtures("thresholds")
def test_moves_older_than_thirty_days_are_not_shown() -> None:
    who = members("a")
    refreshed()
    bought(who["a"], (-1, "5000"))
    standing.refresh(NOW + timedelta(days=2))
    assert customers.load(NOW + timedelta(days=31))["moves"]
    assert not customers.load(NOW + timedelta(days=33))["moves"]


def test_being_placed_for_the_first_time_is_no_move() -> None:
    bought(members("a")["a"], (1, "5000"))
    refreshed()
    assert not TierMove.objects.exists()


def found(client: Client, address: str) -> set[str]:
    page = client.get(address).content.decode()
    return {name for name in Member.objects.values_list("external_id", flat=True) if f">{name}<" in page}


def test_every_number_leads_to_exactly_the_members_behind_it() -> None:
    who = members([f"M-{letter}" for letter in "abcdefghij"])
    for place, one in enumerate(who.values()):
        bought(one, *[(1 + place * 17 + n, f"{(place + 1) * 10}") for n in range(place % 4)])
    refreshed()
    mover = who["M-c"]
    was = Standing.objects.get(pk=mover.pk).tier
    other = next(tier for tier in Tier if tier != was)
    TierMove.objects.create(member=mover, moved_at=timezone.now() - timedelta(days=1), before=other, after=was)

    client = signed_in("Marketer")
    card = client.get("/home/customers/").content.decode()
    links = re.findall(r'<a class="ch-(?:bar|chip)[^"]*" href="([^"]+)".*?<b>(\d+)</b>', card, re.DOTALL)
    cells = re.findall(r'<td class="ch-shade-\d"><a href="([^"]+)"[^>]*>(\d+)</a>', card)
    assert len(links) > 14
    assert cells
    for address, count in [*links, *cells]:
        assert len(found(client, address)) == int(count), address


@pytest.mark.usefixtures("thresholds")
def test_who_rose_fell_or_never_bought_is_one_click_away() -> None:
    who = members([f"M-{letter}" for letter in "abcdef"])
    bought(who["M-a"], (5, "1200"))
    bought(who["M-b"], (5, "400"))
    bought(who["M-c"], (5, "20"))
    bought(who["M-d"], (5, "1300"))
    refreshed()
    day_before = timezone.now() - timedelta(days=1)
    for name, before, after in [("a", "base", "gold"), ("d", "silver", "gold"), ("b", "gold", "silver"),
                                ("c", "silver", "base")]:  # fmt: skip
        TierMove.objects.create(member=who[f"M-{name}"], moved_at=day_before, before=before, after=after)
    client = signed_in("Marketer")
    card = client.get("/home/customers/").content.decode()
    found_by = {}
    for address, words in re.findall(r'<a (?:class="ch-(?:up|down)" )?href="([^"]+)">(.*?)</a>', card, re.DOTALL):
        found_by[re.sub(r"<[^>]+>|[▲▼]", "", words).strip()] = found(client, address)
    assert found_by["2 rose"] == {"M-a", "M-d"}
    assert found_by["1 fell"] == {"M-c"}, "the last one of the pyramid is base"
    assert found_by["2 of them never bought."] == {"M-e", "M-f"}
    assert found_by["2,500 EUR"] == {"M-a", "M-d"}
    assert found(client, "/admin/members/member/?moved=down-silver") == {"M-b"}


def test_whoever_may_not_see_standings_gets_no_card() -> None:
    assert signed_in("").get("/home/customers/").status_code == 404
    assert Client().get("/home/customers/").status_code == 302
    assert signed_in("Marketer").get("/home/no-such-card/").status_code == 404


def test_the_page_stands_before_anything_is_counted(django_assert_max_num_queries) -> None:
    client = signed_in("Marketer")
    with django_assert_max_num_queries(12):
        page = client.get("/admin/").content.decode()
    assert 'hx-get="/home/customers/"' in page
    assert 'hx-get="/home/alarms/"' in page


def test_standings_that_nobody_draws_raise_an_alarm() -> None:
    members("a")
    client = signed_in("Marketer")
    assert "never drawn" in client.get("/home/alarms/").content.decode()
    refreshed(timezone.now() - timedelta(hours=37))
    assert "not drawn anew" in client.get("/home/alarms/").content.decode()
    refreshed(timezone.now())
    assert "Nothing needs looking at" in client.get("/home/alarms/").content.decode()
