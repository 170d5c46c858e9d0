"""A desk to test at: reps who are signed in, follow-ups that are theirs, and what a page shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from channels import delivery
from channels.models import FollowUp, Sender, Team
from content.models import Content
from members import clock
from members.models import Member, User
from tests import cast
from tests.channels import outbox
from tests.channels.counter.till import given as given_offer
from tests.channels.counter.till import person, text
from tests.channels.test_desk import call

__all__ = ["browser", "follow_up", "given_offer", "person", "rep", "team", "text", "to_follow_up", "to_member"]


def team() -> Team:
    """The team of Rosa, in Berlin."""
    made = Team.objects.filter(key="recovery").first()
    return made or Team.objects.create(key="recovery", name="Recovery", store=cast.berlin(), daily_capacity=500)


def rep() -> User:
    """Rosa, a rep in her team, with the rights of her role."""
    made = cast.rep()
    made.groups.set([Group.objects.get(name="Sales rep")])
    team().users.add(made)
    return made


def browser(user: User | None = None) -> Client:
    """A browser at the contacts, in which somebody is signed in: Rosa, unless somebody else is named."""
    client = Client()
    client.force_login(user or rep())
    return client


def follow_up(who: Member, whom: Team | None = None, **fields: Any) -> FollowUp:
    """A follow-up of the team, given just now and due in three days."""
    now = clock.now()
    desk = Sender.objects.filter(channel="desk").first() or outbox.sender("desk")
    script = Content.objects.filter(key="call").first() or outbox.content("call", ("desk",))
    script.variants.update(text="Hello {{ member.first_name }}, this is for you.")
    call(who, whom or team(), script, now=now, **{"expires_at": now + timedelta(days=3), **fields})
    assert delivery.deliver(desk, now).sent == 1
    return FollowUp.objects.latest("id")


def to_member(who: Member, rest: str = "") -> str:
    """The address of a member's page, or of what lies behind it."""
    return f"/contacts/members/{who.public_id}/{rest}"


def to_follow_up(one: FollowUp, rest: str = "") -> str:
    """The address of a follow-up's page, or of what lies behind it."""
    return f"/contacts/follow-ups/{one.public_id}/{rest}"
