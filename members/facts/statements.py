"""The statements that store a batch of facts. Each is one statement: ledger, facts and news stand or fall together."""

from members import news

# `staged` yields the batch. Members are found by scalar subqueries: a join was planned as a scan of all members.
# `ledger` inserts in the order of its key, so that two loaders of one file wait for each other and never deadlock;
# its unique constraint decides which facts are new. `DISTINCT ON` drops repeats within the batch.
RECORD = """
    WITH staged AS MATERIALIZED ({staged}),
    known AS MATERIALIZED (
        SELECT staged.*,
            CASE WHEN staged.member_id IS NULL
                THEN (SELECT m.id FROM members_member m WHERE m.external_id = staged.external_id)
                ELSE (SELECT m.id FROM members_member m WHERE m.id = staged.member_id)
            END AS found
        FROM staged
    ),
    first AS MATERIALIZED (
        SELECT DISTINCT ON (source, key) * FROM known WHERE found IS NOT NULL ORDER BY source, key, position
    ),
    ledger AS (
        INSERT INTO members_factkey (kind, source, key, member_id, recorded_at)
        SELECT %(fact)s, source, key, found, %(now)s FROM first ORDER BY source, key
        ON CONFLICT (source, key, kind) DO NOTHING
        RETURNING source, key
    ),
    stored AS (
        INSERT INTO {table} (member_id, happened_at, recorded_at, source, key, {columns})
        SELECT found, happened_at, %(now)s, source, key, {columns} FROM first JOIN ledger USING (source, key)
        RETURNING *
    ),
    {lines}
    told AS ({news})
    SELECT (SELECT count(*) FROM stored),
           (SELECT array_agg(position) FROM known WHERE found IS NULL),
           (SELECT array_agg(DISTINCT shard) FROM told)
"""

LINES = """
    lines AS (
        INSERT INTO members_purchaseline (purchase_id, member_id, sku, category, quantity, unit_price)
        SELECT stored.id, stored.member_id, given.sku, given.category, given.quantity, given.unit_price
        FROM stored JOIN first USING (source, key) JOIN ({lines}) given USING (position)
    ),
"""

# Positions of purchases whose key is known with other contents. The ledger leads to the member, whose purchases are
# few; there is no index on a purchase's key.
DIFFERING = """
    SELECT staged.position
    FROM ({staged}) staged JOIN members_factkey ledger
        ON (ledger.source, ledger.key, ledger.kind) = (staged.source, staged.key, 'purchase')
    WHERE NOT EXISTS (
        SELECT FROM members_purchase p
        WHERE p.member_id = ledger.member_id AND (p.source, p.key) = (staged.source, staged.key)
          AND (p.currency, p.total, p.quantity) = (staged.currency, staged.total, staged.quantity)
    )
    AND EXISTS (SELECT FROM members_member m WHERE staged.member_id = m.id OR staged.external_id = m.external_id)
"""


def news_of(topic: str) -> str:
    """Return the INSERT of the news of `stored`; `topic` is an SQL expression."""
    return news.insertion(
        f"SELECT member_id, {topic} AS topic, id::text AS reference, happened_at AS since FROM stored"
    )
