"""Due messages leave, in windows, and everything about them is written down."""

from datetime import UTC, datetime, timedelta

import pytest

from channels import delivery
from channels.models import Message, MessageCount, Rendering
from channels.pace import WINDOW
from members import news
from members.models import News, Touchpoint
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import AGAIN, REFUSED, Script, granted, message, sender, states

pytestmark = pytest.mark.django_db


def test_a_message_that_left_is_sent_once_and_known_as_the_member_saw_it(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    what = outbox.content()
    what.variants.filter(channel="email").update(subject="Hello {{ member.first_name }}", text="Dear {{ member.name }}")
    sent = message(ada, what)
    assert str(delivery.deliver(carrier, NOW)) == "1 claimed, 1 sent"
    assert str(delivery.deliver(carrier, NOW)) == "nothing"
    [out] = script.outgoing
    assert (out.key, out.address, out.subject) == (str(sent.public_id), "ada@example.com", "Hello Ada")
    seen = Rendering.objects.get(message=sent)
    assert (seen.subject, seen.text, seen.html) == (out.subject, out.text, out.html)
    stored = Message.objects.get(pk=sent.pk)
    assert (stored.state, stored.attempts, stored.sent_at, stored.handed_at) == ("sent", 1, NOW, NOW)
    assert (stored.lease_token, stored.lease_until, stored.words) == (None, None, "taken")


def test_every_message_that_left_is_a_touchpoint_with_what_it_said_and_promised(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    grant = granted(ada)
    message(ada, offer_id=grant.offer_id)
    delivery.deliver(carrier, NOW)
    contact = Touchpoint.objects.get(member=ada, kind="message")
    assert (contact.channel, contact.direction, contact.happened_at) == ("email", "out", NOW)
    assert (contact.offer_name, contact.grant_id, contact.price) == ("Tea at ten", grant.pk, grant.price)
    assert (contact.journey_name, contact.content_name, contact.text, contact.outcome) == (
        "First",
        "Hello",
        "Hello",
        "sent",
    )


def test_a_touchpoint_is_news_where_somebody_listens(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    news.listen("segment:1", ["touchpoint:message"])
    message(ada)
    delivery.deliver(carrier, NOW)
    assert [(row.member_id, row.topic) for row in News.objects.all()] == [(ada.pk, "touchpoint:message")]


def test_the_states_that_messages_came_into_are_counted(script: Script) -> None:
    carrier = sender()
    script.will("m-0001@example.com", REFUSED)
    for who in cast.crowd(3):
        message(who)
    delivery.deliver(carrier, NOW)
    counted = {row.state: (row.count, row.day) for row in MessageCount.objects.exclude(state="queued")}
    assert counted == {"sent": (2, NOW.date()), "refused": (1, NOW.date())}


def test_messages_go_in_windows_of_at_most_twenty_the_most_important_first(script: Script) -> None:
    carrier, members = sender(), cast.crowd(WINDOW + 5)
    for number, who in enumerate(members):
        message(who, priority=90 - number)
    delivery.deliver(carrier, NOW)
    assert [len(window) for window in script.windows] == [20, 5]
    assert script.addresses == [f"m-{number:04}@example.com" for number in range(25, 0, -1)]


def test_only_so_many_as_asked_are_claimed(script: Script) -> None:
    carrier = sender()
    for who in cast.crowd(5):
        message(who)
    assert delivery.deliver(carrier, NOW, limit=3).sent == 3
    assert delivery.deliver(carrier, NOW, limit=3).sent == 2


def test_what_is_due_later_waits(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    later = message(ada)
    Message.objects.filter(pk=later.pk).update(due_at=NOW + timedelta(hours=1))
    assert delivery.senders_with_work(NOW) == []
    assert delivery.deliver(carrier, NOW).claimed == 0
    assert delivery.senders_with_work(NOW + timedelta(hours=1)) == [carrier.pk]
    assert delivery.deliver(carrier, NOW + timedelta(hours=1)).sent == 1


def test_an_inactive_sender_sends_nothing(script: Script) -> None:
    carrier = sender()
    message(cast.ada())
    type(carrier).objects.update(active=False)
    assert delivery.senders_with_work(NOW) == []
    assert delivery.deliver(carrier, NOW).claimed == 0


def test_each_window_bears_the_time_of_a_running_clock(script: Script) -> None:
    carrier = sender(rate=100_000)
    for who in cast.crowd(2):
        message(who)
    times = iter(NOW + timedelta(seconds=second / 10) for second in range(1000))
    delivery.deliver(carrier, NOW, clock=lambda: next(times))
    [first, second] = Message.objects.order_by("pk")
    assert first.handed_at
    assert first.sent_at
    assert NOW < first.handed_at <= first.sent_at == second.sent_at


def test_what_was_to_stop_such_messages_goes_with_them_unless_they_were_asked_for(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    message(ada)
    message(ada, outbox.content("receipt", purpose="transactional"), step_key="receipt")
    delivery.deliver(carrier, NOW)
    promotional, transactional = script.outgoing
    assert "/u/" in promotional.unsubscribe_url
    assert transactional.unsubscribe_url == ""
    assert f"message={promotional.key}" in promotional.receipt_url


def test_a_message_past_its_deadline_is_not_claimed_but_cancelled(script: Script) -> None:
    carrier, ada, ben = sender(), cast.ada(), cast.ben()
    late = message(ada)
    waiting = message(ben, step_key="other")
    Message.objects.filter(pk=late.pk).update(expires_at=NOW)
    assert delivery.deliver(carrier, NOW).claimed == 1
    assert delivery.expire(NOW) == 1
    assert states(late, waiting) == [("cancelled", "expired"), ("sent", "")]
    assert Message.objects.get(pk=late.pk).ended_at == NOW


def test_a_reason_that_kept_a_message_is_what_it_ends_with(script: Script) -> None:
    kept = message(cast.ada()) if sender() else None
    assert kept
    Message.objects.filter(pk=kept.pk).update(expires_at=NOW, reason="over_capacity")
    delivery.expire(NOW)
    assert states(kept) == [("cancelled", "over_capacity")]


def test_days_of_counts_are_those_of_utc(script: Script) -> None:
    carrier = sender()
    message(cast.ada())
    evening = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    script.will("ada@example.com", AGAIN, REFUSED)
    delivery.deliver(carrier, NOW)
    delivery.deliver(carrier, evening)
    assert MessageCount.objects.get(state="refused").day == evening.date()
