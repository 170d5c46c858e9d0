"""Everything around the purchases is invented: the same each time, within what is reserved for fiction."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.demo import catalogue
from journeys.demo.people import AGREED, JOINED, OWN_ZONE, REACHED, home, invent
from journeys.demo.regions import REGIONS, SHOPS
from members import zones
from members.facts import MemberRecord
from members.identities import normalise
from members.vocabulary import Channel
from tests.journeys.demo.log import bought

FICTION = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}|\+3363998\d{4}")
CUSTOMERS = [(f"{number:05}", date(2025, 6, 1)) for number in range(1, 3001)]


@pytest.fixture(scope="module")
def members() -> list[MemberRecord]:
    return list(invent(CUSTOMERS))


def addresses(members: list[MemberRecord], channel: str) -> list[str]:
    return [each.address for member in members for each in member.identities if each.channel == channel]


def test_the_same_members_come_each_time(members: list[MemberRecord]) -> None:
    assert list(invent(CUSTOMERS)) == members


def test_addresses_are_in_their_stored_form_and_lead_to_nobody(members: list[MemberRecord]) -> None:
    for channel in REACHED:
        assert all(normalise(channel, address) == address for address in addresses(members, channel))
    assert all(address.endswith("@example.com") for address in addresses(members, Channel.EMAIL))
    assert all(FICTION.fullmatch(address) for address in addresses(members, Channel.SMS))
    assert all(FICTION.fullmatch(number) for region in REGIONS for number in region.numbers())
    assert all(normalise(Channel.SMS, shop.phone) == shop.phone for shop in SHOPS)


def test_numbers_are_nobody_else_s_and_some_members_share_a_mailbox(members: list[MemberRecord]) -> None:
    assert max(Counter(addresses(members, Channel.SMS)).values()) == 1
    assert 10 < sum(count > 1 for count in Counter(addresses(members, Channel.EMAIL)).values()) < 100


def test_shares_are_the_stated_ones(members: list[MemberRecord]) -> None:
    stated = {"joined_on": JOINED, "zone": OWN_ZONE}
    for name, share in stated.items():
        assert sum(bool(getattr(member, name)) for member in members) / len(members) == pytest.approx(share, abs=0.03)
    for channel, share in REACHED.items():
        assert len(addresses(members, channel)) / len(members) == pytest.approx(share, abs=0.03)


def test_consents_say_that_they_are_invented_and_only_where_there_is_an_address(members: list[MemberRecord]) -> None:
    for member in members:
        reached = {address.channel for address in member.identities}
        assert {said.channel for said in member.consents} <= reached
        assert all(said.source == "demo" for said in member.consents)
        assert all("Invented" in said.wording for said in member.consents if said.granted)
    agreed = sum(said.granted and said.channel == Channel.SMS for member in members for said in member.consents)
    assert agreed / len(addresses(members, Channel.SMS)) == pytest.approx(AGREED[Channel.SMS], abs=0.04)


def test_zones_and_home_stores_exist(members: list[MemberRecord]) -> None:
    assert {member.zone for member in members if member.zone} <= zones.names()
    assert {shop.zone for shop in SHOPS} <= zones.names()
    assert {member.home_store for member in members} == {shop.code for shop in SHOPS}
    assert all(
        member.home_store == home(customer).code for member, (customer, _) in zip(members, CUSTOMERS, strict=True)
    )


def test_members_are_adults_when_they_first_buy(members: list[MemberRecord]) -> None:
    assert all(member.birthday and member.birthday <= date(2007, 6, 7) for member in members)


@given(quantity=st.integers(1, 99), cents=st.integers(0, 200_000), line=st.integers(1, 10_000))
def test_lines_add_up_to_the_real_quantity_and_amount(quantity: int, cents: int, line: int) -> None:
    amount = Decimal(cents) / 100
    parts = catalogue.lines(bought(line=line, quantity=quantity, amount=str(amount)))

    assert sum(part.quantity for part in parts) == quantity
    assert sum(part.quantity * part.unit_price for part in parts) == amount
    assert all(part.quantity > 0 and part.category in catalogue.CATEGORIES for part in parts)


def test_an_article_has_one_price() -> None:
    parts = [part for number in range(500) for part in catalogue.lines(bought(line=number, quantity=3, amount="47.00"))]

    assert all(part.sku == f"{part.category.upper()}-{int(part.unit_price * 100):04}" for part in parts)
