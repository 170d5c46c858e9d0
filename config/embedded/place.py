"""Prepares the directories of the servers: where the data stands and where the sockets are."""

import stat
from pathlib import Path
from sys import platform

from config.embedded import account
from config.embedded.account import Account
from config.embedded.errors import ServerError
from config.embedded.home import Home


def prepare(home: Home) -> Account:
    """Make the directories of ``home`` and return the account that the servers run under."""
    home.make()
    if home.root.stat().st_uid != account.mine().uid:
        raise ServerError(
            f"CHORALE_HOME: {home.root} belongs to user {home.root.stat().st_uid} and not to you; "
            "run Chorale as that user, or name a directory of yours in CHORALE_HOME."
        )
    mine = account.mine()
    if mine.uid:
        home.servers.mkdir(mode=0o700, exist_ok=True)
        whose = mine
    else:
        whose = _apart(home)
    _private(home.sockets, whose)
    return whose


def _apart(home: Home) -> Account:
    """Find or make a place for the data that the servers' own user can reach, without touching others' permissions."""
    data = home.servers / "postgres"
    whose = account.of_owner(data) if data.exists() else account.unused(home.key)
    if not home.servers.exists():
        home.servers.unlink(missing_ok=True)  # a link that leads nowhere any more
        home.servers.mkdir(mode=0o711)
        if not whose.can(["/bin/sh", "-c", 'cd "$1"', "sh", home.servers]):
            home.servers.rmdir()
            away = Path("/var/db" if platform == "darwin" else "/var/lib") / f"chorale-{home.key}"
            away.mkdir(mode=0o711, exist_ok=True)
            home.servers.symlink_to(away)
    return whose


def _private(directory: Path, whose: Account) -> None:
    try:
        directory.mkdir(mode=0o700)
        whose.give(directory)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != whose.uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise ServerError(
                f"{directory} is not a private directory of user {whose.uid}, so no socket is put there; remove it."
            ) from None
