"""Facts in their months: none is refused, each is found by what is known of it, and lines go with their purchase."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from journeys.models import Enrollment
from members import facts, rules
from members.models import Event, News, Purchase, PurchaseLine
from members.partitions import keeping
from members.partitions.tables import month
from members.sql import rows
from tests import cast
from tests.cast import NOW
from tests.journeys import drawn

pytestmark = pytest.mark.django_db

FACTS = ("members_event", "members_purchase", "members_pointsentry")
ODD = datetime(2199, 12, 31, tzinfo=UTC)


def begin(table: str = "members_purchase") -> datetime:
    """When the first partition of a table ends."""
    [ends] = [one.ends for one in keeping.partitions(table) if one.name == f"{table}_past"]
    assert ends
    return ends


def places(table: str) -> list[str]:
    """The partitions in which the rows of a table stand, by their ids."""
    return [name for (name,) in rows(f"SELECT tableoid::regclass::text FROM {table} ORDER BY id", {})]


def test_facts_of_any_date_are_stored_each_once_and_told_again_in_no_other_month() -> None:
    ada, now = cast.ada(), begin()
    keeping.keep(now)
    for at in (datetime(1900, 1, 1, tzinfo=UTC), now, month(now, 2), ODD):
        cast.purchase(ada, at, key=f"{at:%Y}-{at:%m}")
        cast.event(ada, "seen", at)
        cast.points(ada, 5, at)
    for table in FACTS:
        wanted = ["past", f"{now:%Y_%m}", f"{month(now, 2):%Y_%m}", "default"]
        assert places(table) == [f"{table}_{end}" for end in wanted]
    again = facts.PurchaseFact(ada.pk, month(now, 1), cast.SOURCE, f"{now:%Y}-{now:%m}", [cast.line("10.00")], "EUR")
    assert (facts.record([again], now).new, Purchase.objects.count()) == (0, 4)
    assert Purchase.objects.filter(lines__quantity=1).count() == 4


def test_what_is_over_its_time_goes_with_its_lines_and_is_no_news_when_it_is_told_again(settings: Any) -> None:
    ada, now = cast.ada(), begin()
    keeping.keep(now)
    rows("SET CONSTRAINTS ALL IMMEDIATE", {})
    old, middle, new = (cast.purchase(ada, at, key=f"{at:%Y-%m}") for at in (NOW, now, month(now, 3)))
    seen = cast.event(ada, "seen", NOW)
    settings.CHORALE_KEEP_PURCHASES_MONTHS = 2
    keeping.keep(month(now, 2))
    assert set(Purchase.objects.values_list("pk", flat=True)) == {middle.pk, new.pk}
    said = keeping.keep(month(now, 3))
    assert f"members_purchase_{now:%Y_%m} was dropped." in said
    assert list(PurchaseLine.objects.values_list("purchase", flat=True)) == [new.pk]
    assert Event.objects.get() == seen, "each kind of fact has its own time"
    again = facts.PurchaseFact(ada.pk, NOW, cast.SOURCE, f"{NOW:%Y-%m}", [cast.line("10.00")], "EUR")
    told = facts.record([again], now)
    assert (told.new, told.repeated, told.rejected) == (0, 1, []), "nobody knows any more what it was worth"
    assert old.pk not in set(Purchase.objects.values_list("pk", flat=True))
    new.delete()
    assert not PurchaseLine.objects.exists(), "Django takes lines with their purchase, where PostgreSQL cannot"


def months_asked(text: str, params: dict[str, Any], table: str = "members_purchase") -> int:
    """How many partitions of a table a plan speaks of."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {text}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return len({one.name for one in keeping.partitions(table) if f" {one.name} " in plan})


def test_a_rule_with_days_asks_their_months_alone() -> None:
    ada, now = cast.ada(), month(begin(), 2) + timedelta(days=10)
    keeping.keep(now)
    cast.purchase(ada, now - timedelta(days=3))
    asked = {}
    for days in (None, 5):
        window = {"within_days": days} if days else {}
        rule = rules.parse({"purchases": {"measure": "count", "op": "gte", "value": 1, **window}})
        condition = rule.condition(now, few=True)
        text = f"SELECT m.id FROM members_member m WHERE {condition.text}"
        assert rows(text, condition.params) == [(ada.pk,)]
        asked[days] = months_asked(text, dict(condition.params))
    # Neither what is ahead is asked, nor odd dates.
    assert asked == {None: 4, 5: 1}


@pytest.mark.parametrize("known", [True, False])
def test_a_late_fact_lets_in_and_wakes_whoever_waits_for_it(known: bool) -> None:
    """A till that reports after months, and news that an older program wrote, which does not say when it happened."""
    ada, now = cast.ada(), month(begin(), 2) + timedelta(hours=10)
    keeping.keep(now)
    entry = {"fact": {"topic": "event", "name": "go", "key": "order", "where": [{"property": "order", "op": "is_set"}]}}
    waits = {"key": "buys", "kind": "wait_for", "fact": {"topic": "purchase"}, "timeout": {"days": 9}}
    drawn.published([waits], now, entry=entry)
    cast.event(ada, "go", now - timedelta(days=70), now=now, order="7")
    cast.event(ada, "go", now - timedelta(days=9), now=now)
    forgotten = {} if known else {"happened_at": None}
    News.objects.update(topic=F("topic"), **forgotten)
    drawn.tick(now)
    assert list(Enrollment.objects.values_list("entry_key", "state")) == [("7", "live")]
    # It was recorded before ada arrived, in a transaction that ended later: the news of it alone tells that it counts.
    cast.purchase(ada, now - timedelta(hours=20), now=now - timedelta(seconds=1))
    News.objects.update(topic=F("topic"), **forgotten)
    drawn.tick(now + timedelta(seconds=1))
    assert drawn.stands(ada) == "finished"
