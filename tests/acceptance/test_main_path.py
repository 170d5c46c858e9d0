"""The whole way: fact → segment → enrollment → send → carrier → receipt → touchpoint → redeem → silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from channels import delivery
from channels.models import FollowUp, Message, Sender, Team
from channels.vocabulary import State
from content import offers
from content.models import Content, Grant, Redemption, Variant
from journeys import audit
from members import facts
from members.models import Event, Member, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.carrier import Carrier
from tests.channels.outbox import MJML, offer
from tests.journeys.drawn import messages, published, segment, stands, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

# The web server of these tests reads the real clock when receipts come; the journey must not lie in its future.
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def house(carrier: Carrier, live_server: LiveServer, settings: Settings) -> Carrier:
    """Senders that lead to the sandbox, which reports back over real HTTP."""
    settings.CHORALE_PUBLIC_URL = live_server.url
    carrier.install()
    return carrier


def deliver(now: datetime) -> None:
    """One round of every sender."""
    for sender in Sender.objects.filter(pk__in=delivery.senders_with_work(now)):
        delivery.deliver(sender, now)


def words() -> Content:
    """What is said in every channel about one offer."""
    made = Content.objects.create(key="come-back", name="Come back")
    text = (
        "{{ member.first_name }}: {{ offer.name }} for {{ offer.price }}, code {{ offer.code }}."
        " {{ 'https://example.com/tea' | link }}"
    )
    mjml = MJML.replace("Hello", text + '<a href="{{ unsubscribe_url }}">Stop</a>')
    Variant.objects.create(content=made, channel="email", language="en", subject="Tea?", mjml=mjml, text=text)
    for channel in ("sms", "desk"):
        short = "{{ offer.name }} for {{ offer.price }}, {{ offer.code }}"
        Variant.objects.create(content=made, channel=channel, language="en", text=short)
    return made


def drawn() -> None:
    """Quiet members get a grant, hear of it by e-mail, then by SMS, and a rep calls in the end."""
    words()
    offer("tea-10")
    Team.objects.create(key="recovery", name="Recovery")
    segment("quiet", {"tag": {"name": "quiet"}}, NOW)
    send: dict[str, Any] = {"kind": "send", "content": "come-back", "offer": "tea-10"}
    published(
        [
            {"key": "grant", "kind": "grant_offer", "offer": "tea-10"},
            {**send, "key": "mail", "channels": ["email"]},
            {"key": "call", "kind": "follow_up", "content": "come-back", "offer": "tea-10", "team": "recovery"},
            {"key": "rest", "kind": "wait", "duration": {"minutes": 5}},
            {**send, "key": "text", "channels": ["sms"]},
            {"key": "rest-more", "kind": "wait", "duration": {"days": 7}},
        ],
        NOW,
        kind="win_back",
        entry={"segment": {"key": "quiet"}},
    )


def become_quiet(who: Member) -> None:
    """A fact that puts the member into the segment."""
    record = facts.MemberRecord(external_id=who.external_id, tags=("quiet",))
    facts.upsert_members([record], NOW)


def test_from_a_fact_to_silence_in_every_channel(house: Carrier) -> None:
    """One member, one offer, one price, and nothing after it was taken."""
    drawn()
    ada = cast.ada(now=NOW - timedelta(days=40))
    become_quiet(ada)
    tick(NOW)
    deliver(NOW)

    mail = Message.objects.get(step_key="mail")
    assert (mail.state, stands(ada)) == (State.SENT, "rest")
    [taken] = house.taken(channel="email")
    assert taken["address"] == "ada@example.com"
    received = message_from_string(house.mail(str(mail.public_id)), policy=policy.default)
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.grant is not None
    for kind in ("plain", "html"):
        body = received.get_body((kind,))
        assert body is not None
        assert mail.grant.code in body.get_content().replace("-", "")
    follow_up = FollowUp.objects.get()
    assert (follow_up.member_id, follow_up.state) == (ada.pk, "open")

    house.react("delivered", key=str(mail.public_id))
    house.react("clicked", key=str(mail.public_id))
    house.flush()
    mail.refresh_from_db()
    assert mail.clicked_at is not None
    assert Event.objects.filter(member=ada, name="message.clicked").exists()

    # The SMS is queued, and the member takes the offer at the counter before it leaves.
    tick(LATER)
    assert messages(ada)[-1] == ("text", "queued", "")
    grant = Grant.objects.get(member=ada)
    tap: dict[str, Any] = {"channel": Channel.COUNTER, "who": cast.clerk(), "store": cast.berlin(), "now": LATER}
    first = offers.redeem(grant.code, request_key="tap-1", **tap)
    again = offers.redeem(grant.code, request_key="tap-1", **tap)
    assert first.pk == again.pk
    with pytest.raises(offers.AlreadyRedeemed, match=r"Carl.*Berlin"):
        offers.redeem(grant.code, request_key="tap-2", channel=Channel.DESK, who=cast.rep(), now=LATER)
    deliver(LATER)
    tick(LATER)
    deliver(LATER + timedelta(minutes=1))
    assert messages(ada)[-1] == ("text", "cancelled", "grant_closed")
    assert house.taken(channel="sms") == []
    follow_up.refresh_from_db()
    assert follow_up.state == "closed"

    history = list(Touchpoint.objects.filter(member=ada).order_by("id").values_list("channel", "direction", "kind"))
    assert ("email", "out", "message") in history
    assert ("desk", "out", "follow_up") in history
    assert ("email", "in", "clicked") in history
    assert ("counter", "in", "redeemed") in history
    prices = set(Touchpoint.objects.filter(member=ada, price__isnull=False).values_list("price", "currency"))
    assert prices == {(grant.price, "EUR")} == {(Redemption.objects.get().price, "EUR")}
    assert house.twice() == {}
    assert [finding.name for finding in audit.run(LATER + timedelta(minutes=1)) if finding.count] == []


def test_one_click_stops_promotional_mail_and_a_stop_word_stops_sms(house: Carrier) -> None:
    """What is queued already does not leave either."""
    drawn()
    ada, ben = cast.ada(now=NOW - timedelta(days=40)), cast.ben(now=NOW - timedelta(days=40), sms="+4915550100002")
    cast.consent(ben, "sms", at=NOW - timedelta(days=30))
    for who in (ada, ben):
        become_quiet(who)
    tick(NOW)
    deliver(NOW)
    for mail in Message.objects.filter(step_key="mail", member=ada):
        house.react("unsubscribed", key=str(mail.public_id))
    house.flush()
    tick(LATER)
    deliver(LATER)
    for text in Message.objects.filter(step_key="text", member=ben):
        house.react("stopped", key=str(text.public_id))
    house.flush()
    assert ("email", False) in set(ada.consents.values_list("channel", "granted"))
    assert ("sms", False) in set(ben.consents.values_list("channel", "granted"))
    assert not ada.consents.filter(channel="sms", granted=False).exists()
    assert Touchpoint.objects.filter(member=ada, kind="unsubscribed").count() == 1
