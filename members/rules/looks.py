"""Looks: where the value is found that a leaf asks about. One look serves a set of members and a single one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from members import zones
from members.sql import Sql

WHATEVER = Sql("true")


@dataclass(frozen=True)
class Asked:
    """When a rule is asked: as of `now`, and about what happened after `since`, SQL over the statement around it."""

    now: datetime
    since: str = ""

    def window(self, column: str, within_days: int | None = None, **params: Any) -> Sql:
        """Return the condition that an instant lies in the days before now, now included, and after `since`.

        `params` are added to the parameters, for conditions that the caller appends.
        """
        text = f"{column} <= %(now)s"
        if within_days is not None:
            text += f" AND {column} > %(after)s"
            params["after"] = self.now - timedelta(days=within_days)
        if self.since:
            text += f" AND {column} > {self.since}"
        return Sql(text, {**params, "now": self.now})


@dataclass(frozen=True)
class Look:
    """A query of at most one row for a member, taken apart so that it can be asked for all members or for one.

    `value` is an expression over `tables` or, without tables, over `m`, the member's row. `member` is the column of
    `tables` with the member's id. With `grouped`, `value` aggregates the member's rows. With `counts`, members without
    a value have 0. Aliases in `tables` are whole words, since `since` may speak of short ones in the statement around
    it; and `m` must not be used outside of a subquery of its own. Parameters of `tables` and `where` share their names.
    """

    value: Sql
    tables: Sql | None = None
    member: str = ""
    where: Sql = WHATEVER
    grouped: bool = False
    counts: bool = False


def days_ago(instant: str) -> str:
    """Return whole days of 24 hours between an instant (SQL) and `%(now)s`."""
    return f"floor(extract(epoch FROM %(now)s::timestamptz - {instant}) / 86400)"


def calendar(now: datetime) -> Sql:
    """Return a relation in parentheses (member_id, zone, local_date, birthday, joined_on, attributes).

    `zone` is the member's own, else the home store's, else the setting's; `local_date` is what calendars there show.
    """
    dates = zones.local_dates(now).prefixed("dates_")
    text = f"""(
        SELECT m.id AS member_id, here.zone, here.local_date, m.birthday, m.joined_on, m.attributes
        FROM members_member m {zones.MEMBER_ZONE_JOIN} JOIN ({dates.text}) here ON here.zone = {zones.MEMBER_ZONE}
    )"""
    return Sql(text, {**dates.params, "default_zone": zones.DEFAULT})


def combined(text: str, **pieces: Sql) -> Sql:
    """Return `text` with `{name}` replaced by the pieces; their parameters must not clash."""
    params: Mapping[str, Any] = {name: value for piece in pieces.values() for name, value in piece.params.items()}
    return Sql(text.format(**{name: piece.text for name, piece in pieces.items()}), params)
