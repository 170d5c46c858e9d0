"""The invented part of a member: who they are, how they can be reached, and what they agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from journeys.demo.catalogue import favourite
from journeys.demo.dice import Dice
from journeys.demo.regions import REGIONS, Region, Shop
from members.facts import Address, MemberRecord, Said
from members.vocabulary import Channel, Purpose

SOURCE = "demo"
WORDING = "Invented for the demo: yes, you may tell me about offers this way."
# The shares of members of whom this is known, or for whom it holds.
JOINED = 0.7
OWN_ZONE = 0.6
HOUSEHOLD = 0.015  # share the last name and the mailbox of the member before
PREFERS = 0.4
REACHED = {Channel.EMAIL: 0.85, Channel.SMS: 0.55, Channel.CHAT: 0.2}
AGREED = {Channel.EMAIL: 0.62, Channel.SMS: 0.45, Channel.CHAT: 0.7}
WITHDRAWN = 0.06  # of those who had agreed
_DAY = timedelta(days=1)


@cache
def region(customer: str) -> Region:
    """Return where a customer lives."""
    left = Dice("customer", customer).part("region")
    for each in REGIONS:
        left -= each.share
        if left < 0:
            return each
    return REGIONS[0]


@cache
def home(customer: str) -> Shop:
    """Return the customer's home store."""
    return Dice("customer", customer).one_of("home", region(customer).shops)


def external_id(customer: str) -> str:
    """Return the member code of a customer of the log."""
    return f"C-{customer}"


def invent(customers: Iterable[tuple[str, date]]) -> Iterator[MemberRecord]:
    """Yield a member for each customer, who is given with the (shifted) day of the first purchase."""
    numbers = {each.country: each.numbers() for each in REGIONS}
    before: dict[str, MemberRecord] = {}
    for customer, first_day in customers:
        where = region(customer)
        member = _member(customer, where, first_day, before.get(where.country))
        member.identities = list(_addresses(customer, member, numbers[where.country], before.get(where.country)))
        member.consents = list(_consents(customer, member, first_day))
        reached = [address.channel for address in member.identities]
        dice = Dice("customer", customer)
        if reached and dice.happens("prefers", PREFERS):
            member.preferred_channel = dice.one_of("preferred", reached)
        before[where.country] = member
        yield member


def _member(customer: str, where: Region, first_day: date, before: MemberRecord | None) -> MemberRecord:
    dice = Dice("customer", customer)
    household = before is not None and dice.happens("household", HOUSEHOLD)
    return MemberRecord(
        external_id(customer),
        first_name=dice.one_of("first name", where.first_names),
        last_name=before.last_name if before and household else dice.one_of("last name", where.last_names),
        birthday=first_day - dice.whole("age in days", 18 * 365, 80 * 365) * _DAY,
        joined_on=first_day - dice.whole("joined", 0, 90) * _DAY if dice.happens("joined is known", JOINED) else None,
        locale=dice.one_of("locale", where.locales),
        zone=dice.one_of("zone", where.zones) if dice.happens("zone is known", OWN_ZONE) else None,
        home_store=home(customer).code,
        attributes={"favourite_category": favourite(customer)},
    )


def _addresses(
    customer: str, member: MemberRecord, numbers: Iterator[str], before: MemberRecord | None
) -> Iterator[Address]:
    dice = Dice("customer", customer)
    mailbox = f"{member.first_name}.{member.last_name}.{int(customer)}@example.com".lower()
    if before and dice.happens("household", HOUSEHOLD):
        mailbox = next((known.address for known in before.identities if known.channel == Channel.EMAIL), mailbox)
    if dice.happens("has email", REACHED[Channel.EMAIL]):
        yield Address(Channel.EMAIL, mailbox)
    if dice.happens("has sms", REACHED[Channel.SMS]) and (number := next(numbers, None)):
        yield Address(Channel.SMS, number)
    if dice.happens("has chat", REACHED[Channel.CHAT]):
        yield Address(Channel.CHAT, f"7{int(customer):08}")


def _consents(customer: str, member: MemberRecord, first_day: date) -> Iterator[Said]:
    dice = Dice("customer", customer)
    said_at = datetime.combine(member.joined_on or first_day, time(12), UTC)
    for address in member.identities:
        channel = Channel(address.channel)
        if dice.happens(f"agreed by {channel}", AGREED[channel]):
            yield Said(channel, Purpose.PROMOTIONAL, True, said_at, SOURCE, WORDING)
            if dice.happens(f"withdrew by {channel}", WITHDRAWN):
                later = said_at + dice.whole(f"withdrew by {channel} after", 10, 300) * _DAY
                yield Said(channel, Purpose.PROMOTIONAL, False, later, SOURCE)
