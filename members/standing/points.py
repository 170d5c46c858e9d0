"""Points: the balance, what expires next, and the booking of what has expired.

Points are earned in lots, each of which may expire. What was spent or has expired is laid against the lots in the order
in which they expire, those that never expire last, whenever they were earned: consumed first-expiring-first. So of lots
l1, l2, … in that order and a consumption c, what is left of l_i is l1 + … + l_i - c, at least nothing and at most l_i.

The balance is the sum of all entries, less what is left of lots past their time: such points cannot be spent any more,
whether or not their expiry has been booked yet. So booking it changes nobody's standing.
"""

from datetime import datetime

from django.db import transaction

from members import facts
from members.facts import PointsFact
from members.sql import Sql, execute, rows
from members.standing.ranges import Range, everybody
from members.vocabulary import PointsKind

SOURCE = "chorale"
# The key of the advisory lock under which expiry is booked. Any constant that nobody else uses would do.
LOCK = 0x45_78_70_69

# Each entry with what is left of it: nothing but for earned lots. Spent and expired entries stand in the same
# partition: one pass reads the consumption and runs through the lots. Time of earning and id only make the order
# total.
LOTS = """
    SELECT member_id, entry_id, expires_at, points, consumed,
           CASE WHEN kind = 'earned' THEN greatest(0, least(points, upto - consumed)) ELSE 0 END AS remaining
      FROM (SELECT member_id, id AS entry_id, kind, expires_at, points,
                   sum(points) FILTER (WHERE kind = 'earned') OVER
                       (PARTITION BY member_id ORDER BY expires_at NULLS LAST, happened_at, id) AS upto,
                   -coalesce(sum(points) FILTER (WHERE kind <> 'earned') OVER (PARTITION BY member_id), 0) AS consumed
              FROM members_pointsentry
             WHERE happened_at <= %(now)s {of_whom}) AS entry
"""

# A row for each member with entries. The inner query knows the next expiry, the outer one adds up what goes then.
BALANCES = """
    SELECT member_id,
           sum(points) - coalesce(sum(remaining) FILTER (WHERE expires_at <= %(now)s), 0) AS points,
           coalesce(sum(remaining) FILTER (WHERE expires_at = next_at), 0) AS points_expiring,
           max(next_at) AS points_expire_at
      FROM (SELECT lot.*, min(expires_at) FILTER (WHERE remaining > 0 AND expires_at > %(now)s)
                          OVER (PARTITION BY member_id) AS next_at
              FROM ({lots}) AS lot) AS lot
     GROUP BY member_id
"""


def lots(now: datetime, of_whom: str = "") -> Sql:
    """Return the relation (member_id, entry_id, expires_at, points, consumed, remaining) of all entries as of `now`.

    Only earned lots have something remaining; `consumed` is what the member has spent and lost of all lots together.
    `of_whom` narrows it to some members: a further condition on `member_id`, beginning with AND.
    """
    return Sql(LOTS.format(of_whom=of_whom), {"now": now})


def balances(now: datetime, of_whom: str = "") -> Sql:
    """Return the relation (member_id, points, points_expiring, points_expire_at) as of `now`."""
    return Sql(BALANCES.format(lots=LOTS.format(of_whom=of_whom)), {"now": now})


def expiring(now: datetime, until: datetime, of_whom: str = "") -> Sql:
    """Return the relation (member_id, points): what is lost after `now` and up to `until` if nothing is spent."""
    text = f"""
        SELECT member_id, sum(remaining) AS points
          FROM ({LOTS.format(of_whom=of_whom)}) AS lot
         WHERE remaining > 0 AND expires_at > %(now)s AND expires_at <= %(until)s
         GROUP BY member_id
    """
    return Sql(text, {"now": now, "until": until})


def expire(now: datetime) -> int:
    """Book what is left of lots past their time as expired, at the time when it expired; return how many were booked.

    Safe to repeat and to overlap: bookings wait for each other, and a booking's key names the lot and what the member
    had consumed before it, so it lands once.
    """
    return sum(_expire(some, now) for some in everybody())


@transaction.atomic
def _expire(some: Range, now: datetime) -> int:
    # A statement of its own: only what starts after it sees what the last holder committed.
    execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": LOCK})
    past = Sql(LOTS.format(of_whom="AND member_id BETWEEN %(first)s AND %(last)s"), {"now": now, **some._asdict()})
    due = rows(
        f"""
        SELECT member_id, expires_at, 'expired:' || entry_id || ':' || consumed, remaining::int
          FROM ({past.text}) AS lot
         WHERE remaining > 0 AND expires_at <= %(now)s ORDER BY member_id, expires_at, entry_id
        """,
        past.params,
    )
    bookings = (
        PointsFact(member, expires_at, SOURCE, key, PointsKind.EXPIRED, -remaining)
        for member, expires_at, key, remaining in due
    )
    return facts.record(bookings, now).new
