"""The pages that people wait for: a member's history, and the counter."""

from __future__ import annotations

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime
from http.client import HTTPConnection
from itertools import repeat
from time import perf_counter
from typing import ClassVar

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from benchmarks import programs
from benchmarks.crew import TWO
from benchmarks.measuring import RUNS, Aim, Run, latencies
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one
from members import clock
from members.models import Store, User
from members.sql import execute, rows

SAMPLES = 5_000  # of each of the two pages
EACH = 10  # touchpoints a member: ten million of a million
WARMING = 10  # pages before each run
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
WHERE m.id %% %(halves)s = %(half)s
"""
_CHOSEN = "SELECT public_id FROM members_member ORDER BY hashint8(id + %(number)s) LIMIT %(most)s"


class _Page(Workload):
    """A page of members, one after another, asked of a web server."""

    unit = "s"
    aim = Aim(more=False, value=0.05)
    role: ClassVar[str]
    how = (
        f"{EACH} touchpoints a member are stored. gunicorn with one process, as in production, answers one call after"
        f" another over a kept connection, somebody being signed in; the time runs until the whole page is there."
        f" {SAMPLES:,} members over the three runs at a million members, a tenth of that below; {WARMING} pages before"
        " each run do not count: a web server that has just begun reads templates, and PostgreSQL the catalog."
    )
    tried = """
Four fifths of the time is the program's, and of PostgreSQL's share more than half is planning: statements are many and
small. A third of a rep's page was words: Django translates all choices of a field for each row that shows one, and the
frame asked for the rights on every model of the admin. Joins of what is shown of calls and hand-offs were planned for
members who have none. The pages that took longest met a full garbage collection, which looked through everything that
the program had loaded; the web server freezes that now. The stamp by which an open page stays live is a prepared
statement, for each such page asks for it every second. Not tried: preparing what Django's querysets ask; it writes the
parameters into the text.
"""

    @abstractmethod
    def address(self, member: str) -> str:
        """Return the page of a member, by public id."""

    def prepare(self) -> None:
        """Store the touchpoints, unless they are there, sign somebody in and start the web server."""
        if one("SELECT count(*) FROM (SELECT FROM members_touchpoint WHERE journey_id = 1 LIMIT 1) f") == 0:
            with ThreadPoolExecutor(TWO) as pool:
                list(pool.map(_met, range(TWO), repeat(clock.now())))
        self._headers = {"Cookie": self._signed_in()}
        self._running = ExitStack()
        port = self._running.enter_context(programs.web(self.stage.folder))
        self._web = self._running.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=60)))

    def _signed_in(self) -> str:
        user, _new = User.objects.get_or_create(username=self.role.replace(" ", "-").lower())
        user.store = Store.objects.order_by("pk")[0]
        user.save()
        user.groups.set([Group.objects.get(name=self.role)])
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client.cookies.output(attrs=[], header="", sep=";").strip()

    def run(self, number: int) -> Run:
        """Ask for a third of the pages."""
        samples = SAMPLES if self.stage.in_full else SAMPLES // 10
        chosen = rows(_CHOSEN, {"number": number, "most": samples // RUNS + 1 + WARMING})
        taken = [self._asked(self.address(str(member))) for (member,) in chosen]
        return latencies(taken[WARMING:], 0.99)

    def _asked(self, address: str) -> float:
        started = perf_counter()
        self._web.request("GET", address, headers=self._headers)
        answer = self._web.getresponse()
        answer.read()
        taken = perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        return taken

    def finish(self) -> None:
        """Stop the web server."""
        self._running.close()


def _met(half: int, now: datetime) -> None:
    """Store the touchpoints of every second member."""
    try:
        execute(_TOUCHPOINTS, {"each": EACH, "now": now, "halves": TWO, "half": half})
    finally:
        connection.close()  # it is this thread's own


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
