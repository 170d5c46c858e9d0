"""The demo from its command line, on a small log: played once, gone on with, opened, stopped."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from journeys.demo.processes import answers, is_free
from tests.journeys.demo import log

Variables = Mapping[str, str]
THREE_DAYS = re.compile(r" ([3-9]|\d\d)\.\d of 28 days")


@pytest.fixture
def variables(environment: dict[str, str], tmp_path: Path) -> Variables:
    """The environment of a demo with the small log, at a free port."""
    log.install(tmp_path / "packages")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return {
        **environment,
        "CHORALE_HOME": str(tmp_path / "home"),
        "CHORALE_PORT": port,
        "CHORALE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(tmp_path / "packages"),
    }


def demo(variables: Variables, *arguments: str) -> subprocess.Popen[str]:
    """Start the demo as a shell starts it in the background, with SIGINT ignored."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--every=240", *arguments],
        cwd=settings.BASE_DIR,
        env=dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - no threads here
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_plays_goes_on_where_it_was_opens_and_stops(variables: Variables) -> None:
    interrupted = demo(variables, "--once")
    read_until(interrupted, THREE_DAYS)
    interrupted.send_signal(signal.SIGTERM)
    interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130

    said, complained = demo(variables, "--once").communicate(timeout=200)
    done_before = re.search(r"(\d+)% \|", complained)
    assert done_before
    assert int(done_before[1]) >= 10  # three of the days were played before
    played = json.loads(said.splitlines()[-1])
    assert (played["members"], played["purchases"]) == (30, len(log.lines()))
    assert played["journeys"]["greeting"]["entered"] > 0
    assert played["touchpoints"] > 0
    assert {name for name, count in played["audit"].items() if count} == set()
    assert played["peak_mb"] > 100

    opened(variables)


def read_until(running: subprocess.Popen[str], pattern: re.Pattern[str]) -> None:
    """Read the progress bar up to something; it does not show every step of a quick play."""
    seen = ""
    while not pattern.search(seen):
        assert running.stderr
        read = running.stderr.read(10)
        assert read, seen
        seen += read


def opened(variables: Variables) -> None:
    """Open the doors of a demo that was played, and close them by Ctrl-C."""
    address, port = variables["CHORALE_PUBLIC_URL"], int(variables["CHORALE_PORT"])
    running = demo(variables)
    try:
        assert running.stdout
        told = ""
        while "administrator" not in told:
            line = running.stdout.readline()
            assert line, told
            told += line
        assert all(f"{address}{path}" in told for path in ("/admin/", "/contacts/", "/counter/"))
        page = httpx.get(f"{address}/login/", trust_env=False, timeout=60)
        assert "Demo: the purchases are real." in page.text
        _, refused = demo({**variables, "CHORALE_PORT": "1"}, "--reset").communicate(timeout=60)
        assert (
            refused == f"CommandError: A demo runs in {variables['CHORALE_HOME']} already; stop that one, or name "
            "another directory in CHORALE_HOME.\n"
        )
        running.send_signal(signal.SIGINT)
        _, complained = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0
    assert "The demo has stopped" in complained
    assert not answers(port)
    assert is_free(port)


def test_a_taken_port_is_one_sentence_that_names_the_setting(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CHORALE_PORT = server.getsockname()[1]
        with pytest.raises(CommandError, match=r"^Port \d+ is taken; name a free one in CHORALE_PORT, such as"):
            call_command("demo", "--once")
