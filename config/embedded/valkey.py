"""The embedded Valkey: Celery's broker."""

import signal
import socket
from pathlib import Path

from config.embedded import programs
from config.embedded.account import Account
from config.embedded.server import Server, runs_with


class Valkey(Server):
    """A Valkey on a socket only. It keeps nothing on disk: the broker may forget everything, beat looks again."""

    name = "valkey"
    stop_signals = (signal.SIGTERM, signal.SIGKILL)

    @property
    def _pid_file(self) -> Path:
        return self.home.sockets / "valkey.pid"

    def prepare(self, account: Account) -> None:
        """Remove the socket and the process id of a server that was killed."""
        self.home.valkey_socket.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)

    def command(self, account: Account) -> list[str | Path]:
        """Return the server's command line."""
        settings = {
            "port": "0",
            "unixsocket": str(self.home.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(self.home.sockets),
            "pidfile": str(self._pid_file),
            "databases": "1024",  # each test process takes one
            "save": "",
            "appendonly": "no",
            "hz": "1",  # a broker on one machine has nothing to see to ten times a second
            "loglevel": "warning",
        }
        program = programs.valkey(account, self.home.servers.resolve())
        return [program, *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def ready(self) -> bool:
        """Return whether the server answers."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.home.valkey_socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def busy(self) -> bool:
        """Return False: it loads nothing and keeps nothing, so its ways are short."""
        return False

    def recorded_pid(self) -> int | None:
        """Return the server's process id."""
        pid = int(self._pid_file.read_text() or 0) if self._pid_file.exists() else 0
        return pid if pid and runs_with(pid, str(self.home.valkey_socket)) else None
