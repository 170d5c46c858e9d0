"""Where everything of the embedded servers stands. Computes paths; only ``make`` touches the disk."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


def make_directory(path: Path, mode: int) -> bool:
    """Create a directory with exactly this mode, whatever the umask; return False when there is something already."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        return False
    path.chmod(mode)
    return True


@dataclass(frozen=True)
class Home:
    """The paths below one CHORALE_HOME."""

    root: Path

    def make(self) -> None:
        """Create the root, private. Root's own can be passed through, since its servers run as another user."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        make_directory(self.root, 0o711 if os.geteuid() == 0 else 0o700)

    @property
    def key(self) -> str:
        """A short name for this home, the same however its path is spelled."""
        return hashlib.sha256(os.path.realpath(self.root).encode()).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """The directory of the sockets.

        Paths of sockets end at about 100 bytes, so it cannot stand below the root. It is /tmp and not the TMPDIR of
        the process, for a shell, a cron job and a service of the same user must all find the same one.
        """
        return Path("/tmp") / f"chorale-{self.key}"  # noqa: S108 - its owner and mode are verified before use

    @property
    def valkey_socket(self) -> Path:
        """The socket of the broker."""
        return self.sockets / "valkey.sock"

    @property
    def servers(self) -> Path:
        """Where the data stands; a link into /var/lib where the servers' own user cannot reach the root."""
        return self.root / "servers"

    @property
    def keeper_log(self) -> Path:
        """What the keeper says."""
        return self.root / "keeper.log"

    @property
    def users_lock(self) -> Path:
        """Users hold it shared; the keeper takes it exclusively to stop."""
        return self.root / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Held by who starts a keeper, and by that keeper until its servers are ready."""
        return self.root / "start.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper for its lifetime."""
        return self.root / "keeper.lock"
