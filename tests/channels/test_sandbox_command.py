"""`manage.py sandbox`: one process, without a database."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from channels.sandbox.server import Ports
from tests.carrier import Carrier
from tests.databases import plain_environment

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Variables of an installation of its own, whose servers are not running."""
    return {**plain_environment(), "CHORALE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}


@contextmanager
def started(variables: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "manage.py", "sandbox", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Programs that run in the background ignore Control-C and hand that on; so may whoever runs the tests.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_it_says_where_it_listens_takes_messages_and_stops_at_control_c(home: dict[str, str], tmp_path: Path) -> None:
    with started(home, "--smtp-port=0", "--http-port=0", "--now=2026-03-10T11:00Z") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"mails at 127\.0\.0\.1:(\d+), SMS and chat at http://127\.0\.0\.1:(\d+)\.", line)
        assert found is not None, line
        carrier = Carrier(Ports(int(found[1]), int(found[2])))
        fields = {"username": "a", "password": "b", "to": "+49155", "text": "x"}
        assert carrier.client.get("/cgi-bin/sendsms", params=fields).status_code == 202
        assert carrier.log()[0]["at"] == "2026-03-10T11:00:00+00:00"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert (process.returncode, rest, errors) == (0, "The sandbox has stopped.\n", "")
    assert (tmp_path / "sandbox" / "journal.jsonl").read_text().count("\n") == 1
    assert not (tmp_path / "pg").exists()


def test_a_port_that_is_taken_is_one_sentence(home: dict[str, str], carrier: Carrier) -> None:
    taken = f"--smtp-port={carrier.ports.smtp}"
    with started(home, taken, "--http-port=0") as process:
        _output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert "name free ports by --smtp-port and --http-port" in errors
