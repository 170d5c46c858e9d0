"""Staying up after the played days: web server, Celery worker and beat, and the sandbox carrier, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings

from channels.sandbox.server import LIVE_PACE
from journeys.demo import desk
from journeys.demo.outside import start_sandbox, start_web
from journeys.demo.processes import Programs
from journeys.demo.shop import LOGINS, PASSWORD
from members import clock, doors
from members.models import User

_LOOK = 1.0


def live(programs: Programs, told: Callable[[str], None]) -> None:
    """Run everything in the present and return never; the caller stops it. Raises Fallen when a program does."""
    start_sandbox(programs, pace=LIVE_PACE)
    programs.start("worker", ["-m", "celery", "-A", "config", "worker", "--concurrency=2", "--loglevel=WARNING"])
    programs.start("beat", ["-m", "celery", "-A", "config", "beat", "--pidfile=", "--loglevel=WARNING"])
    start_web(programs)
    desk.hand_over(clock.now())
    for line in logins():
        told(line)
    while True:
        programs.check()
        time.sleep(_LOOK)


def logins() -> list[str]:
    """Return who to be, and which door each opens first."""
    lines = [f"Chorale is up at {settings.CHORALE_PUBLIC_URL}/ (Ctrl-C stops it). The password is: {PASSWORD}"]
    width = max(len(login.role) for login in LOGINS)
    address = settings.CHORALE_PUBLIC_URL
    return lines + [f"  {one.role:<{width}}  {one.username:<14} {address}{_door(one.username)}" for one in LOGINS]


def _door(username: str) -> str:
    open_doors = doors.of(User.objects.get(username=username))
    return open_doors[0].address if open_doors else "/"
