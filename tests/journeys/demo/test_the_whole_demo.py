"""The demo from its command line, on a small log: played once, gone on with, opened, stopped."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from journeys.demo.processes import answers, is_free
from tests.journeys.demo import log

Variables = Mapping[str, str]


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
    """Start the demo as a shell would."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=settings.BASE_DIR,
        env=dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def once(variables: Variables, *arguments: str) -> Mapping[str, Any]:
    """Run the demo to its end and return the JSON of its last line."""
    said, complained = demo(variables, "--once", *arguments).communicate(timeout=100)
    assert said, complained
    figures: Mapping[str, Any] = json.loads(said.splitlines()[-1])
    return figures


def lines_until(running: subprocess.Popen[str], word: str) -> Iterator[str]:
    assert running.stdout
    for line in running.stdout:
        yield line
        if word in line:
            return


@pytest.mark.slow
def test_it_plays_once_goes_on_opens_and_stops(variables: Variables) -> None:
    played = once(variables)
    assert (played["members"], played["purchases"]) == (30, len(log.lines()))
    assert played["journeys"]["greeting"]["entered"] > 0
    assert played["touchpoints"] > 0
    assert {name for name, count in played["audit"].items() if count} == set()
    assert played["peak_mb"] > 100

    again = once(variables)
    assert {**again, "seconds": 0, "peak_mb": 0} == {**played, "seconds": 0, "peak_mb": 0}

    port = int(variables["CHORALE_PORT"])
    running = demo(variables)
    try:
        told = "".join(lines_until(running, "administrator"))
        assert "invented" in told
        assert all(
            f"{variables['CHORALE_PUBLIC_URL']}{path}" in told for path in ("/admin/", "/contacts/", "/counter/")
        )
        page = httpx.get(f"{variables['CHORALE_PUBLIC_URL']}/admin/login/", trust_env=False)
        assert "Demo: the purchases are real." in page.text
        running.send_signal(signal.SIGINT)
        _, complained = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0
    assert "The demo has stopped" in complained
    assert not answers(port)
    assert is_free(port)


@pytest.mark.slow
def test_an_interrupted_play_goes_on_where_it_was(variables: Variables) -> None:
    running = demo(variables, "--once")
    assert running.stderr
    seen = ""
    deadline = time.monotonic() + 90
    while " 3.0 of 28 days" not in seen and time.monotonic() < deadline:
        seen += running.stderr.read(20)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 130

    figures = once(variables)
    assert figures["purchases"] == len(log.lines())
    assert not any(figures["audit"].values())


def test_a_taken_port_is_one_sentence_that_names_the_setting(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CHORALE_PORT = server.getsockname()[1]
        with pytest.raises(CommandError, match=r"^Port \d+ is taken; name a free one in CHORALE_PORT, such as"):
            call_command("demo", "--once")
