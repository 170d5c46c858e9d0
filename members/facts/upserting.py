"""The three statements that upsert a batch of members, in this order and in one transaction."""

from members import consent, news

# Nobody decides later than it is told. LEAST passes over NULL.
_SAID_AT = "LEAST(given.happened_at, %(now)s::timestamptz)"
_NULLS = "ARRAY(SELECT part.key FROM jsonb_each({of}.attributes) part WHERE part.value = 'null')"

# Members that are new, with all that is said of them: nobody else knows of them before the end of the transaction, so
# that nothing needs to be locked or compared. Two loaders of one file insert in the same order: the second waits for
# the first and then finds its members. Members are looked up by a scalar subquery: a join was planned as a scan of all.
ADD = f"""
    WITH added AS (
        INSERT INTO members_member (public_id, external_id, first_name, last_name, birthday, joined_on, locale, zone_id,
                                    home_store_id, preferred_channel, attributes, recorded_at)
        SELECT gen_random_uuid(), external_id, COALESCE(first_name, ''), COALESCE(last_name, ''), birthday, joined_on,
               COALESCE(locale, 'en'), NULLIF(zone_id, ''), NULLIF(home_store_id, 0), COALESCE(preferred_channel, ''),
               attributes - {_NULLS.format(of="given")}, %(now)s
        FROM ({{members}}) given
        WHERE (SELECT true FROM members_member m WHERE m.external_id = given.external_id) IS NULL
        ORDER BY external_id
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id, external_id
    ),
    addressed AS (
        INSERT INTO members_identity (member_id, channel, address, verified, recorded_at)
        SELECT added.id, given.channel, given.address, COALESCE(given.verified, true), %(now)s
        FROM ({{identities}}) given JOIN added USING (external_id)
        ORDER BY added.id, given.channel
    ),
    tagged AS (
        INSERT INTO members_tag (member_id, name, since)
        SELECT added.id, given.name, %(now)s FROM ({{tags}}) given JOIN added USING (external_id)
        ORDER BY added.id, given.name
        RETURNING member_id
    ),
    said AS (
        INSERT INTO members_consent (member_id, channel, purpose, granted, happened_at, recorded_at, source, wording)
        SELECT added.id, given.channel, given.purpose, given.granted, {_SAID_AT}, %(now)s, given.source, given.wording
        FROM ({{consents}}) given JOIN added USING (external_id)
        ORDER BY added.id, given.place
        RETURNING member_id, happened_at
    ),
    happened AS (
        SELECT id AS member_id, 'profile' AS topic, %(now)s::timestamptz AS since FROM added
        UNION ALL SELECT DISTINCT member_id, 'tag', %(now)s FROM tagged
        UNION ALL SELECT member_id, 'consent', max(happened_at) FROM said GROUP BY member_id
    ),
    told AS ({news.insertion("SELECT member_id, topic, '' AS reference, since FROM happened")})
    SELECT (SELECT array_agg(external_id) FROM added), (SELECT array_agg(DISTINCT shard) FROM told)
"""

# The others, which `added` does not name. A statement of its own: what the next one reads (consents above all) must be
# what the former holder of the locks left. In the order of members, as everybody who changes many of them does, so that
# an import and a tick never deadlock.
LOCK = """
    SELECT m.id FROM ({members}) given JOIN members_member m ON m.external_id = given.external_id
    WHERE given.external_id <> ALL (%(added)s::text[])
    ORDER BY m.id FOR NO KEY UPDATE OF m
"""

# What each field of a known member becomes.
_FIELDS = {
    "first_name": "COALESCE(who.first_name, m.first_name)",
    "last_name": "COALESCE(who.last_name, m.last_name)",
    "birthday": "COALESCE(who.birthday, m.birthday)",
    "joined_on": "COALESCE(who.joined_on, m.joined_on)",
    "locale": "COALESCE(who.locale, m.locale)",
    "zone_id": "NULLIF(COALESCE(who.zone_id, m.zone_id), '')",
    "home_store_id": "NULLIF(COALESCE(who.home_store_id, m.home_store_id), 0)",
    "preferred_channel": "COALESCE(who.preferred_channel, m.preferred_channel)",
    "attributes": f"(m.attributes || who.attributes) - {_NULLS.format(of='who')}",
}
_NAMES, _VALUES = ", ".join(_FIELDS), ", ".join(_FIELDS.values())
_STORED = ", ".join(f"m.{name}" for name in _FIELDS)
_IN_FORCE = consent.latest("who.id", "given.channel", "given.purpose", at=_SAID_AT)

# Only what differs is written, so that the same file again changes nothing. Addresses are looked up by a scalar
# subquery: NOT EXISTS was planned as a scan of them all, or along the index of addresses, of which thousands of members
# may share a made-up one.
CHANGE = f"""
    WITH who AS MATERIALIZED (
        SELECT m.id, given.* FROM ({{members}}) given
        CROSS JOIN LATERAL (SELECT id FROM members_member WHERE external_id = given.external_id LIMIT 1) m
        WHERE given.external_id <> ALL (%(added)s::text[])
    ),
    updated AS (
        UPDATE members_member m SET ({_NAMES}) = ({_VALUES})
        FROM who
        WHERE m.id = who.id AND ({_STORED}) IS DISTINCT FROM ({_VALUES})
        RETURNING m.id
    ),
    addressed AS (
        INSERT INTO members_identity AS known (member_id, channel, address, verified, recorded_at)
        SELECT who.id, given.channel, given.address, COALESCE(given.verified, true), %(now)s
        FROM ({{identities}}) given JOIN who USING (external_id)
        WHERE (
            SELECT (stored.address, stored.verified) = (given.address, COALESCE(given.verified, stored.verified))
            FROM members_identity stored WHERE (stored.member_id, stored.channel) = (who.id, given.channel)
        ) IS NOT TRUE
        ORDER BY who.id, given.channel
        ON CONFLICT (member_id, channel) DO UPDATE
        SET (address, verified, recorded_at) = (excluded.address, excluded.verified, excluded.recorded_at)
        RETURNING known.member_id
    ),
    tagged AS (
        INSERT INTO members_tag (member_id, name, since)
        SELECT who.id, given.name, %(now)s FROM ({{tags}}) given JOIN who USING (external_id)
        ORDER BY who.id, given.name
        ON CONFLICT (member_id, name) DO NOTHING
        RETURNING member_id
    ),
    said AS (
        INSERT INTO members_consent (member_id, channel, purpose, granted, happened_at, recorded_at, source, wording)
        SELECT who.id, given.channel, given.purpose, given.granted, {_SAID_AT}, %(now)s, given.source, given.wording
        FROM ({{consents}}) given JOIN who USING (external_id) CROSS JOIN LATERAL (SELECT {_IN_FORCE} AS granted) force
        WHERE force.granted IS DISTINCT FROM given.granted
          AND NOT (given.happened_at IS NULL AND given.granted AND force.granted IS NOT NULL)
        ORDER BY who.id, given.place
        RETURNING member_id, happened_at
    ),
    profiled AS (SELECT id AS member_id FROM updated UNION TABLE addressed),
    happened AS (
        SELECT member_id, 'profile' AS topic, %(now)s::timestamptz AS since FROM profiled
        UNION ALL SELECT DISTINCT member_id, 'tag', %(now)s FROM tagged
        UNION ALL SELECT member_id, 'consent', max(happened_at) FROM said GROUP BY member_id
    ),
    told AS ({news.insertion("SELECT member_id, topic, '' AS reference, since FROM happened")})
    SELECT (SELECT count(DISTINCT member_id) FROM happened), (SELECT array_agg(DISTINCT shard) FROM told)
"""
