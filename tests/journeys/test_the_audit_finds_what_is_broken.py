"""Every promise is broken once, past the constraints that guard it; the audit says which, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from channels.models import HandOff, Message, PressurePolicy
from journeys import audit, promises
from journeys.models import Journey, Step
from members.models import Touchpoint
from tests import cast
from tests.cast import HOUR, NOW
from tests.channels.outbox import content, sender
from tests.content.promises import offer
from tests.journeys.drawn import published, tick

GRANT: dict[str, Any] = {"key": "promise", "kind": "grant_offer", "offer": "ten-off"}
SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"], "offer": "ten-off"}
WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
CHECKED = {
    "channels_message": ("message_once", "message_no_has_reason"),
    "content_grant": ("one_live_grant_a_slot", "grant_once"),
    "journeys_enrollment": ("enrollment_end_has_reason",),
    "journeys_version": ("version_once",),
}
# Ada's message has left, Ben's is queued; both rest under way. Afterwards it is three hours later.
BREAKS = {
    "message_once": ["UPDATE channels_message SET member_id = {ada}, origin_id = {in_ada}, once = NULL"],
    "told_once": ["UPDATE members_touchpoint SET message_id = {of_ada}, kind = 'message'"],
    "told_at_all": ["DELETE FROM members_touchpoint WHERE member_id = {ada}"],
    "no_contact": [
        "UPDATE channels_message SET origin_kind = 'test' WHERE id = {of_ada}",
        "UPDATE channels_message SET channel = 'webhook' WHERE id = {of_ada}",
    ],
    "consent": [
        "DELETE FROM members_consent WHERE member_id = {ada}",
        "UPDATE members_consent SET granted = false WHERE member_id = {ada}",
        "UPDATE channels_message SET handed_at = NULL WHERE id = {of_ada}",
    ],
    "suppression": [
        (
            "INSERT INTO members_suppression (channel, address, reason, since)"
            " VALUES ('email', 'ada@example.com', 'bounced', '{past}')"
        )
    ],
    "one_voice": ["UPDATE content_grant SET member_id = {ada}"],
    "one_price": [
        "UPDATE channels_message SET price = price + 1 WHERE id = {of_ben}",
        "UPDATE channels_message SET price = NULL WHERE id = {of_ben}",
        "UPDATE channels_message SET grant_id = {grant} WHERE id = {of_ben}",
        "UPDATE members_touchpoint SET price = price + 1 WHERE member_id = {ada}",
        "UPDATE members_touchpoint SET grant_id = 0 WHERE member_id = {ada}",
        "UPDATE content_grant SET currency = 'USD' WHERE member_id = {ben}",
    ],
    "redeemed_once": ["UPDATE content_grant SET state = 'redeemed' WHERE member_id = {ben}"],
    "silence": [
        "UPDATE content_grant SET state = 'withdrawn', closed_at = '{past}' WHERE id = {grant}",
        (
            "UPDATE content_grant SET validity = tstzrange('{past}'::timestamptz - interval '1 day', '{past}')"
            " WHERE id = {grant}"
        ),
    ],
    "hand_offs": ["UPDATE content_grant SET state = 'declined' WHERE id = {grant}"],
    "enrolled_once": ["UPDATE journeys_enrollment SET member_id = {ada}"],
    "at_a_step": [
        "UPDATE journeys_enrollment SET step_id = {elsewhere} WHERE id = {in_ben}",
        "UPDATE journeys_version SET journey_id = (SELECT max(id) FROM journeys_journey) WHERE id = {version}",
    ],
    "refers_to": [
        "UPDATE journeys_enrollment SET journey_id = 0 WHERE id = {in_ben}",
        "UPDATE journeys_enrollment SET version_id = 0 WHERE id = {in_ben}",
        "UPDATE journeys_enrollment SET step_id = 0 WHERE id = {in_ben}",
        "UPDATE channels_message SET sender_id = 0 WHERE id = {of_ben}",
        "UPDATE channels_message SET content_id = 0 WHERE id = {of_ben}",
    ],
    "end_has_reason": [
        "UPDATE journeys_enrollment SET state = 'ended', ended_at = '{past}' WHERE id = {in_ben}",
        "UPDATE journeys_enrollment SET ended_at = '{past}' WHERE id = {in_ben}",
    ],
    "no_has_reason": [
        "UPDATE channels_message SET state = 'failed' WHERE id = {of_ben}",
        "UPDATE journeys_trace SET outcome = 'not_granted' WHERE member_id = {ben} AND step_key = 'promise'",
        "UPDATE journeys_trace SET outcome = 'not_sent' WHERE member_id = {ben} AND step_key = 'mail'",
    ],
    "origin": [
        "UPDATE channels_message SET origin_id = 0 WHERE id = {of_ben}",
        "UPDATE channels_message SET origin_id = {in_ada}, visit = 2 WHERE id = {of_ben}",
        "UPDATE channels_message SET journey_id = 0 WHERE id = {of_ben}",
    ],
    "holdout": ["UPDATE journeys_enrollment SET held_out = true WHERE id = {in_ada}"],
    "held": [
        "INSERT INTO channels_hold (scope, scope_id, reason, since) VALUES ('journey', '{journey}', 'x', '{past}')",
        "INSERT INTO channels_hold (scope, scope_id, reason, since) VALUES ('channel', 'email', 'x', '{past}')",
        "INSERT INTO channels_hold (scope, scope_id, reason, since) VALUES ('all', '', 'x', '{past}')",
    ],
    "pressure": ["UPDATE channels_message SET member_id = {ada}, once = NULL, visit = id"],
    "lease": [
        "UPDATE channels_message SET state = 'claimed', lease_until = '{past}' WHERE id = {of_ben}",
        "UPDATE channels_message SET state = 'claimed' WHERE id = {of_ben}",
    ],
    "deadline": ["UPDATE channels_message SET expires_at = '{past}' WHERE id = {of_ben}"],
    "tick": [
        "UPDATE journeys_enrollment SET due_at = '{past}' WHERE id = {in_ben}",
        "INSERT INTO members_news (member_id, topic, reference, recorded_at) VALUES ({ben}, 'x', '', '{past}')",
        "UPDATE journeys_journey SET state = 'stopped' WHERE id = {journey}",
    ],
    "counts": ["UPDATE journeys_stepcount SET count = count + 1 WHERE step_key = 'rest' AND outcome = 'arrived'"],
}
CASES = [(name, broken) for name, ways in BREAKS.items() for broken in ways]
MORE_THAN_ONE = {"UPDATE journeys_version": 2, "UPDATE journeys_journey": 2}


@pytest.fixture
def names(db: None) -> dict[str, object]:
    """A journey with Ada and Ben in it, and what a statement may name."""
    content("hello")
    offer("ten-off")
    sender("email")
    journey, other = (
        published([GRANT, SEND, WAIT]),
        published([WAIT], key="other", entry={"fact": {"topic": "purchase"}}),
    )
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        cast.event(who, "go")
    tick(NOW)
    of_ada, of_ben = (Message.objects.get(member=who) for who in (ada, ben))
    _leave(of_ada)
    times = {"created_at": NOW, "due_at": NOW + HOUR}
    HandOff.objects.create(member=ada, store=cast.berlin(), grant_id=of_ada.grant_id, request_key="once", **times)
    PressurePolicy.objects.create(messages=1, days=7)
    found = {"ada": ada.pk, "ben": ben.pk, "of_ada": of_ada.pk, "of_ben": of_ben.pk, "journey": journey.pk}
    enrolled = {"in_ada": of_ada.origin_id, "in_ben": of_ben.origin_id, "grant": of_ada.grant_id}
    return {**found, **enrolled, "version": journey.current_id, "elsewhere": _step_of(other), "past": NOW + HOUR}


def _step_of(journey: Journey) -> int:
    return Step.objects.values_list("pk", flat=True).get(version=journey.current)


def _leave(message: Message) -> None:
    """Have a message be sent, and a word be said at the counter as well."""
    at = NOW + 2 * HOUR
    Message.objects.filter(pk=message.pk).update(state="sent", handed_at=at, sent_at=at)
    times = {"happened_at": at, "recorded_at": at}
    price = {"grant_id": message.grant_id, "price": message.price, "currency": message.currency}
    known = {"member_id": message.member_id, "direction": "out", **times, **price}
    Touchpoint.objects.create(channel="email", kind="message", message_id=message.pk, **known)
    Touchpoint.objects.create(channel="counter", kind="note", **{**known, "price": None})


def found() -> dict[str, int]:
    """The promises that the audit finds broken, with their counts."""
    return {finding.name: finding.count for finding in audit.run(NOW + 3 * HOUR) if finding.count}


def test_a_good_world_breaks_no_promise(names: dict[str, object]) -> None:
    assert found() == {}


def test_every_promise_is_broken_here() -> None:
    assert list(BREAKS) == [check.name for check in promises.CHECKS]


def test_whatever_is_broken_is_found_and_counted(names: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, constraints in CHECKED.items():
            for constraint in constraints:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        cursor.execute("DROP INDEX enrollment_once")
    counted = {(name, broken): _count(name, broken.format(**names)) for name, broken in CASES}
    assert counted == {case: _expected(case[1]) for case in CASES}


def _count(name: str, broken: str) -> int:
    """Break something, ask the audit about it, and undo it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(broken)
        count = found().get(name, 0)
        transaction.set_rollback(True)
    return count


def _expected(broken: str) -> int:
    return next((count for start, count in MORE_THAN_ONE.items() if broken.startswith(start)), 1)
