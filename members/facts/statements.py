"""The statements that store a batch of facts. Each is one statement: ledger, facts and news stand or fall together."""

from members import news

# `staged` yields the batch. Members are found by scalar subqueries: a join was planned as a scan of all members.
# `ledger` inserts in the order of its key, so that two loaders of one file wait for each other and never deadlock;
# its unique constraint decides which facts are new. `DISTINCT ON` drops repeats within the batch. Facts go in by
# member, side by side in the index.
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
        ORDER BY found
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

# Positions of facts whose key is known with other contents, or of another member. The ledger leads to the member, whose
# facts are few; there is no index on a fact's key. A fact whose month was dropped is known by the ledger alone, and
# nothing says that it was another one. Scalar subqueries again, for the same reason.
DIFFERING = """
    SELECT position
    FROM (
        SELECT staged.*, (
            SELECT ledger.member_id FROM members_factkey ledger
            WHERE (ledger.source, ledger.key, ledger.kind) = (staged.source, staged.key, '{fact}')
        ) AS holder,
        COALESCE(
            staged.member_id, (SELECT m.id FROM members_member m WHERE m.external_id = staged.external_id)
        ) AS meant
        FROM ({staged}) staged
    ) known
    WHERE holder <> meant OR holder IS NOT NULL AND (
        SELECT {same} FROM {table} stored
        WHERE stored.member_id = holder AND (stored.source, stored.key) = (known.source, known.key)
        LIMIT 1
    ) IS FALSE
"""


def news_of(topic: str) -> str:
    """Return the INSERT of the news of `stored`; `topic` is an SQL expression."""
    return news.insertion(
        f"SELECT member_id, {topic} AS topic, id::text AS reference, happened_at AS since FROM stored"
    )
