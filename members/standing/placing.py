"""Placing members by the cut-offs of a run: one statement that measures, compares, writes what changed and tells it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from members import news
from members.models import StandingPolicy
from members.sql import Sql, rows
from members.standing import churn, points, rfm, tier
from members.standing.cutoffs import Cutoffs
from members.standing.purchases import bought
from members.standing.ranges import Range

# The columns of members_standing by what is read from the relation `scored`. Members who have not bought have no class
# and no churn; who has neither bought nor earned anything is in none of the two relations that are measured.
COLUMNS = {
    "tier": tier.TIER,
    "spend": "spend",
    "to_next_tier": tier.TO_NEXT_TIER,
    "recency": "recency",
    "frequency": "frequency",
    "monetary": "monetary",
    "rfm_class": rfm.CLASS,
    "churn": churn.LEVEL,
    "last_purchase_at": "last_purchase_at",
    "purchases": "purchases",
    "typical_gap": "typical_gap",
    "points": "points",
    "points_expiring": "points_expiring",
    "points_expire_at": "points_expire_at",
}
# What the news of a whole run is about. The rest drifts from day to day for almost everybody (the amount missing to the
# next tier follows its cut-off), and segments are refreshed as a whole after a run anyway.
TOLD = ("tier", "rfm_class", "churn", "points")

# What is placed is worked out once, not anew for each comparison. Only rows that change are written: INSERT … ON
# CONFLICT DO UPDATE … WHERE would lock, and so write, the unchanged ones too. Rows are locked in the order of members
# before they are updated, so that a run and the ticks never deadlock; a row that another refresh has written since it
# was read is left to that one, which has seen the newer facts.
PLACE = """
    WITH given AS MATERIALIZED ({given}),
    who AS (SELECT id AS member_id FROM members_member WHERE {who}),
    bought AS ({bought}),
    balance AS ({balances}),
    measured AS (
        SELECT member_id, last_purchase_at, coalesce(purchases, 0) AS purchases, worth, coalesce(spend, 0) AS spend,
               typical_gap, coalesce(points, 0) AS points, coalesce(points_expiring, 0) AS points_expiring,
               points_expire_at
          FROM who LEFT JOIN bought USING (member_id) LEFT JOIN balance USING (member_id)
    ),
    scored AS (SELECT measured.*, {scores} FROM measured),
    placed AS MATERIALIZED (SELECT member_id, {placed} FROM scored),
    changed AS MATERIALIZED (
        SELECT placed.*, old.as_of AS seen, old.tier AS tier_before, ({told_old}) IS DISTINCT FROM ({told_new}) AS told
          FROM placed LEFT JOIN members_standing old ON old.member_id = placed.member_id AND {old_who}
         WHERE old.member_id IS NULL OR ({old}) IS DISTINCT FROM ({new})
    ),
    locked AS MATERIALIZED (
        SELECT old.member_id FROM members_standing old JOIN changed ON changed.member_id = old.member_id
         WHERE {old_who} AND old.as_of = changed.seen ORDER BY old.member_id FOR NO KEY UPDATE OF old
    ),
    updated AS (
        UPDATE members_standing old SET as_of = %(now)s, {assignments}
          FROM changed JOIN locked USING (member_id) WHERE {old_who} AND old.member_id = changed.member_id
        RETURNING old.member_id
    ),
    inserted AS (
        INSERT INTO members_standing (member_id, as_of, {names})
        SELECT member_id, %(now)s, {names} FROM changed WHERE seen IS NULL ORDER BY member_id
        ON CONFLICT DO NOTHING RETURNING member_id
    ),
    moved AS (
        INSERT INTO members_tiermove (member_id, moved_at, before, after)
        SELECT member_id, %(now)s, tier_before, tier FROM changed JOIN updated USING (member_id)
         WHERE tier IS DISTINCT FROM tier_before
    ),
    told AS ({news})
    SELECT (SELECT count(*) FROM updated) + (SELECT count(*) FROM inserted),
           (SELECT array_agg(DISTINCT shard) FROM told)
"""


def place_some(members: Sql, cutoffs: Cutoffs, policy: StandingPolicy, now: datetime) -> int:
    """Place the members whom a SELECT of one column yields; return how many rows were written.

    News of topic `standing` goes to everybody whose standing changed in any way.
    """
    given = members.prefixed("given_")
    statement = _statement("{} IN (SELECT * FROM given)", given.text, now, told="changed")
    return _written(statement, given.params, cutoffs, policy)


def place_range(some: Range, cutoffs: Cutoffs, policy: StandingPolicy, now: datetime) -> int:
    """Place the members of a range; return how many rows were written.

    News of topic `standing` goes to those whose tier, class, churn or points changed.
    """
    statement = _statement("{} BETWEEN %(first)s AND %(last)s", "SELECT", now, told="changed WHERE told")
    return _written(statement, some._asdict(), cutoffs, policy)


def _written(statement: Sql, whom: Mapping[str, Any], cutoffs: Cutoffs, policy: StandingPolicy) -> int:
    [(written, shards)] = rows(statement.text, {**statement.params, **whom, **cutoffs, **churn.thresholds(policy)})
    news.announce(shards)
    return int(written)


def _statement(whom: str, given: str, now: datetime, told: str) -> Sql:
    """`whom` is a condition on a column of member ids, which it has as `{}`; it may read the relation `given`.

    It is repeated for each table, so that a range becomes a range of each table's index.
    """
    of_whom = "AND " + whom.format("member_id")
    purchases, balances = bought(now, of_whom), points.balances(now, of_whom)
    text = PLACE.format(
        given=given,
        who=whom.format("id"),
        old_who=whom.format("old.member_id"),
        bought=purchases.text,
        balances=balances.text,
        scores=", ".join(f"{rfm.placed(name)} AS {name}" for name in rfm.DRAWN_FROM),
        placed=", ".join(f"{expression} AS {name}" for name, expression in COLUMNS.items()),
        old=_listed("old", COLUMNS),
        new=_listed("placed", COLUMNS),
        told_old=_listed("old", TOLD),
        told_new=_listed("placed", TOLD),
        assignments=", ".join(f"{name} = changed.{name}" for name in COLUMNS),
        names=", ".join(COLUMNS),
        news=news.insertion(f"SELECT member_id, 'standing' AS topic, '' AS reference, %(now)s AS since FROM {told}"),
    )
    return Sql(text, {**purchases.params, **balances.params})


def _listed(alias: str, names: dict[str, str] | tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
