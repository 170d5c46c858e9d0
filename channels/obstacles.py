"""What keeps a queued message from leaving, as SQL conditions over its row; asked when it is claimed and once more just
before it is handed over. All need `%(now)s`; `x` is the alias of channels_message."""

from __future__ import annotations

from channels.holds import held
from members import consent, news

# A state that lasts for seconds is missing from the planner's statistics. It would take an index on the state for the
# shortest way to a handful of ids and read all of it; as an expression the state is no way at all.
STATE = "(x.state || '')"
# The member may have bought, redeemed or left a second ago and the journey has not looked yet: its message waits for
# the tick. Messages that no journey sends do not.
NEWS_WAITS = f"(x.journey_id IS NOT NULL AND {news.exists_unread('x', 'member_id')})"
HELD = held("x")
GRANT_OVER = """(x.grant_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM content_grant g
    WHERE g.id = x.grant_id AND g.state = 'live' AND g.validity @> %(now)s::timestamptz
))"""
SUPPRESSED = consent.suppressed("x.channel", "x.address")
NOT_ALLOWED = f"NOT {consent.allowed('x.member_id', 'x.channel', 'x.purpose')}"

# The reason to cancel the message, `waits` when it must only wait, or an empty text.
VERDICT = f"""CASE
    WHEN x.expires_at <= %(now)s THEN 'expired'
    WHEN {GRANT_OVER} THEN 'grant_closed'
    WHEN {SUPPRESSED} THEN 'suppressed'
    WHEN {NOT_ALLOWED} THEN 'no_consent'
    WHEN {HELD} OR {NEWS_WAITS} THEN 'waits'
    ELSE '' END"""
