"""Points: the balance, what expires next, and the booking of what has expired.

Points are earned in lots, each of which may expire. What is spent is taken from the lots that have not expired by then,
in the order in which they expire, those that never expire last, whenever they were earned: first-expiring-first. So of
lots l1, l2, … in that order, what was lost by the expiry of l_i is the most that l1 + … + l_j exceeded what had been
spent before the expiry of l_j, for any j up to i, at least nothing; and what is left of a lot that lives on is
l1 + … + l_i less all that was spent and lost, at least nothing and at most l_i.

Entries of kind `expired` that come from elsewhere tell of a loss, the same one where the lots have a time to expire:
the higher of the two counts. Those that are booked here only write down what follows anyway, and count nowhere: so
booking changes nobody's standing, and a purchase that is told of late finds the points that it was paid with.
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

# Each entry with what was lost of it and what is left of it: nothing but for earned lots. Lots stand at their expiry
# among what was spent, so that one order serves all sums; at the very instant of expiry a lot is gone already. Time of
# earning and id only make the order total.
LOTS = f"""
    SELECT member_id, entry_id, kind, points, expires_at,
           greatest(lost, told) - greatest(lost_before, told) AS expired,
           spent + greatest(all_lost, told) AS gone,
           CASE WHEN kind = 'earned' AND NOT past
                THEN greatest(0, least(points, upto - spent - greatest(all_lost, told))) ELSE 0 END AS remaining
      FROM (SELECT ran.*,
                   max(upto - spent_before) FILTER (WHERE past) OVER so_far AS lost,
                   max(upto - spent_before) FILTER (WHERE past)
                       OVER (so_far ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS lost_before,
                   max(upto - spent_before) FILTER (WHERE past) OVER of_member AS all_lost,
                   -coalesce(sum(points) FILTER (WHERE kind = 'spent') OVER of_member, 0) AS spent,
                   -coalesce(sum(points) FILTER (WHERE kind = 'expired') OVER of_member, 0) AS told
              FROM (SELECT entry.*,
                           sum(points) FILTER (WHERE kind = 'earned') OVER so_far AS upto,
                           -coalesce(sum(points) FILTER (WHERE taken) OVER so_far, 0) AS spent_before
                      FROM (SELECT member_id, id AS entry_id, kind, points, expires_at, happened_at,
                                   kind = 'spent' AS taken,
                                   kind = 'earned' AND coalesce(expires_at <= %(now)s, false) AS past,
                                   CASE WHEN kind = 'earned' THEN coalesce(expires_at, 'infinity')
                                        ELSE happened_at END AS placed
                              FROM members_pointsentry
                             WHERE happened_at <= %(now)s AND NOT (kind = 'expired' AND source = '{SOURCE}')
                                   {{of_whom}}) AS entry
                    WINDOW so_far AS (PARTITION BY member_id ORDER BY placed, taken, happened_at, entry_id)) AS ran
            WINDOW so_far AS (PARTITION BY member_id ORDER BY placed, taken, happened_at, entry_id),
                   of_member AS (PARTITION BY member_id)) AS lot
"""

# A row for each member with entries. The inner query knows the next expiry, the outer one adds up what goes then.
BALANCES = """
    SELECT member_id,
           coalesce(sum(points) FILTER (WHERE kind = 'earned'), 0) - max(gone) AS points,
           coalesce(sum(remaining) FILTER (WHERE expires_at = next_at), 0) AS points_expiring,
           max(next_at) AS points_expire_at
      FROM (SELECT lot.*, min(expires_at) FILTER (WHERE remaining > 0) OVER (PARTITION BY member_id) AS next_at
              FROM ({lots}) AS lot) AS lot
     GROUP BY member_id
"""

# What was lost and is not booked yet.
DUE = f"""
    SELECT lot.member_id, lot.expires_at, concat_ws(':', 'expired', lot.entry_id, coalesce(booked, 0)),
           (lot.expired - coalesce(booked, 0))::int
      FROM ({LOTS.format(of_whom="AND member_id BETWEEN %(first)s AND %(last)s")}) AS lot
      LEFT JOIN (SELECT split_part(key, ':', 2) AS entry, -sum(points) AS booked
                   FROM members_pointsentry
                  WHERE kind = 'expired' AND source = '{SOURCE}' AND member_id BETWEEN %(first)s AND %(last)s
                  GROUP BY split_part(key, ':', 2)) AS booking ON booking.entry = lot.entry_id::text
     WHERE lot.expired > coalesce(booked, 0)
     ORDER BY lot.member_id, lot.expires_at, lot.entry_id
"""


def balances(now: datetime, of_whom: str = "") -> Sql:
    """Return the relation (member_id, points, points_expiring, points_expire_at) as of `now`.

    `of_whom` narrows it to some members: a further condition on `member_id`, beginning with AND.
    """
    return Sql(BALANCES.format(lots=LOTS.format(of_whom=of_whom)), {"now": now})


def expiring(now: datetime, until: datetime, of_whom: str = "") -> Sql:
    """Return the relation (member_id, points): what is lost after `now` and up to `until` if nothing is spent."""
    text = f"""
        SELECT member_id, sum(remaining) AS points
          FROM ({LOTS.format(of_whom=of_whom)}) AS lot
         WHERE remaining > 0 AND expires_at <= %(until)s
         GROUP BY member_id
    """
    return Sql(text, {"now": now, "until": until})


def expire(now: datetime) -> int:
    """Book what is left of lots past their time as expired, at the time when it expired; return how many were booked.

    Safe to repeat and to overlap: bookings wait for each other, and a booking's key names the lot and what was booked
    of it before, so it lands once.
    """
    return sum(_expire(some, now) for some in everybody())


@transaction.atomic
def _expire(some: Range, now: datetime) -> int:
    # A statement of its own: only what starts after it sees what the last holder committed.
    execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": LOCK})
    due = rows(DUE, {"now": now, **some._asdict()})
    bookings = (
        PointsFact(member, expires_at, SOURCE, key, PointsKind.EXPIRED, -lost) for member, expires_at, key, lost in due
    )
    return facts.record(bookings, now).new
