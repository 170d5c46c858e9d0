"""Prepares the directories of the servers: where the data stands and where the sockets are."""

import stat
from pathlib import Path
from sys import platform

from config.embedded import account
from config.embedded.account import Account
from config.embedded.errors import ServerError
from config.embedded.home import Home, make_directory


def prepare(home: Home) -> Account:
    """Make the directories of ``home`` and return the account that the servers run under."""
    home.make()
    mine, owner = account.mine(), home.root.stat().st_uid
    if owner != mine.uid:
        raise ServerError(
            f"CHORALE_HOME: {home.root} belongs to user {owner} and not to you; "
            "run Chorale as that user, or name a directory of yours in CHORALE_HOME."
        )
    if mine.uid == 0:
        whose = _apart(home)
    else:
        make_directory(home.servers, 0o700)
        whose = mine
    _private(home.sockets, whose)
    return whose


def _apart(home: Home) -> Account:
    """Return root's servers' own user, with a place for its data that it can reach as permissions stand."""
    data = home.servers / "postgres"
    whose = account.of_owner(data) if data.exists() else account.unused(home.key)
    if home.servers.exists():
        return whose
    home.servers.unlink(missing_ok=True)  # a link that leads nowhere any more
    make_directory(home.servers, 0o711)
    if not whose.can(["/bin/sh", "-c", 'cd "$1"', "sh", home.servers]):
        home.servers.rmdir()
        away = Path("/var/db" if platform == "darwin" else "/var/lib") / f"chorale-{home.key}"
        make_directory(away, 0o711)
        home.servers.symlink_to(away)
    return whose


def _private(directory: Path, whose: Account) -> None:
    if make_directory(directory, 0o700):
        whose.give(directory)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != whose.uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise ServerError(
            f"{directory} is no private directory of user {whose.uid}, so no socket is put there; remove it."
        )
