"""The send step: who of those at a send may have a message now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from benchmarks import bare, house
from benchmarks.measuring import Aim, Run, timed
from benchmarks.workloads import mail
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one, published, tick_all
from channels.models import PressurePolicy, QuietHours
from members import clock
from members.sql import execute, rows
from members.vocabulary import Channel

JOURNEYS = 10
AT_MOST = 100_000  # members a run
TABLE = "channels_message"
# Each member stands at the sends of two journeys, every tenth at those of four.
_STAND_THERE = """
INSERT INTO journeys_enrollment (member_id, journey_id, version_id, step_id, state, entry_key, entered_at, arrived_at,
                                 due_at, visit, goal_until, end_reason, held_out)
SELECT m.id, j.journey, j.version, j.step, 'live', '', %(now)s, %(now)s, %(now)s, 1, %(now)s + interval '30 days', '',
       false
FROM (
    SELECT id FROM members_member WHERE (attributes ->> 'part')::int = %(part)s ORDER BY id LIMIT %(most)s
) m
CROSS JOIN LATERAL generate_series(0, CASE WHEN m.id %% 10 = 0 THEN 3 ELSE 1 END) AS turn(number)
JOIN unnest(%(journeys)s::bigint[], %(versions)s::bigint[], %(steps)s::bigint[])
    WITH ORDINALITY AS j(journey, version, step, number)
  ON j.number = 1 + (m.id + 3 * turn.number) %% %(many)s
"""


class SendStep(Workload):
    """Ten journeys want e-mails or SMS of the same members; consent, quiet hours, the cap and arbitration decide."""

    key = "send-step"
    title = "Send step: consent, channel, quiet hours, caps and arbitration over 10 journeys"
    short = "Send step"
    unit = "queued/s"
    aim = Aim(value=30_000)
    against = {"insert": "one bare INSERT … SELECT of the same messages with the same indexes"}
    how = (
        f"Up to {AT_MOST:,} members a run stand at sends of two of ten journeys, every tenth at four, by e-mail or else"
        " SMS; at most three messages in seven days; two workers tick until all is decided. Only messages that are"
        " queued count; “decided” counts those who got none as well."
    )
    tried = """
Foreign keys from messages to content and sender are gone: they locked one and the same row for every message, and
two workers waited for each other. Where members are reached and what they allow is asked once a member and channel,
whatever is wanted of them, and what nothing stands against is then looked for among shared addresses and under every
pressure policy; each candidate asking by itself, channel by channel, took more than twice as long. What was decided
stays in the database, in a temporary table: brought to Python as objects and sent back as one document, it took a sixth
of the time. What is left are rows in their indexes: the message, which also asks for a conflict in each of its
unique indexes and, at the end, for its member; the trace; and the enrollment, which ends. To read the candidates of all
steps in one statement instead of one a step gave nothing.
"""
    scales = True

    def prepare(self) -> None:
        """Publish the journeys, open the channels by day and set the cap."""
        mail.contents()
        self._sender = mail.sender("Nobody", 9)
        for channel in (Channel.EMAIL, Channel.SMS):
            QuietHours.objects.update_or_create(channel=channel, defaults={"opens": time(0), "closes": time(23, 30)})
        PressurePolicy.objects.update_or_create(pk=1, defaults={"messages": 3, "days": 7})
        step = {"key": "letter", "kind": "send", "content": mail.CONTENT, "channels": ["email", "sms"]}
        entry = {"fact": {"topic": "event", "name": "never"}}
        versions = [
            published(f"send-{number}", entry, [{**step, "priority": 10 + number}]).current
            for number in range(JOURNEYS)
        ]
        self._at = {
            "journeys": [version.journey_id for version in versions if version],
            "versions": [version.pk for version in versions if version],
            "steps": [version.steps.get().pk for version in versions if version],
        }
        bare.clone(TABLE, foreign=False)

    def run(self, number: int) -> Run:
        """Decide for a part."""
        given = {**self._at, "part": number, "most": AT_MOST, "now": clock.now(), "many": JOURNEYS}
        wanted = execute(_STAND_THERE, given)
        house.settle("journeys_enrollment")
        self._before = bare.last_id(TABLE)
        seconds = tick_all(self.stage.crew)
        queued = one(f"SELECT count(*) FROM {TABLE} WHERE id > %(before)s", before=self._before)
        reasons = "SELECT reason, count(*) FROM journeys_trace WHERE step_key = 'letter' AND reason <> '' GROUP BY 1"
        told = {f"{reason}_so_far": float(count) for reason, count in rows(reasons, {})}
        return Run.rate(queued, seconds, decided=wanted / seconds, **told)

    def limits(self, number: int) -> Mapping[str, Run]:
        """Insert the same messages bare."""
        listed = ", ".join(bare.columns(TABLE))
        chosen = f"SELECT {listed} FROM {TABLE} WHERE id > %(before)s"
        text = f"INSERT INTO {bare.PREFIX}{TABLE} ({listed}) {chosen}"
        inserted = 0

        def insert() -> None:
            nonlocal inserted
            inserted = execute(text, {"before": self._before})

        seconds = timed(insert)
        return {"insert": Run.rate(inserted, seconds)}

    def finish(self) -> None:
        """Let nothing of it leave, and lift quiet hours and cap."""
        bare.drop(TABLE)
        mail.retire(self._sender)
        QuietHours.objects.all().delete()
        PressurePolicy.objects.all().delete()
