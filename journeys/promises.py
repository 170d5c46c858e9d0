"""What always holds: each promise is a query that finds what breaks it, and nothing where it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A promise by name, what it says, and the query of what breaks it."""

    name: str
    promise: str
    query: str


# Each query finds the rows that break a promise.
CHECKS = (
    Check(
        "message_once",
        "No two messages have one key.",
        """
        SELECT 1 FROM channels_message GROUP BY member_id, origin_kind, origin_id, step_key, visit HAVING
        count(*) > 1
        """,
    ),
    Check(
        "told_once",
        "No message is told twice in a member's history.",
        """
        SELECT 1 FROM members_touchpoint WHERE message_id IS NOT NULL AND kind IN ('message', 'follow_up')
        GROUP BY message_id HAVING count(*) > 1
        """,
    ),
    Check(
        "told_at_all",
        "Every message that left stands in the member's history.",
        """
        SELECT 1 FROM channels_message x WHERE state IN ('sent', 'delivered') AND {to_member} AND
        COALESCE(sent_at, %(now)s) >= %(told_since)s AND
        NOT EXISTS (SELECT 1 FROM members_touchpoint t WHERE t.message_id = x.id)
        """,
    ),
    Check(
        "no_contact",
        "What members never saw, such as a test, stands in no member's history.",
        """
        SELECT 1 FROM members_touchpoint t JOIN channels_message x ON x.id = t.message_id WHERE NOT {to_member}
        """,
    ),
    Check(
        "consent",
        "No message left without the member's consent at that time.",
        """
        SELECT 1 FROM channels_message x WHERE state IN {left} AND handed_at IS NOT NULL AND NOT ({allowed})
        OR state IN ('handed', 'sent', 'delivered') AND handed_at IS NULL
        """,
    ),
    Check(
        "suppression",
        "No message left for an address that was suppressed before.",
        """
        SELECT 1 FROM channels_message x JOIN members_suppression p ON p.channel = x.channel AND p.address =
        x.address WHERE x.state IN {left} AND x.handed_at > p.since + %(grace)s
        """,
    ),
    Check(
        "one_voice",
        "A member has at most one live grant a slot.",
        """
        SELECT 1 FROM content_grant a JOIN content_grant b ON b.member_id = a.member_id AND b.slot = a.slot
        AND b.id > a.id AND b.state = 'live' AND b.validity && a.validity WHERE a.state = 'live'
        """,
    ),
    Check(
        "one_price",
        "The price in every message, touchpoint and redemption is that of the member's grant.",
        """
        SELECT 1 FROM content_grant g RIGHT JOIN (SELECT grant_id, member_id, price, currency FROM
        channels_message WHERE grant_id IS NOT NULL UNION ALL SELECT grant_id, member_id, price, currency
        FROM members_touchpoint WHERE grant_id IS NOT NULL AND price IS NOT NULL UNION ALL SELECT grant_id,
        member_id, price, currency FROM content_redemption) said ON said.grant_id = g.id WHERE
        (said.member_id, said.price, said.currency) IS DISTINCT FROM (g.member_id, g.price, g.currency)
        """,
    ),
    Check(
        "redeemed_once",
        "Every redeemed grant has its one redemption that stands, within its validity.",
        """
        SELECT 1 FROM content_grant g FULL JOIN (SELECT * FROM content_redemption WHERE undone_at IS NULL) r
        ON r.grant_id = g.id WHERE (g.state = 'redeemed') IS DISTINCT FROM (r.id IS NOT NULL) OR r.id IS NOT
        NULL AND NOT g.validity @> r.happened_at
        """,
    ),
    Check(
        "silence",
        "Nothing about a grant left after it was closed or over.",
        """
        SELECT 1 FROM channels_message x JOIN content_grant g ON g.id = x.grant_id WHERE x.state IN {left}
        AND x.handed_at > LEAST(g.closed_at, upper(g.validity)) + %(grace)s
        """,
    ),
    Check(
        "hand_offs",
        "No store waits for a member about an offer that has ended.",
        """
        SELECT 1 FROM channels_handoff h JOIN content_grant g ON g.id = h.grant_id WHERE h.state = 'agreed'
        AND g.state <> 'live'
        """,
    ),
    Check(
        "enrolled_once",
        "A member is under way in a journey once for each entry key.",
        """
        SELECT 1 FROM journeys_enrollment WHERE ended_at IS NULL GROUP BY journey_id, member_id, entry_key
        HAVING count(*) > 1
        """,
    ),
    Check(
        "at_a_step",
        "Every enrollment stands at a step of its own version, and the version is of its journey.",
        """
        SELECT 1 FROM journeys_enrollment e JOIN journeys_version v ON v.id = e.version_id LEFT JOIN
        journeys_step s ON s.id = e.step_id WHERE v.journey_id <> e.journey_id OR e.state = 'live' AND
        s.version_id IS DISTINCT FROM e.version_id
        """,
    ),
    Check(
        "refers_to",
        "Whatever an enrollment or a message refers to is there.",
        """
        SELECT 1 FROM journeys_enrollment e LEFT JOIN journeys_journey j ON j.id = e.journey_id LEFT JOIN
        journeys_version v ON v.id = e.version_id LEFT JOIN journeys_step s ON s.id = e.step_id WHERE j.id IS
        NULL OR v.id IS NULL OR e.step_id IS NOT NULL AND s.id IS NULL UNION ALL SELECT 1 FROM
        channels_message x LEFT JOIN channels_sender r ON r.id = x.sender_id LEFT JOIN content_content c ON
        c.id = x.content_id WHERE r.id IS NULL OR x.content_id IS NOT NULL AND c.id IS NULL
        """,
    ),
    Check(
        "end_has_reason",
        "Every end of an enrollment has a reason.",
        """
        SELECT 1 FROM journeys_enrollment WHERE (state = 'ended') IS DISTINCT FROM (ended_at IS NOT NULL) OR
        state = 'ended' AND end_reason = ''
        """,
    ),
    Check(
        "no_has_reason",
        "Every refused, failed, cancelled or unconfirmed message has a reason, and so has every no in the trace.",
        """
        SELECT 1 FROM channels_message WHERE state IN ('refused', 'failed', 'unconfirmed', 'cancelled') AND
        reason = '' UNION ALL SELECT 1 FROM journeys_trace WHERE outcome IN ('not_entered', 'not_sent',
        'not_granted') AND reason = ''
        """,
    ),
    Check(
        "origin",
        "Every message of a journey belongs to an enrollment of its member there.",
        """
        SELECT 1 FROM channels_message x LEFT JOIN journeys_enrollment e ON e.id = x.origin_id AND
        e.member_id = x.member_id AND e.journey_id = x.journey_id WHERE x.origin_kind = 'enrollment' AND
        e.id IS NULL
        """,
    ),
    Check(
        "holdout",
        "Nobody who was held out got a message of the journey.",
        """
        SELECT 1 FROM journeys_enrollment e JOIN channels_message x ON x.member_id = e.member_id AND
        x.origin_kind = 'enrollment' AND x.origin_id = e.id WHERE e.held_out
        """,
    ),
    Check(
        "held",
        "Nothing left that a hold keeps back, while it was held.",
        """
        SELECT 1 FROM channels_message x WHERE x.state IN {left} AND {held}
        """,
    ),
    Check(
        "pressure",
        "No member got more messages in a window than a contact pressure policy that held for them allows.",
        """
        SELECT 1 FROM (SELECT x.planned_at, p.days, lag(x.planned_at, p.messages) OVER (PARTITION BY p.id,
        x.member_id ORDER BY x.planned_at) AS earlier FROM channels_pressurepolicy p JOIN channels_message x
        ON {counts} AND x.state = ANY(%(live)s) AND (p.since IS NULL OR x.queued_at > p.since + %(grace)s)
        LEFT JOIN members_membership held ON held.segment_id = p.segment_id AND held.member_id = x.member_id
        WHERE p.active AND (p.segment_id IS NULL OR held.since <= x.queued_at)) spaced WHERE earlier >
        planned_at - days * interval '1 day'
        """,
    ),
    Check(
        "lease",
        "No message is stuck in a lease that is over.",
        """
        SELECT 1 FROM channels_message WHERE state IN ('claimed', 'handed') AND (lease_until < %(stuck)s OR
        lease_until IS NULL)
        """,
    ),
    Check(
        "deadline",
        "No message waits beyond its deadline.",
        """
        SELECT 1 FROM channels_message WHERE state = 'queued' AND expires_at < %(stuck)s
        """,
    ),
    Check(
        "tick",
        "No news and nobody due waits for a tick that does not come, and nobody is left in a stopped journey.",
        """
        SELECT 1 FROM members_news WHERE recorded_at < %(stuck)s UNION ALL SELECT 1 FROM journeys_enrollment
        e JOIN journeys_journey j ON j.id = e.journey_id WHERE e.state = 'live' AND j.state = 'live' AND
        e.due_at < %(stuck)s AND NOT EXISTS (SELECT FROM journeys_breakerhold b WHERE b.journey_id = j.id AND
        (b.released_at IS NULL OR b.released_at >= %(stuck)s)) UNION ALL SELECT 1 FROM journeys_enrollment e
        JOIN journeys_journey j ON j.id = e.journey_id WHERE e.ended_at IS NULL AND j.state = 'stopped' AND
        NOT EXISTS (SELECT FROM channels_hold h WHERE h.scope = 'journey' AND h.scope_id = j.id::text AND
        h.since >= %(stuck)s)
        """,
    ),
    Check(
        "counts",
        "What the counts say of who stands at a step is what the enrollments say.",
        """
        SELECT 1 FROM (SELECT journey_id, step_key, sum(count) FILTER (WHERE outcome = 'arrived') AS
        arrived, sum(count) FILTER (WHERE outcome = 'left') AS gone FROM journeys_stepcount WHERE step_key
        <> '' GROUP BY journey_id, step_key) counted FULL JOIN (SELECT e.journey_id, s.key AS step_key,
        count(*) AS standing FROM journeys_enrollment e JOIN journeys_step s ON s.id = e.step_id WHERE
        e.state = 'live' GROUP BY e.journey_id, s.key) found USING (journey_id, step_key) WHERE
        COALESCE(arrived, 0) - COALESCE(gone, 0) <> COALESCE(standing, 0)
        """,
    ),
)
