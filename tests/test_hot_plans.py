"""The hot queries read along indexes: none looks through a big table for one member or one shard.

The tables are small here, and their statistics say that they are large: the planner takes what it would take at a
million members. Every statement that a call makes is explained before it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from channels import claims, delivery
from channels.models import Sender
from content import offers
from content.models import Content, Offer
from journeys import admission, engine, work
from journeys.entries import Named
from journeys.models import Journey
from journeys.plan import plan
from journeys.span import Span
from members import facts, news
from members.models import Member
from members.sql import execute, rows
from tests.cast import NOW
from tests.channels import deliveries, outbox
from tests.channels.contacts import desk
from tests.channels.counter import till
from tests.channels.deliveries import Script, script  # noqa: F401 - a fixture
from tests.journeys import drawn

pytestmark = pytest.mark.django_db

MEMBERS = 2_000
TIMES = 500  # how much larger the statistics say the tables are
BIG = (
    "members_member", "members_identity", "members_consent", "members_news", "members_touchpoint", "members_purchase",
    "members_event", "members_membership", "members_standing", "journeys_enrollment", "journeys_trace",
    "channels_message", "channels_rendering", "content_grant", "content_redemption",
)  # fmt: skip
_SCAN = re.compile(rf"Seq Scan on ((?:{'|'.join(BIG)})(?:_\w+)?)\b.*")
_FILL = (
    """
    INSERT INTO members_identity (member_id, channel, address, verified, recorded_at)
    SELECT id, channel, channel || id, true, %(now)s FROM members_member, unnest(ARRAY['email', 'sms']) AS c(channel)
    """,
    """
    INSERT INTO members_consent (member_id, channel, purpose, granted, happened_at, recorded_at, source, wording)
    SELECT id, channel, 'promotional', true, %(now)s, %(now)s, 'form', ''
    FROM members_member, unnest(ARRAY['email', 'sms']) AS c(channel)
    """,
    """
    INSERT INTO members_touchpoint (member_id, happened_at, recorded_at, channel, direction, kind, who_name,
                                    journey_name, offer_name, currency, content_name, text, outcome)
    SELECT id, at, at, 'sms', 'out', 'message', '', '', '', '', '', 'Hello', ''
    FROM members_member, generate_series(1, 5) AS t(turn), LATERAL (SELECT %(now)s - turn * interval '1 day') AS m(at)
    """,
    """
    INSERT INTO members_purchase (member_id, happened_at, recorded_at, source, key, currency, total, quantity)
    SELECT id, %(now)s, %(now)s, 'tills', id || '-' || turn, 'EUR', 10, 1
    FROM members_member, generate_series(1, 4) AS t(turn)
    """,
    """
    INSERT INTO members_news (member_id, topic, reference, recorded_at)
    SELECT id, 'purchase', '', %(now)s - interval '1 second' FROM members_member WHERE id %% 4 = 0
    """,
    """
    INSERT INTO journeys_enrollment (member_id, journey_id, version_id, step_id, state, entry_key, entered_at,
                                     arrived_at, due_at, visit, goal_until, end_reason, held_out)
    SELECT id, %(journey)s, %(version)s, %(step)s, 'live', '', %(now)s, %(now)s, %(now)s - interval '1 minute', 1,
           %(now)s + interval '30 days', '', false
    FROM members_member
    """,
    """
    INSERT INTO journeys_trace (member_id, journey_id, enrollment_id, step_key, visit, outcome, reason, detail, at)
    SELECT member_id, journey_id, id, '', 1, 'entered', '', '{}', %(now)s FROM journeys_enrollment
    """,
    """
    INSERT INTO channels_message (public_id, member_id, channel, purpose, address, language, content_id, currency,
        sender_id, origin_kind, origin_id, step_key, visit, journey_id, journey_name, once, planned_day, state, reason,
        words, priority, queued_at, planned_at, due_at, expires_at, attempts, carrier_id)
    SELECT gen_random_uuid(), id, 'email', 'promotional', 'email' || id, 'en', %(content)s, '', %(sender)s,
           'enrollment', id, 'old-' || turn, 1, %(journey)s, 'First', md5(id || '-' || turn)::uuid,
           '2026-01-01', CASE turn WHEN 1 THEN 'queued' ELSE 'sent' END, '', '', 50, %(now)s,
           %(now)s - turn * interval '40 days', %(now)s, %(now)s + interval '1 day', 1, ''
    FROM members_member, generate_series(1, 4) AS t(turn)
    """,
    """
    INSERT INTO content_grant (public_id, member_id, offer_id, slot, price, currency, code, validity, state, granted_at,
                               origin_kind, origin_id, step_key, visit)
    SELECT gen_random_uuid(), id, %(offer)s, 'tea', 10, 'EUR', 'C' || id,
           tstzrange(%(now)s, %(now)s + interval '1 day'), 'live', %(now)s, 'enrollment', id, 'grant', 1
    FROM members_member
    """,
)


@pytest.fixture
def crowd(script: Script) -> Journey:  # noqa: F811 - pytest's way to a fixture
    """Members with all that they have, in tables that pass for large ones; the journey that all stand in."""
    Member.objects.bulk_create(Member(external_id=f"H-{each:05}", recorded_at=NOW) for each in range(MEMBERS))
    content = outbox.content()
    journey = drawn.published([{"key": "mail", "kind": "send", "content": content.key, "channels": ["email"]}])
    version = journey.current
    assert version is not None
    given = {
        "now": NOW,
        "journey": journey.pk,
        "version": version.pk,
        "step": version.steps.get().pk,
        "content": content.pk,
        "sender": deliveries.sender().pk,
        "offer": outbox.offer().pk,
    }
    outbox.at_most(100, 7)
    for text in _FILL:
        execute(text, given)
    rows(f"ANALYZE {', '.join(BIG)}", {})
    larger = "UPDATE pg_class SET reltuples = reltuples * %(times)s WHERE reltuples > 0 AND oid IN ({})"
    parts = "SELECT inhrelid FROM pg_inherits WHERE inhparent = ANY(%(big)s::regclass[])"
    chosen = f"SELECT unnest(%(big)s::regclass[])::oid UNION {parts}"
    execute(larger.format(chosen), {"times": TIMES, "big": list(BIG)})
    return journey


@contextmanager
def explained() -> Iterator[list[str]]:
    """Explain every statement of a block that reads or writes rows; yield their plans."""
    plans: list[str] = []

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", sql) and not many:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def scanned(plans: list[str]) -> list[str]:
    """Where plans look through a whole big table. A block without a statement would prove nothing.

    To look through a table or partition without a row costs nothing, or the pages that other tests have left there.
    """
    assert plans
    empty = {name for (name,) in rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples <= 0", {})}
    return [found[0] for plan in plans for found in _SCAN.finditer(plan) if found[1] not in empty]


def test_a_shard_is_looked_at_along_its_indexes(crowd: Journey) -> None:
    with explained() as plans:
        assert work.groups(NOW)
        [(low, high, over)] = engine._spans([7], NOW)
        span = Span((7,), low, high, NOW, over=over)
        assert news.read([7], NOW, low=span.low, high=span.high)
        assert rows(f"SELECT count(*) FROM ({span.due().text}) due", span.params) != [(0,)]
    assert scanned(plans) == []


def test_an_import_looks_its_members_up_along_indexes(crowd: Journey) -> None:
    records = [
        facts.MemberRecord(
            f"H-{each:05}",
            identities=[facts.Address("email", f"h{each}@example.com")],
            consents=[facts.Said("email", "promotional", True)],
            tags=["vip"],
        )
        for each in range(MEMBERS - 1_000, MEMBERS + 1_000)
    ]
    with explained() as plans:
        stored = facts.upsert_members(records, NOW)
    assert (stored.new, stored.changed) == (1_000, 1_000)
    assert scanned(plans) == []


def test_whoever_enters_is_looked_up_among_their_own_enrollments(crowd: Journey) -> None:
    """Of a new journey the planner knows nothing; it must not read all who have entered it for each who enters."""
    entered = drawn.published([{"key": "rest", "kind": "wait", "duration": {"days": 1}}], key="second")
    named = [Named(member.pk, "") for member in Member.objects.order_by("pk")[:10]]
    with explained() as plans:
        assert admission.admit(plan(entered.current_id or 0), named, NOW) == 10
    assert scanned(plans) == []
    assert not [found for found in plans if "Scan using enrollment_journey" in found]


def test_a_send_asks_for_pressure_shared_addresses_and_grants_along_indexes(crowd: Journey) -> None:
    members = Member.objects.order_by("pk")[:5]
    content = Content.objects.get(key="hello")
    wanted = [outbox.candidate(who, content, offer_id=Offer.objects.get().pk, once_key="") for who in members]
    with explained() as plans:
        assert all(verdict.message_id for verdict in outbox.ask(*wanted))
    assert scanned(plans) == []


def test_messages_are_claimed_handed_over_and_settled_along_indexes(crowd: Journey) -> None:
    execute("DELETE FROM members_news", {})
    with explained() as plans:
        claimed = claims.claim(Sender.objects.get(), NOW, 3)
        claims.release(claimed.token, [message.id for message in claimed.messages])
        assert delivery.senders_with_work(NOW)
        done = delivery.deliver(Sender.objects.get(), NOW, limit=30)
        delivery.recover(NOW)
    assert done.sent == 30
    assert scanned(plans) == []


def test_what_is_planned_once_reads_along_indexes_whatever_its_parameters_are(crowd: Journey) -> None:
    execute("DELETE FROM members_news", {})
    assert delivery.senders_with_work(NOW)
    assert delivery.deliver(Sender.objects.get(), NOW, limit=30).sent == 30
    prepared = rows("SELECT name, cardinality(parameter_types) FROM pg_prepared_statements", {})
    execute("SET LOCAL plan_cache_mode = force_generic_plan", {})
    plans = []
    for name, parameters in prepared:
        nulls = ", ".join(["NULL"] * parameters)
        plans.append("\n".join(line for (line,) in rows(f"EXPLAIN EXECUTE {name} ({nulls})", {})))
    assert len(plans) >= 5
    assert scanned(plans) == []


def test_the_pages_of_a_member_are_read_along_indexes(crowd: Journey) -> None:
    who = Member.objects.order_by("pk")[10]
    at_the_desk, at_the_till = desk.browser(), till.browser()
    at_the_desk.get(desk.to_member(who))
    with explained() as plans:
        assert at_the_desk.get(desk.to_member(who)).status_code == 200
        assert at_the_desk.get(desk.to_member(who, "history/"), headers={"HX-Request": "true"}).status_code == 200
        assert at_the_till.get(till.address(who)).status_code == 200
    assert scanned(plans) == []


def test_the_grants_of_a_member_are_found_by_an_index(crowd: Journey) -> None:
    who = Member.objects.order_by("pk")[10]
    with explained() as plans:
        assert len(offers.current(who.pk, NOW + timedelta(hours=1))) == 1
    assert scanned(plans) == []


def test_a_scan_would_be_noticed(crowd: Journey) -> None:
    with explained() as plans:
        rows("SELECT count(*) FROM channels_message WHERE words = 'nothing'", {})
    assert len(scanned(plans)) == 1
