"""Segments: a rule and the members it holds for, kept up to date by set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from members import news
from members.models import Listener, Member, Segment
from members.rules import Answer, BadRule, Rule, parse, references
from members.rules.planning import for_everybody
from members.sql import Sql, execute, rows

LISTENER = "segment:"
SECONDS = 5  # somebody waits for a count, and the database has other work
WRITTEN = ("key", "name", "description", "rule", "active")
# The first half of the advisory lock's key; the second is the segment. Any constant that nobody else uses would do.
LOCK = 0x53_65_67_6D


Need = Callable[[Segment], str]
_needs: list[Need] = []


class Diff(NamedTuple):
    """How many members came into a segment and how many went."""

    joined: int
    left: int


# One statement: who the rule holds for, who joins, who leaves, and the news of both. `target` is computed once for all
# of them, and compared with who is in, both ways at once. Without a `scope` everybody is compared; with one, only its
# members are.
_REFRESH = """
WITH target AS MATERIALIZED ({target}),
differing AS MATERIALIZED (
    SELECT t.member_id, known.row FROM target t
    FULL JOIN (
        SELECT b.member_id, b.ctid AS row FROM members_membership b WHERE b.segment_id = %(segment)s {in_scope}
    ) known ON known.member_id = t.member_id
    WHERE t.member_id IS NULL OR known.row IS NULL
),
came AS (
    INSERT INTO members_membership (segment_id, member_id, since)
    SELECT %(segment)s, member_id, %(now)s FROM differing WHERE row IS NULL
    ON CONFLICT DO NOTHING RETURNING member_id
),
went AS (
    -- By the place of the row, which only a deletion changes: by the member it would be a second join of everybody.
    DELETE FROM members_membership WHERE ctid = ANY(ARRAY(SELECT row FROM differing WHERE row IS NOT NULL))
    RETURNING member_id
),
told AS ({news})
SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM went), (SELECT count(*) FROM target),
       (SELECT array_agg(DISTINCT shard) FROM told)
"""
_NEWS = news.insertion(
    """
    SELECT member_id, %(joined)s::text AS topic, ''::text AS reference, %(now)s::timestamptz AS since FROM came
    UNION ALL SELECT member_id, %(left)s::text, '', %(now)s::timestamptz FROM went
    """
)
_SIZE = "UPDATE members_segment SET size = %(size)s, refreshed_at = %(now)s WHERE id = %(segment)s"
# A tick keeps its row locks until its batch is done. Were this one waited for, the ticks of all shards would queue up
# behind each other; where it is taken, the size is put right by the next refresh of everybody.
_GROW = """
UPDATE members_segment SET size = size + %(change)s
WHERE id = (SELECT id FROM members_segment WHERE id = %(segment)s FOR NO KEY UPDATE SKIP LOCKED)
"""


def save(segment: Segment) -> Segment:
    """Check and store a segment; an active one listens to what its rule depends on. Raises BadRule.

    Nobody joins by this: call `refresh` afterwards.
    """
    with transaction.atomic():
        # One after the other: two segments that begin to speak of each other at once would both look innocent.
        _lock(0)
        others = list(Segment.objects.exclude(pk=segment.pk).order_by("pk"))
        _check(segment, others)
        # The size is left out: a refresh may have changed it since the segment was read.
        segment.save(update_fields=None if segment.pk is None else WRITTEN)
        for one in [segment, *references.speaking_of(segment.key, others)]:
            _listen(one)
    return segment


def check(segment: Segment) -> None:
    """Say whether `save` would take a segment, for forms. Raises BadRule."""
    _check(segment, list(Segment.objects.exclude(pk=segment.pk).order_by("pk")))


def register(need: Need) -> None:
    """Ask `need` before a segment is left as it is: the sentence of who needs it kept up to date, empty for nobody."""
    if need not in _needs:
        _needs.append(need)


def needed(segment: Segment) -> str:
    """Return the sentence of whoever needs a segment kept up to date, empty where nobody does."""
    # Nothing below journeys knows them; that somebody listens is all there is to know.
    topics = [f"segment.joined:{segment.pk}", f"segment.left:{segment.pk}"]
    if Listener.objects.filter(topic__in=topics).exists():
        return _("A journey listens to who joins or leaves “%(name)s”; stop it first.") % {"name": segment}
    return next((sentence for need in _needs if (sentence := need(segment))), "")


def activate(segment: Segment) -> Segment:
    """Have a segment kept up to date from now on. Raises BadRule."""
    segment.active = True
    return save(segment)


def deactivate(segment: Segment) -> Segment:
    """Leave a segment as it is from now on. Raises BadRule when an active segment or anybody else needs it."""
    segment.active = False
    return save(segment)


def count(rule: Rule, now: datetime) -> int:
    """Return for how many members a rule holds now."""
    members = rule.members(now)
    with for_everybody():
        return int(rows(f"SELECT count(*) FROM ({members.text}) found", members.params)[0][0])


def count_within(rule: Rule, now: datetime, seconds: float = SECONDS) -> int | None:
    """Return for how many members a rule holds now, or None when the database did not come to an end in time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{int(seconds * 1000)}ms"])
            found = count(rule, now)
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")  # where this is part of a larger transaction
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def why(segment: Segment, member: Member, now: datetime) -> Answer:
    """Return why a segment's rule holds for a member or not, leaf by leaf."""
    return parse(segment.rule).why(member.pk, now)


def refresh(segment: Segment, now: datetime, members: Sql | None = None) -> Diff:
    """Put everybody into the segment for whom the rule holds, and take out the rest; return how many came and went.

    With `members`, a SELECT of `member_id`, only these are looked at. Refreshes of everybody wait for each other and
    for those of some members, which run side by side: so nobody is put in or taken out by a look at facts that another
    refresh has seen changed since.
    """
    with transaction.atomic():
        _lock(segment.pk, shared=members is not None)
        rule = parse(Segment.objects.get(pk=segment.pk).rule, f"{segment.key}.rule")
        scope = members.prefixed("scope_") if members else None
        if scope is None:
            with for_everybody():
                diff, size = _apply(segment.pk, rule.members(now), now)
            execute(_SIZE, {"segment": segment.pk, "size": size, "now": now})
            segment.size, segment.refreshed_at = size, now
        else:
            diff, _size = _apply(segment.pk, _few(rule, scope, now), now, scope)
            if diff.joined != diff.left:
                execute(_GROW, {"segment": segment.pk, "change": diff.joined - diff.left})
    return diff


def refresh_all(now: datetime) -> dict[str, Diff]:
    """Refresh every active segment for everybody, each in a transaction of its own; return what changed, by key."""
    return {segment.key: refresh(segment, now) for segment in _active()}


def refresh_for(changed: Sequence[tuple[int, str]] | Sql, now: datetime) -> dict[str, Diff]:
    """Refresh the active segments that listen to some news for just the members whom it is about.

    `changed` holds (member id, topic), or is a SELECT of `member_id` and `topic`. Returns what changed, by key.
    """
    told = changed if isinstance(changed, Sql) else _relation(changed)
    listening = _listening(told if isinstance(changed, Sql) else _topics({topic for _, topic in changed}))
    segments = [segment for segment in _active() if segment.pk in listening] if listening else []
    return {segment.key: refresh(segment, now, _about(told, listening[segment.pk])) for segment in segments}


def _apply(segment_id: int, target: Sql, now: datetime, scope: Sql | None = None) -> tuple[Diff, int]:
    """Compare who is in with who should be; return what changed and how many should be in."""
    params: dict[str, Any] = {
        **target.params,
        **(scope.params if scope else {}),
        "segment": segment_id,
        "joined": f"segment.joined:{segment_id}",
        "left": f"segment.left:{segment_id}",
        "now": now,
    }
    in_scope = f"AND b.member_id IN ({scope.text})" if scope else ""
    text = _REFRESH.format(target=target.text, in_scope=in_scope, news=_NEWS)
    [(joined, left, size, shards)] = rows(text, params)
    news.announce(shards)
    return Diff(joined, left), int(size)


def _few(rule: Rule, scope: Sql, now: datetime) -> Sql:
    condition = rule.condition(now, few=True)
    text = f"SELECT m.id AS member_id FROM members_member m WHERE m.id IN ({scope.text}) AND ({condition.text})"
    return Sql(text, {**scope.params, **condition.params})


def _active() -> list[Segment]:
    """Return the active segments, each after those that its rule speaks of. The order is the same in every process:
    whoever locks several locks them in it."""
    return references.in_order(list(Segment.objects.filter(active=True).order_by("pk")))


def _relation(changed: Iterable[tuple[int, str]]) -> Sql:
    members, topics = [member for member, _ in changed], [topic for _, topic in changed]
    text = "SELECT * FROM unnest(%(members)s::bigint[], %(topics)s::text[]) told(member_id, topic)"
    return Sql(text, {"members": members, "topics": topics})


def _topics(topics: Iterable[str]) -> Sql:
    return Sql("SELECT unnest(%(topics)s::text[]) AS topic", {"topics": sorted(topics)})


def _about(told: Sql, topics: list[str]) -> Sql:
    news_of = told.prefixed("told_")
    text = f"SELECT told.member_id FROM ({news_of.text}) told WHERE told.topic = ANY(%(topics)s)"
    return Sql(text, {**news_of.params, "topics": topics})


def _listening(told: Sql) -> dict[int, list[str]]:
    """Return which of the topics each segment listens to, by the segment's id."""
    news_of = told.prefixed("told_")
    text = f"""
        SELECT listener, array_agg(topic) FROM members_listener
        WHERE starts_with(listener, %(segments)s) AND topic IN (SELECT topic FROM ({news_of.text}) told)
        GROUP BY listener
    """
    found = rows(text, {**news_of.params, "segments": LISTENER})
    return {int(listener.removeprefix(LISTENER)): topics for listener, topics in found}


def _lock(segment_id: int, *, shared: bool = False) -> None:
    # A statement of its own: only what starts after it sees what the last holder committed.
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    rows(f"SELECT {function}(%(lock)s, %(segment)s)", {"lock": LOCK, "segment": segment_id & 0x7FFF_FFFF})


def _listen(segment: Segment) -> None:
    if segment.active:
        news.listen(f"{LISTENER}{segment.pk}", parse(segment.rule, f"{segment.key}.rule").topics())
    else:
        news.unlisten(f"{LISTENER}{segment.pk}")


def _check(segment: Segment, others: Sequence[Segment]) -> None:
    """Raise BadRule when the rule is wrong, or when other segments need what is about to change."""
    rule = parse(segment.rule)
    references.check_cycles(segment.key, rule, others)
    if segment.active:
        rule.check_references()
    stored = Segment.objects.filter(pk=segment.pk).first()
    if stored is not None and stored.key != segment.key:
        _refuse_to_lose(stored, others, "key")
    elif stored is not None and not segment.active:
        _refuse_to_lose(stored, [other for other in others if other.active], "active")
        if stored.active and (sentence := needed(stored)):
            raise BadRule("active", _("must stay as it is: %(why)s") % {"why": sentence})


def _refuse_to_lose(stored: Segment, others: Sequence[Segment], place: str) -> None:
    users = [other.key for other in others if stored.key in references.of(parse(other.rule, f"{other.key}.rule"))]
    if users:
        sentence = _("must stay as it is: the rule of “%(user)s” speaks of this segment.")
        raise BadRule(place, sentence % {"user": users[0]})
