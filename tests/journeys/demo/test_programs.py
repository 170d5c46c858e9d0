"""The programs beside the demo: started, watched, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from journeys.demo import processes
from journeys.demo.alone import NotAlone, alone
from journeys.demo.memory import Peak
from journeys.demo.processes import Fallen, Programs, answers, is_free

SLEEP = ["-c", "import time; print('up', flush=True); time.sleep(600)"]
# A program that has children and ignores every polite request.
STUBBORN = (
    "import signal, subprocess, sys, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(child.pid, flush=True); time.sleep(600)"
)
HUNGRY = ["-c", "import time; kept = bytearray(b'x') * 60_000_000; print('up', flush=True); time.sleep(600)"]
# The demo itself, killed without a chance to clean up after itself.
KILLED = """
import django, os, signal, sys
from pathlib import Path
django.setup()
from journeys.demo.alone import alone
from journeys.demo.processes import Programs
with alone(Path(sys.argv[1])) as lock, Programs(Path(sys.argv[1]), lock) as programs:
    program = programs.start("sleeper", ["-c", "import time; time.sleep(600)"])
    print(program.process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody waits for any more is as good as gone.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_leaving_the_block_stops_every_program(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        started = [programs.start(name, SLEEP) for name in ("one", "two")]
        for program in started:
            program.wait_until(lambda program=program: "up" in program.log.read_text())  # type: ignore[misc]
        programs.check()
    assert not any(is_alive(program.process.pid) for program in started)


def test_a_program_that_does_not_stop_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP", 0.2)
    with Programs(tmp_path) as programs:
        program = programs.start("stubborn", ["-c", STUBBORN])
        program.wait_until(lambda: program.log.read_text().strip().isdecimal())
        child = int(program.log.read_text())
    assert not is_alive(program.process.pid)
    assert until(lambda: not is_alive(child))


def test_a_killed_demo_leaves_no_orphans(tmp_path: Path) -> None:
    demo = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert demo.returncode == -signal.SIGKILL
    with alone(tmp_path):  # the next one waits for the end of what this one left
        assert not is_alive(int(demo.stdout))


def test_there_is_one_demo_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.demo.alone.PATIENCE", 0.2)
    with alone(tmp_path / "demo"), pytest.raises(NotAlone, match=f"^A demo runs in {tmp_path} already; stop that one"):
        alone(tmp_path / "demo").__enter__()
    with alone(tmp_path / "demo"):
        pass


def test_whoever_cannot_wait_for_the_stopping_leaves_no_orphans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(*_programs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Programs, "stop", impatient)
    with pytest.raises(KeyboardInterrupt), Programs(tmp_path) as programs:
        program = programs.start("sleeper", SLEEP)
    assert until(lambda: program.process.poll() is not None)


def test_a_program_that_fell_is_told_with_its_last_words(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        program = programs.start("web server", ["-c", "raise SystemExit('Port 8000 is gone.')"])
        with pytest.raises(
            Fallen, match=r"^The web server of the demo has stopped: Port 8000 is gone\. \(more in /.*\)"
        ):
            program.wait_until(lambda: False)


def test_a_program_that_is_never_ready_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START", 0.2)
    with Programs(tmp_path) as programs, pytest.raises(Fallen, match=r"is not ready after 0 seconds"):
        programs.start("sleeper", SLEEP).wait_until(lambda: False)


def test_a_taken_port_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert answers(port)
    assert is_free(port)
    assert not answers(port)


def test_memory_counts_this_process_and_what_it_started(tmp_path: Path) -> None:
    peak = Peak(tmp_path)
    peak.look()
    alone = peak.mb
    with Programs(tmp_path / "logs") as programs:
        hungry = programs.start("hungry", HUNGRY)
        hungry.wait_until(lambda: "up" in hungry.log.read_text())
        peak.look()
    assert alone > 10
    assert peak.mb >= alone + 50
