"""Whose processes the servers are. PostgreSQL refuses to run as root, so root's servers run as a user of their own."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.errors import ServerError

# 60578 to 61183 is left to nobody by systemd's table of user ids, and within what rootless containers map.
FIRST, COUNT = 60578, 600


@dataclass(frozen=True)
class Account:
    """A numeric user and group, equal for one's own processes. It needs no entry in /etc/passwd."""

    uid: int
    mine: bool

    def popen(self) -> dict[str, Any]:
        """Return what subprocess needs to start a program under this account."""
        return {} if self.mine else {"user": self.uid, "group": self.uid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand a file or directory of ours over to the account."""
        if not self.mine:
            os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def can(self, command: Sequence[str | Path]) -> bool:
        """Return whether the command ends well under this account."""
        try:
            done = subprocess.run(command, cwd="/", capture_output=True, **self.popen())  # noqa: S603
        except OSError as error:
            if isinstance(error, PermissionError | FileNotFoundError) and error.filename:
                return False
            raise ServerError(
                f"PostgreSQL does not run as root, and root may not switch to user {self.uid} here ({error.strerror}); "
                "run Chorale as an ordinary user, or set DATABASE_URL and BROKER_URL."
            ) from error
        return done.returncode == 0


def mine() -> Account:
    """Return the account of this process."""
    return Account(os.geteuid(), mine=True)


def of_owner(path: Path) -> Account:
    """Return the account that owns ``path``, where root's servers put it."""
    return Account(path.stat().st_uid, mine=False)


def unused(seed: str) -> Account:
    """Return an account that no user of this machine has, by ``seed`` (hexadecimal)."""
    known = {entry.pw_uid for entry in pwd.getpwall()}
    start = int(seed, 16)
    return next(
        Account(uid, mine=False)
        for uid in (FIRST + (start + step) % COUNT for step in range(COUNT))
        if uid not in known
    )


def listed() -> Account:
    """Return an ordinary account with an entry in /etc/passwd: initdb looks its user up by name."""
    entries = sorted(pwd.getpwall(), key=lambda entry: entry.pw_name != "nobody")
    for entry in entries:
        if entry.pw_uid:
            return Account(entry.pw_uid, mine=False)
    raise ServerError("PostgreSQL does not run as root, and this machine has no other user; set DATABASE_URL.")
