"""What a member's purchases add up to, as of a time: the ground on which tier, RFM and churn stand."""

from datetime import datetime

from django.conf import settings

from members.sql import Sql

# One row for each member who bought or returned something by `now`. One pass over the purchases serves tier, RFM and
# churn alike. OFFSET 0 has them read first and sorted then: walking the index (member, happened_at) instead, which the
# planner prefers for its order, was measured to take three times as long over everybody.
#
# - A purchase with a positive quantity counts as one; a return (negative quantity) counts in money only.
# - `spend` is the money of the trailing twelve months, `worth` that of all time, returns taken off, both in the house
#   currency alone: money in other currencies is not converted here, so it counts as a purchase and not as spend.
# - `typical_gap` is the median of the gaps between a purchase and the one before, in days. Purchases less than a day
#   after the one before belong to the same visit and make no gap: a second basket is no habit of buying every hour.
BOUGHT = """
    SELECT member_id,
           max(happened_at) FILTER (WHERE quantity > 0) AS last_purchase_at,
           count(*) FILTER (WHERE quantity > 0) AS purchases,
           coalesce(sum(total) FILTER (WHERE currency = %(currency)s), 0) AS worth,
           coalesce(sum(total) FILTER (WHERE currency = %(currency)s AND happened_at > %(year_ago)s), 0) AS spend,
           round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM gap)::float8)
                  FILTER (WHERE gap >= interval '1 day') / 86400)::numeric, 2) AS typical_gap
      FROM (SELECT member_id, happened_at, quantity, total, currency,
                   CASE WHEN quantity > 0 THEN happened_at - lag(happened_at)
                        OVER (PARTITION BY member_id, quantity > 0 ORDER BY happened_at) END AS gap
              FROM (SELECT member_id, happened_at, quantity, total, currency FROM members_purchase
                     WHERE happened_at <= %(now)s {of_whom} OFFSET 0) AS read) AS purchase
     GROUP BY member_id
"""


def year_before(now: datetime) -> datetime:
    """Return the same instant a calendar year earlier; 28 February stands in for a 29th that is not there."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - 1, day=day)


def bought(now: datetime, of_whom: str = "") -> Sql:
    """Return the relation (member_id, last_purchase_at, purchases, worth, spend, typical_gap) as of `now`.

    `of_whom` narrows it to some members: a further condition on `member_id`, beginning with AND.
    """
    params = {"now": now, "year_ago": year_before(now), "currency": settings.CHORALE_CURRENCY}
    return Sql(BOUGHT.format(of_whom=of_whom), params)
