"""Fixtures for the tests of the embedded servers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.embedded import locks
from config.embedded.home import Home
from config.embedded.keeper import servers_of
from config.embedded.server import wait_until
from tests.databases import plain_environment

PROJECT = Path(__file__).resolve().parent.parent.parent


class Users:
    """Starts programs that use one home, and ends them."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *options: str, **popen: Any) -> subprocess.Popen[str]:
        """Start a user of the servers without waiting for anything."""
        user = subprocess.Popen(
            [popen.pop("python", sys.executable), "-m", "tests.config.user", str(self.home.root), *options],
            cwd=PROJECT,
            env={**plain_environment(), **popen.pop("env", {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **popen,
        )
        self.started.append(user)
        return user

    def ready(self, *options: str, **popen: Any) -> subprocess.Popen[str]:
        """Start a user of the servers and return when it has them."""
        user = self.start(*options, **popen)
        assert said(user) == "ready", user.communicate()
        return user

    def servers_are_gone(self) -> bool:
        """Wait for the servers and their keeper to end; return whether they do."""
        return wait_until(lambda: not alive(self.home), 30)


def said(user: subprocess.Popen[str]) -> str:
    """Return the next line that a user says, empty when it ended."""
    assert user.stdout
    return user.stdout.readline().strip()


def sentence(user: subprocess.Popen[str]) -> str:
    """Return what a user that ends without servers says about it."""
    _, words = user.communicate(timeout=60)
    assert user.returncode == 1, words
    return words.strip()


def alive(home: Home) -> bool:
    """Return whether a server of this home or its keeper lives."""
    return locks.is_taken(home.keeper_lock) or any(server.alive() for server in servers_of(home))


def kill(user: subprocess.Popen[str]) -> None:
    """Kill a user as the kernel does when memory runs out."""
    user.send_signal(signal.SIGKILL)
    user.wait()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A directory that other users can pass through, as pytest's own ones cannot be."""
    path = Path(tempfile.mkdtemp(prefix="chorale-test-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home(reachable: Path) -> Home:
    """A home in which nothing was started yet."""
    return Home(reachable / "home")


@pytest.fixture
def users(home: Home) -> Iterator[Users]:
    """Starts users of the home; afterwards all of them and their servers are gone."""
    starter = Users(home)
    yield starter
    for user in starter.started:
        if user.poll() is None:
            kill(user)
        for stream in (user.stdin, user.stdout, user.stderr):
            if stream:
                stream.close()
    gone = starter.servers_are_gone()
    assert gone
    if home.servers.is_symlink():
        shutil.rmtree(os.readlink(home.servers))
