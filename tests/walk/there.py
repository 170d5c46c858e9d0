"""One of each thing that addresses are about, and the people who walk: every role, and strangers to the place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.db.models import Model

from channels import delivery, holds, senders
from channels.addresses import unsubscribe_url
from channels.models import FollowUp, HandOff, Hold, PressurePolicy, QuietHours, Receipt, Rendering, Team
from config import roles
from content import links, offers
from content.models import Grant, Link
from content.offers import addresses
from journeys.models import HoldoutPolicy, SplitDecision
from members import clock, consent, segments, tokens
from members.models import Segment, Suppression, User
from members.vocabulary import Channel
from tests import cast
from tests.channels import departed, outbox
from tests.channels.hand_offs.promises import agreed
from tests.channels.test_desk import call
from tests.channels.webhook.receiver import subscription
from tests.content.promises import granted, offer
from tests.journeys import drawn, shop

DAY = timedelta(days=1)
OF_SUBSCRIPTIONS = ("try_out", "draw_secret", "retire_secret")
NOBODY, NEW, STRANGER = "nobody", "no role", "stranger"
OF_A_PLACE = ("Sales rep", "Store clerk", "Manager")
# Who walks: nobody, somebody without a role, every role, and those of another store or team.
WALKERS = (NOBODY, NEW, *roles.ABOUT, *(f"{STRANGER}: {role}" for role in OF_A_PLACE))


@dataclass(frozen=True)
class There:
    """What is there, by the name that addresses give it, after the beginning of those where it means this alone.

    `of` has one object of models of which the first is not the one that is meant, `said` what is sent to an address.
    """

    named: dict[str, object]
    of: dict[str, Model]
    said: dict[str, dict[str, str]]


def furnished() -> There:
    """Make one of each thing, all about Ada and all in Berlin."""
    now = clock.now()
    ada, berlin = cast.ada(), cast.berlin()
    team = Team.objects.create(key="berlin-team", name="Berlin", store=berlin)
    mail, desk, told = (
        outbox.sender("email"),
        outbox.sender("desk"),
        subscription("http://nowhere.invalid/", "grant.granted"),
    )
    senders.configure(mail, {"host": "mail.example.com", "from_address": "tea@example.com"})
    mail.save()
    sent = departed.message(ada, mail)
    live = granted(offer("live"), ada, now=now - DAY)[0]
    taken = granted(offer("taken", slot="taken"), ada, now=now - DAY, step_key="taken")[0]
    offers.redeem(
        taken.pk, request_key="tap", channel=Channel.COUNTER, now=now, who=person("Store clerk"), store=berlin
    )
    call(ada, team, now=now, expires_at=now + DAY, step_key="call")
    delivery.deliver(desk, now)
    journey = drawn.published([shop.wait()], now)
    decided = SplitDecision.objects.create(journey=journey, step_key="version", round=1, arm="short", at=now)
    cast.event(ada, "go", now)
    drawn.tick(now + timedelta(seconds=1))
    regulars = segments.save(Segment(key="regulars", name="Regulars", rule={"tag": {"name": "regular"}}))
    consent.suppress("email", "gone@example.com", "no such user", now)
    token, _text = tokens.make(person("Administrator"), "walk", ["facts:write"], now + DAY, now)
    hand_off = agreed(ada, rep=person("Sales rep"), now=now, due_at=now + DAY, grant=live, team=team)
    things: list[Model] = [
        ada, berlin, team, mail, sent, live, live.offer, taken.redemptions.get(), journey, regulars,
        token,
        FollowUp.objects.get(), HandOff.objects.get(pk=hand_off.pk), Suppression.objects.get(), cast.rep(),
        QuietHours.objects.create(channel="sms", opens=time(9), closes=time(20)),
        PressurePolicy.objects.create(),
        HoldoutPolicy.objects.update_or_create(pk=1)[0],
        holds.place(Hold.Scope.CHANNEL, "chat", "Moving.", now),
        Receipt.objects.create(
            sender=mail, key="k", kind="delivered", message=sent, payload={}, happened_at=now, recorded_at=now
        ),
    ]  # fmt: skip
    link = Link.objects.create(url="https://example.com/tea")
    Rendering.objects.create(message=sent, subject="Hello", text="Hello", html="<p>Hello</p>")
    named: dict[str, object] = {
        "member": ada.public_id,
        "grant": live.public_id,
        "follow_up": FollowUp.objects.get().public_id,
        "hand_off": hand_off.public_id,
        "message": sent.public_id,
        "how": "done",
        "app_label": "members",
        "counter/members/<uuid:member>/offers/<uuid:grant>/undo/ grant": taken.public_id,
        "home/ key": "customers",
        "admin/ key": "test",
        "admin/ url": "nowhere/",
        "admin/r/ content_type_id": 0,
        "admin/r/ object_id": 0,
        **{f"admin/channels/sender/<path:object_id>/{deed}/ object_id": told.pk for deed in OF_SUBSCRIPTIONS},
        "api/v1/members/ public_id": ada.public_id,
        "api/v1/grants/ public_id": live.public_id,
        "api/v1/messages/ public_id": sent.public_id,
        "api/v1/follow-ups/ public_id": FollowUp.objects.get().public_id,
        "api/v1/hand-offs/ public_id": hand_off.public_id,
        "api/v1/subscriptions/ public_id": told.public_id,
        "api/v1/segments/ key": "regulars",
        "api/v1/journeys/ key": journey.key,
        "api/v1/pressure-policies/ number": PressurePolicy.objects.get().pk,
        "api/v1/quiet-hours/ number": QuietHours.objects.get().pk,
        "api/v1/journeys/ step": decided.step_key,
        "admin/journeys/journey/ step": decided.step_key,
        "hooks/ token": mail.token,
        "u/ token": urlsplit(unsubscribe_url(str(sent.public_id))).path.split("/")[2],
        "o/ token": urlsplit(addresses.page_url(live.public_id)).path.split("/")[2],
        "l/ token": links.token(link.pk, sent.pk),
    }
    return There(named, {thing._meta.label_lower: thing for thing in things}, _said(live, now + DAY))


def _said(grant: Grant, at: datetime) -> dict[str, dict[str, str]]:
    """Return what is sent: a form of all that forms ask for, and what some of the API ask for."""
    key = {"request_key": "walk"}
    form = "post=yes key=walk team=berlin-team channel=email granted=yes redeemed=tap"
    return {
        "": dict(pair.split("=") for pair in form.split()),
        "admin/journeys/journey/playbooks/": {"key": "welcome"},
        "api/": {},
        "api/v1/redemptions/": {"grant": str(grant.public_id), **key},
        "api/v1/grants/": key,
        "api/v1/follow-ups/<uuid:public_id>/contacts/": {"result": "reached", **key},
        "api/v1/follow-ups/<uuid:public_id>/hand-off/": {"store": "berlin", "due_at": at.isoformat(), **key},
        "api/v1/hand-offs/<uuid:public_id>/end/": {"state": "called_off", **key},
    }


def person(name: str) -> User:
    """Return the person of this name: at home where all things are, or a stranger in Lisbon."""
    role = name.removeprefix(f"{STRANGER}: ")
    at_home = name == role
    person = cast.user(name.replace(":", "").replace(" ", "-").lower(), is_staff=role in roles.STAFF)
    person.groups.set(Group.objects.filter(name=role))
    person.store = (cast.berlin() if at_home else cast.lisbon()) if role in ("Store clerk", "Manager") else None
    person.save()
    if role in ("Sales rep", "Manager"):
        key = "berlin-team" if at_home else "lisbon-team"
        team, _new = Team.objects.get_or_create(key=key, defaults={"name": key})
        person.teams.set([team])
    return User.objects.get(pk=person.pk)


def first(model: type[Any]) -> Any:
    """Return any row of a model, None where there is none."""
    return model._base_manager.order_by("pk").first()
