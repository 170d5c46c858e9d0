"""What members allow: decisions are appended, the latest as of a time holds; suppressed addresses are never used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from members import news
from members.models import Consent, Member
from members.sql import Sql, rows
from members.staging import given
from members.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class Decision:
    """A member agreed to, or withdrew from, one purpose on one channel; `source` says where, `wording` to what."""

    member_id: int
    channel: str
    purpose: str
    granted: bool
    happened_at: datetime
    source: str
    wording: str = ""


_COLUMNS = {
    "member_id": "bigint",
    "channel": "text",
    "purpose": "text",
    "granted": "boolean",
    "happened_at": "timestamptz",
    "source": "text",
    "wording": "text",
}

# Appends what `decisions` yields (the columns of a Decision) and writes news of topic `consent`.
_APPEND = """
    WITH decided AS ({decisions}),
    appended AS (
        INSERT INTO members_consent (member_id, channel, purpose, granted, happened_at, recorded_at, source, wording)
        SELECT member_id, channel, purpose, granted, happened_at, %(now)s, source, wording FROM decided
        RETURNING member_id, happened_at
    ),
    told AS ({news})
    SELECT (SELECT count(*) FROM appended), (SELECT array_agg(DISTINCT shard) FROM told)
"""
_NEWS = news.insertion(
    "SELECT member_id, 'consent'::text AS topic, ''::text AS reference, max(happened_at) AS since"
    " FROM appended GROUP BY member_id"
)


def record(decisions: Iterable[Decision], now: datetime) -> int:
    """Append decisions and return how many."""
    values = [tuple(getattr(decision, column) for column in _COLUMNS) for decision in decisions]
    return append(given(_COLUMNS, values), now) if values else 0


def append(decisions: Sql, now: datetime) -> int:
    """Append the decisions that a SELECT of `Decision`'s columns yields, by set. Returns how many."""
    given = decisions.prefixed("given_")
    text = _APPEND.format(decisions=given.text, news=_NEWS)
    [(count, shards)] = rows(text, {**given.params, "now": now})
    news.announce(shards)
    return int(count)


# Of two clicks at the same moment the one that comes second may have read its clock first.
_SAID_AT_ONCE = "%(at)s::timestamptz + interval '5 seconds'"


def withdraw(
    members: Sql, channels: Iterable[str], purposes: Iterable[str], now: datetime, *, source: str, wording: str = ""
) -> int:
    """Append a withdrawal for every member (a SELECT of `member_id`), channel and purpose that is not withdrawn yet.

    Returns how many were appended: saying it twice changes nothing.
    """
    given = members.prefixed("given_")
    text = f"""
        SELECT w.member_id, w.channel, w.purpose, false AS granted, %(at)s::timestamptz AS happened_at,
               %(source)s::text AS source, %(wording)s::text AS wording
        FROM (
            SELECT DISTINCT given.member_id, channel, purpose
            FROM ({given.text}) given, unnest(%(channels)s::text[]) channel, unnest(%(purposes)s::text[]) purpose
        ) w
        WHERE {latest("w.member_id", "w.channel", "w.purpose", at=_SAID_AT_ONCE)} IS DISTINCT FROM false
    """
    chosen = {"channels": list(channels), "purposes": list(purposes), "source": source, "wording": wording, "at": now}
    return append(Sql(text, {**given.params, **chosen}), now)


def in_force(member: Member, now: datetime) -> QuerySet[Consent]:
    """Return the decisions that hold at `now`: the latest for each channel and purpose."""
    made = Consent.objects.filter(member=member, happened_at__lte=now)
    return made.order_by("channel", "purpose", "-happened_at", "-id").distinct("channel", "purpose")


def latest(member: str, channel: str, purpose: str, at: str = "%(now)s") -> str:
    """Return a scalar subquery: whether the latest decision as of `at` granted it, NULL where there is none.

    The arguments are SQL expressions, such as `m.id`, `c.channel`, `'email'` or `%(purpose)s`. It reads one entry of
    the index consent_latest for a member.
    """
    return (
        f"(SELECT latest.granted FROM members_consent latest WHERE latest.member_id = {member}"
        f" AND latest.channel = {channel} AND latest.purpose = {purpose} AND latest.happened_at <= {at}"
        " ORDER BY latest.happened_at DESC, latest.id DESC LIMIT 1)"
    )


def allowed(member: str, channel: str, purpose: str) -> str:
    """Return a condition, with `%(now)s`: the member may be contacted on the channel for the purpose.

    Promotional messages by e-mail, SMS and chat need a grant. Service messages, and promotional ones by people (desk,
    counter), need none and honour a withdrawal. Transactional ones are always allowed. The arguments are SQL
    expressions, as in `latest`.
    """
    default = f"({purpose} = '{Purpose.SERVICE}' OR {channel} IN ('desk', 'counter'))"
    return f"({purpose} = '{Purpose.TRANSACTIONAL}' OR COALESCE({latest(member, channel, purpose)}, {default}))"


def suppressed(channel: str, address: str) -> str:
    """Return a condition: the address is suppressed. The arguments are SQL expressions."""
    return (
        f"EXISTS (SELECT FROM members_suppression never WHERE never.channel = {channel} AND never.address = {address})"
    )


def suppress(channel: str, address: str, reason: str, now: datetime) -> bool:
    """Never use an address (in its stored form) again. Returns whether that is new; the first reason stays.

    Writes news of topic `consent` for the members who have the address.
    """
    text = f"""
        WITH added AS (
            INSERT INTO members_suppression (channel, address, reason, since)
            VALUES (%(channel)s, %(address)s, %(reason)s, %(now)s) ON CONFLICT DO NOTHING RETURNING channel, address
        ),
        told AS ({news.insertion(_HOLDERS.format(changed="added"))})
        SELECT (SELECT count(*) FROM added), (SELECT array_agg(DISTINCT shard) FROM told)
    """
    return _settle(text, {"channel": channel, "address": address, "reason": reason[:200], "now": now})


def lift(channel: str, address: str, now: datetime) -> bool:
    """Let a suppressed address be used again. Returns whether it was suppressed."""
    text = f"""
        WITH lifted AS (
            DELETE FROM members_suppression WHERE channel = %(channel)s AND address = %(address)s
            RETURNING channel, address
        ),
        told AS ({news.insertion(_HOLDERS.format(changed="lifted"))})
        SELECT (SELECT count(*) FROM lifted), (SELECT array_agg(DISTINCT shard) FROM told)
    """
    return _settle(text, {"channel": channel, "address": address, "now": now})


_HOLDERS = (
    "SELECT i.member_id, 'consent'::text AS topic, ''::text AS reference, %(now)s::timestamptz AS since"
    " FROM members_identity i JOIN {changed} USING (channel, address)"
)


def _settle(text: str, params: dict[str, object]) -> bool:
    [(count, shards)] = rows(text, params)
    news.announce(shards)
    return bool(count)
