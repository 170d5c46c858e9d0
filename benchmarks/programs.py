"""Chorale as it runs in production: Celery workers, beat and the web server, for the length of a block."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import house

_READY = 60.0


@contextmanager
def celery(logs: Path, workers: int = 2) -> Iterator[None]:
    """Run a Celery worker with so many processes, and beat."""
    with ExitStack() as running:
        worker = ["celery", "-A", "config", "worker", f"--concurrency={workers}", "--loglevel=INFO"]
        log = running.enter_context(_program(worker, logs / "worker.log"))
        running.enter_context(
            _program(["celery", "-A", "config", "beat", "--pidfile=", "--loglevel=WARNING"], logs / "beat.log")
        )
        _wait(lambda: " ready." in log.read_text(errors="replace"), log)
        yield


@contextmanager
def web(logs: Path, threads: int = 4) -> Iterator[int]:
    """Run gunicorn with one process and some threads; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    bind = ["--bind", f"127.0.0.1:{port}", "--threads", str(threads), "--keep-alive", "60"]
    with _program(["gunicorn", *bind, "config.wsgi:application"], logs / "web.log") as log:
        _wait(lambda: _answers(port), log)
        yield port


@contextmanager
def _program(arguments: Sequence[str], log: Path) -> Iterator[Path]:
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=house.ROOT, stdout=said, stderr=said)
    try:
        yield log
    finally:
        process.terminate()
        process.wait()


def _wait(ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + _READY
    while not ready():
        if time.monotonic() > until:
            raise RuntimeError(f"A program is not ready; {log} says why.")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0
