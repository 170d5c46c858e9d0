"""On a full disk the embedded servers say so in one sentence, wait for nothing, and leave nothing half made."""

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.embedded.home import Home
from config.embedded.postgres import Postgres
from config.embedded.server import wait_until
from tests.config.conftest import Users, kill, sentence

MB = 2**20


def files_up_to(size: int) -> Callable[[], None]:
    """Return what keeps a program from writing longer files: without root the nearest thing to a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def small_disk(home: Home) -> Iterator[Path]:
    """A disk of 80 MB below the home, seen by this test's servers."""
    if os.geteuid():
        pytest.skip("only root can mount a small disk")
    home.root.mkdir(mode=0o711)
    mount = ["mount", "-t", "tmpfs", "-o", "size=80m,mode=711", "tmpfs", str(home.root)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this root may not mount")
    yield home.root
    subprocess.run(["umount", "-l", str(home.root)], check=True)


def fill(disk: Path) -> Path:
    """Write a file until the disk is full, and return its path."""
    path = disk / "rubbish"
    room = os.statvfs(disk)
    path.write_bytes(bytes(room.f_bavail * room.f_frsize))
    return path


@pytest.mark.parametrize("size", [3 * MB, 20_000])
def test_no_room_for_a_new_database_is_one_sentence(size: int, home: Home, users: Users) -> None:
    words = sentence(users.start(preexec_fn=files_up_to(size)))
    assert words.startswith(f"No database can be made in {home.servers}: ")
    assert str(Postgres(home).log) in words
    assert len(words.splitlines()) == 1
    assert not Postgres(home).data.exists()
    users.ready()


def test_no_room_to_start_is_one_sentence_and_room_helps(home: Home, small_disk: Path, users: Users) -> None:
    kill(users.ready())
    assert users.servers_are_gone()
    rubbish = fill(small_disk)
    words = sentence(users.start())
    assert "The embedded postgres server does not start: " in words
    assert "No space left on device; only 0 MB are left on the disk" in words
    assert len(words.splitlines()) == 1
    rubbish.unlink()
    users.ready()


def test_a_disk_that_fills_up_under_way_stops_nothing_for_good(home: Home, small_disk: Path, users: Users) -> None:
    users.ready()
    rubbish = fill(small_disk)
    server = Postgres(home)
    died = server.recorded_pid()
    assert died
    os.kill(died, signal.SIGKILL)
    words = sentence(users.start())
    assert "The embedded postgres server does not answer: " in words
    assert "only 0 MB are left on the disk" in words
    rubbish.unlink()
    assert wait_until(server.ready, 30)
