"""How many follow-ups a team can still take on today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from channels import quiet
from members import zones
from members.sql import rows
from members.vocabulary import Channel

# The lock on the team's row makes workers count one after another; it does not block those who only refer to the team.
_LOCK = """
SELECT t.id, t.daily_capacity, COALESCE(s.zone_id, ''), COALESCE(s.country, '')
FROM channels_team t LEFT JOIN members_store s ON s.id = t.store_id
WHERE t.id = ANY(%(teams)s) ORDER BY t.id FOR NO KEY UPDATE OF t
"""
# A statement of its own: it must see what the worker committed that held the lock before.
_COUNT = "SELECT count(*) FROM channels_followup WHERE team_id = %(team)s AND given_on = %(day)s"


@dataclass
class Day:
    """A team's day, in its zone: its capacity, how many follow-ups it has room for, and when the next day opens."""

    date: date
    capacity: int
    room: int
    next_opening: datetime

    def take(self) -> bool:
        """Use one place, if there is one."""
        self.room -= 1
        return self.room >= 0


def days(teams: Iterable[int], now: datetime) -> dict[int, Day]:
    """Return the day of each team that exists, locked until the transaction ends."""
    locked = rows(_LOCK, {"teams": sorted(teams)})
    return {team: _day(team, capacity, zone or zones.DEFAULT, country, now) for team, capacity, zone, country in locked}


def _day(team: int, capacity: int, zone_name: str, country: str, now: datetime) -> Day:
    zone, opens = zones.zone(zone_name), quiet.opening(Channel.DESK, zone_name, country)
    today = now.astimezone(zone).date()
    [(given,)] = rows(_COUNT, {"team": team, "day": today})
    tomorrow: Any = zones.first_instant(zone, today + timedelta(days=1), time.min)
    return Day(today, capacity, capacity - given, zones.next_local(zone, tomorrow, opens))
