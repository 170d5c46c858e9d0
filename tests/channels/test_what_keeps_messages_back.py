"""Holds, dead grants, unread news, withdrawn consent: asked at the claim, and again just before the hand-over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from channels import batches, claims, composing, delivery, holds
from channels.claims import Claimed
from channels.composing import Composed
from channels.models import FollowUp, Hold, Message, MessageCount, Sender, Team
from content import offers
from members import consent, news
from members.models import Member
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import SENT, Script, granted, message, sender, states

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("scope", "of"),
    [
        (Hold.Scope.ALL, lambda sent: ""),
        (Hold.Scope.CHANNEL, lambda sent: "email"),
        (Hold.Scope.SENDER, lambda sent: str(sent.sender_id)),
        (Hold.Scope.JOURNEY, lambda sent: str(sent.journey_id)),
    ],
)
def test_a_held_message_waits_untouched_until_the_hold_is_lifted(
    script: Script, scope: Hold.Scope, of: Callable[[Message], str]
) -> None:
    carrier = sender()
    held = message(cast.ada())
    holds.place(scope, of(held), "Prices are wrong", NOW)
    assert delivery.deliver(carrier, NOW).claimed == 0
    assert states(held) == [("queued", "")]
    assert Message.objects.get(pk=held.pk).attempts == 0
    assert holds.lift(scope, of(held))
    assert not holds.lift(scope, of(held))
    assert delivery.deliver(carrier, NOW).sent == 1


def test_a_hold_covers_its_scope_alone(script: Script) -> None:
    carrier = sender()
    held, free = message(cast.ada(), journey_id=1), message(cast.ben(), journey_id=2)
    holds.place(Hold.Scope.JOURNEY, "1", "Paused", NOW)
    holds.place(Hold.Scope.CHANNEL, "sms", "Gateway moves", NOW)
    holds.place(Hold.Scope.SENDER, str(carrier.pk + 1), "Another one", NOW)
    delivery.deliver(carrier, NOW)
    assert states(held, free) == [("queued", ""), ("sent", "")]


def test_a_first_hold_keeps_its_reason(script: Script) -> None:
    holds.place(Hold.Scope.ALL, "", "Prices are wrong", NOW, cast.marketer())
    assert holds.place(Hold.Scope.ALL, "", "Another reason", NOW).reason == "Prices are wrong"


def test_a_message_about_a_dead_grant_is_cancelled_when_it_is_claimed(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    grant = granted(ada)
    about = message(ada, offer_id=grant.offer_id)
    # As if nobody had kept books: the claim looks at the grant itself.
    type(grant).objects.filter(pk=grant.pk).update(state="withdrawn")
    done = delivery.deliver(carrier, NOW)
    assert (done.claimed, done.cancelled, script.addresses) == (1, 1, [])
    assert states(about) == [("cancelled", "grant_closed")]
    assert MessageCount.objects.get(state="cancelled").count == 1


def test_a_grant_whose_validity_is_over_is_dead(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    about = message(ada, offer_id=granted(ada, valid_days=1).offer_id)
    delivery.deliver(carrier, NOW + timedelta(days=1))
    assert states(about) == [("cancelled", "grant_closed")]


def test_messages_of_journeys_wait_while_their_members_have_unread_news(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    of_journey = message(ada)
    of_rep = message(ada, outbox.content("note"), origin_kind="rep", journey_id=None, journey_name="")
    tell(ada)
    delivery.deliver(carrier, NOW)
    assert states(of_journey, of_rep) == [("queued", ""), ("sent", "")]
    news.read([ada.shard], NOW)
    delivery.deliver(carrier, NOW)
    assert states(of_journey) == [("sent", "")]


def test_messages_that_cannot_be_claimed_do_not_stop_those_behind_them(script: Script) -> None:
    carrier = sender()
    crowd = cast.crowd(12)
    held = [message(who, journey_id=1, priority=1) for who in crowd[:5]]
    told = [message(who, journey_id=2, priority=2) for who in crowd[5:10]]
    free = [message(who, journey_id=2, priority=99) for who in crowd[10:]]
    holds.place(Hold.Scope.JOURNEY, "1", "Paused", NOW)
    for who in crowd[5:10]:
        tell(who)
    assert delivery.deliver(carrier, NOW, limit=2).sent == 2
    assert set(states(*held, *told)) == {("queued", "")}
    assert states(*free) == [("sent", "")] * 2


# Between claim and hand-over ------------------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen after a batch was claimed and filled in, and before it is handed over."""

    def arrange(happening: Callable[[], object]) -> None:
        def compose(carrier: Sender, messages: Sequence[Claimed], now: datetime) -> Composed:
            composed = composing.compose(carrier, messages, now)
            happening()
            return composed

        monkeypatch.setattr(batches, "compose", compose)

    return arrange


Meanwhile = Callable[[Callable[[], object]], None]


def test_a_consent_withdrawn_between_claim_and_hand_over_is_obeyed(script: Script, meanwhile: Meanwhile) -> None:
    carrier, ada, ben = sender(), cast.ada(), cast.ben()
    withdrawn, other = message(ada), message(ben)
    members = Sql("SELECT %(id)s::bigint AS member_id", {"id": ada.pk})
    meanwhile(lambda: consent.withdraw(members, ["email"], ["promotional"], NOW, source="reply"))
    done = delivery.deliver(carrier, NOW)
    assert (done.sent, done.cancelled) == (1, 1)
    assert states(withdrawn, other) == [("cancelled", "no_consent"), ("sent", "")]
    assert script.addresses == ["ben@example.com"]


def test_an_address_suppressed_between_claim_and_hand_over_is_not_used(script: Script, meanwhile: Meanwhile) -> None:
    carrier = sender()
    to_ada = message(cast.ada(), outbox.content(purpose="transactional"))
    meanwhile(lambda: consent.suppress("email", "ada@example.com", "bounced", NOW))
    delivery.deliver(carrier, NOW)
    assert states(to_ada) == [("cancelled", "suppressed")]
    assert script.addresses == []


def test_an_offer_redeemed_between_claim_and_hand_over_is_not_spoken_of(script: Script, meanwhile: Meanwhile) -> None:
    carrier, ada = sender(), cast.ada()
    grant = granted(ada)
    about = message(ada, offer_id=grant.offer_id)
    meanwhile(
        lambda: offers.redeem(grant.code, request_key="tap-1", channel=Channel.COUNTER, now=NOW, who=cast.clerk())
    )
    delivery.deliver(carrier, NOW)
    assert states(about) == [("cancelled", "grant_closed")]
    assert script.addresses == []


def test_a_hold_placed_between_claim_and_hand_over_puts_messages_back(script: Script, meanwhile: Meanwhile) -> None:
    carrier = sender()
    held = message(cast.ada())
    meanwhile(lambda: holds.place(Hold.Scope.ALL, "", "Stop", NOW))
    delivery.deliver(carrier, NOW)
    stored = Message.objects.get(pk=held.pk)
    assert (stored.state, stored.attempts, stored.lease_token) == ("queued", 0, None)
    assert script.addresses == []


def test_a_purchase_between_claim_and_hand_over_puts_a_journeys_message_back(
    script: Script, meanwhile: Meanwhile
) -> None:
    carrier, ada = sender(), cast.ada()
    news.listen("segment:1", ["purchase"])
    waiting = message(ada)
    meanwhile(lambda: cast.purchase(ada, NOW))
    delivery.deliver(carrier, NOW)
    assert states(waiting) == [("queued", "")]
    assert script.addresses == []


def test_a_message_cancelled_between_claim_and_hand_over_stays_so(script: Script, meanwhile: Meanwhile) -> None:
    carrier = sender()
    left = message(cast.ada())
    meanwhile(lambda: Message.objects.filter(pk=left.pk).update(state="cancelled", reason="ended", lease_token=None))
    delivery.deliver(carrier, NOW)
    assert states(left) == [("cancelled", "ended")]
    assert script.addresses == []


def test_a_message_that_another_worker_took_is_not_handed_over(script: Script, meanwhile: Meanwhile) -> None:
    carrier = sender()
    taken = message(cast.ada())
    token = "8c1b3f0a-5a0e-4c5c-9df5-9c3a4f5b7d10"
    meanwhile(lambda: Message.objects.filter(pk=taken.pk).update(lease_token=token))
    delivery.deliver(carrier, NOW)
    assert script.addresses == []
    assert str(Message.objects.get(pk=taken.pk).lease_token) == token


# Grants that close ----------------------------------------------------------------------------------------------------


def test_a_closed_grant_cancels_what_waits_and_closes_its_follow_ups(script: Script) -> None:
    sender()
    outbox.sender("desk")
    ada = cast.ada()
    grant = granted(ada)
    waiting = message(ada, offer_id=grant.offer_id)
    claimed = message(ada, offer_id=grant.offer_id, step_key="second")
    call = message(ada, outbox.content("call", ("desk",)), offer_id=grant.offer_id, step_key="call", channels=["desk"])
    Message.objects.filter(pk=call.pk).update(state="sent")
    other = message(ada, step_key="other")
    team = Team.objects.create(key="recovery", name="Recovery")
    follow_up = FollowUp.objects.create(
        message=call, member=ada, team=team, given_on=NOW.date(), due_at=NOW, created_at=NOW
    )
    claims.claim(claimed.sender, NOW, 1)
    offers.withdraw([grant.pk], NOW)
    assert states(waiting, claimed, call, other) == [
        ("cancelled", "grant_closed"),
        ("cancelled", "grant_closed"),
        ("sent", ""),
        ("queued", ""),
    ]
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.closed_at) == ("closed", NOW)


def test_what_was_handed_over_before_its_grant_closed_is_the_carriers_to_settle(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    grant = granted(ada)
    about = message(ada, offer_id=grant.offer_id)

    def redeem_while_the_carrier_has_it() -> object:
        offers.withdraw([grant.pk], NOW)
        return None

    script.will("ada@example.com", lambda: (redeem_while_the_carrier_has_it(), SENT)[1])
    delivery.deliver(carrier, NOW)
    assert states(about) == [("sent", "")]


def tell(who: Member) -> None:
    """Write news about a member that the tick has not read."""
    news.listen("segment:1", ["purchase"])
    news.write(Sql("SELECT %(id)s::bigint AS member_id", {"id": who.pk}), "purchase", NOW)
