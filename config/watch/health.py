"""Whether Chorale works, check by check, in sentences that tell strangers nothing about the installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from amqp.exceptions import AMQPError
from django.db import Error, ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from channels.models import Sender
from config import database
from config.embedded.errors import ServerError
from config.watch import tasks_waiting
from members import pulses
from members.models import Pulse
from members.sql import rows

LOOKS = ("journeys.tasks.look", "channels.tasks.look")
TIMEOUT = 2  # seconds for the database, as the broker has: whoever asks has a time limit of their own
SILENT = timedelta(seconds=30)  # beat sends a look every ten seconds at least, a worker notes one in five


@dataclass(frozen=True)
class Check:
    """What was looked at and, unless all is well, one sentence of what is wrong and where to look.

    `vital` is what no process can work without; the rest is wrong elsewhere, and this process serves all the same.
    """

    name: str
    wrong: str = ""
    vital: bool = False


def ready(now: datetime) -> Sequence[Check]:
    """Return all checks that can be made: without a database nothing else is asked of it."""
    broker, waiting = _broker()
    try:
        # On a connection of its own: on that of this process a server that hangs would be waited for without end.
        database.check(connection.settings_dict, TIMEOUT)
        migrations = _migrations()
        rest = [] if migrations.wrong else [*_engine(now, waiting), _senders()]
    except (ServerError, Error):
        words = _("The database cannot be reached; make sure that it runs and that DATABASE_URL is right.")
        return [Check("database", words, vital=True), broker]
    return [Check("database", vital=True), migrations, broker, *rest]


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Return the migrations of this code; reading them takes a tenth of a second, and they do not change."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _migrations() -> Check:
    try:
        applied = set(rows("SELECT app, name FROM django_migrations", {}))
    except ProgrammingError:  # nobody has ever migrated
        applied = set()
    missing = len(_known() - applied)
    words = ngettext(
        "%(count)d migration is not applied; run manage.py migrate.",
        "%(count)d migrations are not applied; run manage.py migrate.",
        missing,
    )
    return Check("migrations", words % {"count": missing} if missing else "", vital=True)


def _broker() -> tuple[Check, int]:
    """Return the check, and how many tasks wait there."""
    try:
        return Check("broker", vital=True), tasks_waiting.count()
    except (AMQPError, RedisError, OperationalError, OSError):
        words = _("The broker cannot be reached; make sure that it runs and that BROKER_URL is right.")
        return Check("broker", words, vital=True), 0


def _engine(now: datetime, waiting: int) -> Iterator[Check]:
    """Beat sends looks and workers run them: where none ran, waiting tasks say that it is the workers' fault."""
    ran = pulses.last(Pulse.Kind.TASK)
    late = [name for name in LOOKS if name not in ran or now - ran[name] > SILENT]
    words = _("Nothing has been looked for in the last %(seconds)d seconds: ") % {"seconds": SILENT.total_seconds()}
    no_worker = words + _("tasks wait and no worker takes them; make sure that workers run and are not stuck.")
    no_beat = words + _("no task comes; make sure that beat runs, and a worker.")
    yield Check("workers", no_worker if late and waiting else "")
    yield Check("beat", no_beat if late and not waiting else "")


def _senders() -> Check:
    failing = Sender.objects.filter(active=True, failing_since__isnull=False).count()
    words = ngettext(
        "%(count)d sender fails; the list of senders in the admin says which and why.",
        "%(count)d senders fail; the list of senders in the admin says which and why.",
        failing,
    )
    return Check("senders", words % {"count": failing} if failing else "")
