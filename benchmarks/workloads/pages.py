"""The pages that people wait for: a member's history, and the counter."""

from __future__ import annotations

from abc import abstractmethod
from time import perf_counter
from typing import ClassVar

from django.contrib.auth.models import Group
from django.test import Client

from benchmarks.measuring import RUNS, Aim, Run, latencies
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one
from members import clock
from members.models import Store, User
from members.sql import execute, rows

SAMPLES = 5_000  # of each of the two pages
EACH = 10  # touchpoints a member: ten million of a million
_TOUCHPOINTS = """
INSERT INTO members_touchpoint (member_id, happened_at, recorded_at, channel, direction, kind, who_name, journey_id,
                                journey_name, offer_name, currency, content_name, text, outcome)
SELECT m.id, at, at, (ARRAY['email', 'sms', 'counter'])[1 + turn %% 3], CASE turn %% 4 WHEN 3 THEN 'in' ELSE 'out' END,
       (ARRAY['message', 'message', 'visit'])[1 + turn %% 3], '', 1, 'Win back', '', '', 'Hello again',
       'It has been a while; a lot has come in since then.', ''
FROM generate_series(1, %(each)s) AS turns(turn) CROSS JOIN members_member m
CROSS JOIN LATERAL (
    SELECT %(now)s - make_interval(hours => turn * 97, secs => (hashint8(m.id) & 65535)) AS at
) moment
"""
_CHOSEN = "SELECT public_id FROM members_member ORDER BY hashint8(id + %(number)s) LIMIT %(most)s"


class _Page(Workload):
    """A page of members, one after another, through the whole application in this process."""

    unit = "s"
    aim = Aim(more=False, value=0.05)
    role: ClassVar[str]
    how = (
        f"{EACH} touchpoints a member are stored. The whole application answers in one process (middleware, queries,"
        f" template), without a web server before it; {SAMPLES:,} members over the three runs at a million members, a"
        " tenth of that below."
    )

    @abstractmethod
    def address(self, member: str) -> str:
        """Return the page of a member, by public id."""

    def prepare(self) -> None:
        """Store the touchpoints, unless they are there, and sign somebody in."""
        if one("SELECT count(*) FROM (SELECT FROM members_touchpoint WHERE journey_id = 1 LIMIT 1) f") == 0:
            execute(_TOUCHPOINTS, {"each": EACH, "now": clock.now()})
        user, _new = User.objects.get_or_create(username=self.role.replace(" ", "-").lower())
        user.store = Store.objects.order_by("pk")[0]
        user.save()
        user.groups.set([Group.objects.get(name=self.role)])
        self._client = Client(SERVER_NAME="127.0.0.1")
        self._client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    def run(self, number: int) -> Run:
        """Ask for a third of the pages."""
        samples = SAMPLES if self.stage.in_full else SAMPLES // 10
        chosen = rows(_CHOSEN, {"number": number, "most": samples // RUNS + 1})
        self._asked(self.address(str(chosen[0][0])))  # templates are read once
        return latencies([self._asked(self.address(str(member))) for (member,) in chosen], 0.99)

    def _asked(self, address: str) -> float:
        started = perf_counter()
        answer = self._client.get(address)
        taken = perf_counter() - started
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        return taken


class History(_Page):
    """The page of a member as a rep sees it."""

    key = "history"
    title = "A member's page with their history, for a rep: p99"
    short = "History"
    role = "Sales rep"

    def address(self, member: str) -> str:
        """Return the contact page."""
        return f"/contacts/members/{member}/"


class Counter(_Page):
    """The page of a member as a clerk sees it."""

    key = "counter"
    title = "The counter's page of a member: p99"
    short = "Counter"
    role = "Store clerk"

    def address(self, member: str) -> str:
        """Return the counter page."""
        return f"/counter/members/{member}/"
