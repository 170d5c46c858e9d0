"""The embedded servers start for their first user and stop after the last one, however either of them ends."""

import os
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings
from redis import Redis

from config.embedded.home import Home
from config.embedded.postgres import Postgres
from config.embedded.server import wait_until
from config.embedded.valkey import Valkey
from tests.config.conftest import Users, alive, kill, said, sentence


def asked(home: Home, statement: str) -> Any:
    """Return the first value that the embedded PostgreSQL of a home answers."""
    with psycopg.connect(host=str(home.sockets), user="chorale", dbname="chorale", autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def keeper_of(home: Home) -> psutil.Process:
    """Return the keeper of a home."""
    return next(
        process
        for process in psutil.process_iter(["cmdline"])
        if {"config.embedded.keeper", os.path.realpath(home.root)} <= set(process.info["cmdline"] or [])
    )


def postmaster(home: Home) -> int:
    """Return the process id of PostgreSQL's postmaster."""
    pid = Postgres(home).recorded_pid()
    assert pid
    return pid


def test_they_start_for_the_first_user_and_stop_after_the_last(home: Home, users: Users) -> None:
    first, second = users.ready(), users.ready()
    first.communicate("")
    assert asked(home, "SELECT 1") == 1
    with Redis(unix_socket_path=str(home.valkey_socket)) as client:
        assert client.ping()
    second.communicate("")
    assert users.servers_are_gone()
    assert not home.sockets.exists()


def test_they_stop_when_the_last_user_is_killed(users: Users) -> None:
    first, second = users.ready(), users.ready()
    kill(first)
    assert alive(users.home)
    kill(second)
    assert users.servers_are_gone()


def test_a_forked_child_keeps_them(home: Home, users: Users) -> None:
    parent = users.start("--fork")
    child = int(said(parent))
    parent.wait()
    assert asked(home, "SELECT 1") == 1
    os.kill(child, signal.SIGKILL)
    assert users.servers_are_gone()


def test_users_that_start_at_once_share_one_keeper(home: Home, users: Users) -> None:
    together = [users.start() for _ in range(5)]
    assert [said(user) for user in together] == ["ready"] * 5
    assert Postgres(home).log.read_text().count("ready to accept connections") == 1


def test_a_user_that_comes_while_they_stop_gets_them_anew(home: Home, users: Users) -> None:
    for number in range(4):
        user = users.ready()
        asked(home, f"CREATE TABLE round_{number} ()")
        kill(user)
    users.ready()
    assert asked(home, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'round_%'") == 4


def test_a_user_killed_while_they_start_leaves_none(home: Home, users: Users) -> None:
    user = users.start()
    assert wait_until(home.start_lock.exists, 20)
    kill(user)
    assert users.servers_are_gone()
    users.ready()


def test_a_new_keeper_adopts_the_servers_of_a_killed_one(home: Home, users: Users) -> None:
    first = users.ready()
    before = postmaster(home)
    keeper_of(home).kill()
    second = users.ready()
    assert postmaster(home) == before
    kill(first)
    assert asked(home, "SELECT 1") == 1
    kill(second)
    assert users.servers_are_gone()


def test_an_id_left_by_a_killed_server_that_a_stranger_has_now_does_not_matter(home: Home, users: Users) -> None:
    user = users.ready()
    pid_file = Postgres(home).data / "postmaster.pid"
    left = pid_file.read_text().splitlines()
    keeper_of(home).kill()
    os.kill(postmaster(home), signal.SIGKILL)
    kill(user)
    assert wait_until(lambda: not Postgres(home).alive(), 20)
    pid_file.write_text("\n".join([str(os.getpid()), *left[1:]]))
    users.ready()
    assert postmaster(home) != os.getpid()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_server_that_dies_comes_back(kind: type[Postgres] | type[Valkey], home: Home, users: Users) -> None:
    users.ready()
    server = kind(home)
    died = server.recorded_pid()
    assert died
    os.kill(died, signal.SIGKILL)
    assert wait_until(lambda: server.ready() and server.recorded_pid() not in {None, died}, 30)


def test_a_user_that_comes_while_a_server_comes_back_waits_for_it(home: Home, users: Users) -> None:
    users.ready()
    os.kill(postmaster(home), signal.SIGKILL)
    users.ready()
    assert asked(home, "SELECT 1") == 1


def test_the_sockets_are_private_and_nothing_listens_on_the_network(home: Home, users: Users) -> None:
    users.ready()
    assert stat.S_IMODE(home.sockets.stat().st_mode) == 0o700
    assert asked(home, "SHOW listen_addresses") == ""
    pids = [postmaster(home), Valkey(home).recorded_pid()]
    assert not [link for pid in pids for link in psutil.Process(pid).net_connections("inet")]


def test_a_long_path_is_no_hindrance(reachable: Path) -> None:
    home = Home(reachable.joinpath(*["a-rather-long-name-for-a-directory"] * 8))
    assert len(str(home.root)) > 250
    assert len(str(home.valkey_socket)) < 100
    with socket.socket(socket.AF_UNIX) as server, pytest.raises(OSError, match="too long"):
        server.bind(str(home.root / "socket"))


def test_commits_are_durable_but_for_tests(home: Home, users: Users, servers: None) -> None:
    users.ready()
    names = ["fsync", "synchronous_commit", "full_page_writes"]
    assert [asked(home, f"SHOW {name}") for name in names] == ["on"] * 3
    assert [asked(settings.HOME, f"SHOW {name}") for name in names] == ["off"] * 3


def test_a_directory_of_somebody_else_is_not_trusted_with_sockets(home: Home, users: Users) -> None:
    home.sockets.mkdir(mode=0o755)
    assert f"{home.sockets} is no private directory" in sentence(users.start())
    home.sockets.rmdir()


def test_data_of_another_release_is_not_touched(home: Home, users: Users) -> None:
    kill(users.ready())
    assert users.servers_are_gone()
    version = Postgres(home).data / "PG_VERSION"
    version.write_text("17\n")
    words = sentence(users.start())
    assert "was made by PostgreSQL 17 and this is PostgreSQL 18" in words
    assert len(words.splitlines()) == 1
