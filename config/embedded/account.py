"""Whose processes the servers are. PostgreSQL refuses to run as root, so root's servers run as a user of their own."""

import errno
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.errors import ServerError

# systemd's table of user ids leaves 60578 to 61183 to nobody, and rootless containers map them.
FIRST, COUNT = 60578, 600


@dataclass(frozen=True)
class Account:
    """A numeric user, with a group of the same number. It needs no entry in /etc/passwd."""

    uid: int
    mine: bool  # whether it is the user of this process, so that nothing is switched or handed over

    def popen(self) -> dict[str, Any]:
        """Return what subprocess needs to start a program under this account."""
        return {} if self.mine else {"user": self.uid, "group": self.uid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand a file or directory of ours over to the account."""
        if not self.mine:
            os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def can(self, command: Sequence[str | Path]) -> bool:
        """Return whether the command can be run under this account and ends well."""
        try:
            return subprocess.run(command, cwd="/", capture_output=True, check=False, **self.popen()).returncode == 0
        except OSError as error:
            if error.errno in {errno.EACCES, errno.ENOENT}:
                return False
            raise ServerError(
                f"PostgreSQL does not run as root, and root may not switch to user {self.uid} here ({error.strerror}); "
                "run Chorale as an ordinary user, or set DATABASE_URL and BROKER_URL."
            ) from error


def mine() -> Account:
    """Return the account of this process."""
    return Account(os.geteuid(), mine=True)


def of_owner(path: Path) -> Account:
    """Return the account that owns ``path``."""
    return Account(path.stat().st_uid, mine=False)


def unused(seed: str) -> Account:
    """Return an account that no user of this machine has, by ``seed`` (hexadecimal)."""
    known = {entry.pw_uid for entry in pwd.getpwall()}
    candidates = (FIRST + (int(seed, 16) + step) % COUNT for step in range(COUNT))
    return Account(next(uid for uid in candidates if uid not in known), mine=False)


def listed() -> Account:
    """Return an ordinary account with an entry in /etc/passwd, for initdb looks up its user's name."""
    for entry in sorted(pwd.getpwall(), key=lambda entry: entry.pw_name != "nobody"):
        if entry.pw_uid:
            return Account(entry.pw_uid, mine=False)
    raise ServerError("PostgreSQL does not run as root, and this machine has no other user; set DATABASE_URL.")
