"""The short form of `make faults`: real workers, servers and a real carrier, every kind of fault, and the verdict."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from config.embedded import account, programs
from config.embedded.home import Home
from config.embedded.server import wait_until
from tests import databases
from tests.config.conftest import PROJECT, alive
from tests.faults import boundaries

KINDS = [
    "PostgreSQL restarted",
    "broker killed with everything in it",
    "carrier: refuse",
    "carrier: busy",
    "carrier: hang",
    "carrier: vanish",
    "carrier answers too late",
    "clock carried over weeks and changes of time",
    "facts handed in again",
    "killed: a beat",
    "killed: a host with all its workers",
    "killed: all hosts at once",
    "killed: anywhere",
    "a task of the night done twice by day",
    "ten ticks of a shard at once",
    *(f"killed: {boundary}" for boundary in boundaries.BOUNDARIES),
]


@pytest.fixture
def dump(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Path:
    """A dump of a migrated database: loading it takes a tenth of the time of migrating."""
    path, known = tmp_path / "migrated.sql", connection.settings_dict
    program = programs.postgres(account.mine(), settings.HOME.servers) / "pg_dump"
    place = [f"--host={known['HOST']}", f"--port={known['PORT'] or 5432}", f"--username={known['USER']}"]
    source = f"chorale_template_{databases.fingerprint()}"
    # Nobody may be connected to the template while others copy it.
    with django_db_blocker.unblock(), databases.maintenance():
        command = [str(program), *place, "--no-owner", f"--file={path}", source]
        subprocess.run(command, check=True, env={**os.environ, "PGPASSWORD": known["PASSWORD"]})
    return path


@pytest.fixture
def home() -> Iterator[Home]:
    """A home that other users can pass through, gone with its servers afterwards."""
    path = Path(tempfile.mkdtemp(prefix="chorale-faults-", dir="/tmp"))
    path.chmod(0o711)
    found = Home(path / "home")
    yield found
    gone = wait_until(lambda: not alive(found), 30)
    if found.servers.is_symlink():
        shutil.rmtree(os.readlink(found.servers))
    shutil.rmtree(path)
    assert gone


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_kind_of_fault_and_nothing_is_lost_or_leaves_twice(dump: Path, home: Home) -> None:
    options = ["--short", "--seed=7", "--faults=40", f"--home={home.root}", f"--dump={dump}"]
    command = [sys.executable, "-m", "tests.faults", *options]
    run = subprocess.run(
        command, cwd=PROJECT, env=databases.plain_environment(), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert [kind for kind in KINDS if f"  {kind}\n" not in run.stdout] == []
