"""Hosts in network namespaces of their own, whose cables a test can pull; this machine is behind a bridge."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

_PREFIX = f"c{os.getpid()}"
_NET = f"10.231.{os.getpid() % 250}"
GATE = f"{_NET}.1"


def why_not() -> str:
    """Return why this machine cannot have such hosts, nothing where it can."""
    if os.geteuid() != 0:
        return "Network namespaces need root."
    if not shutil.which("ip"):
        return "There is no ip command (Debian: apt-get install iproute2)."
    made = subprocess.run(["ip", "netns", "add", f"{_PREFIX}x"], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"Network namespaces cannot be made here: {made.stderr.strip()}"
    _ip("netns", "del", f"{_PREFIX}x")
    return ""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Hosts:
    """Some hosts on a bridge. Leaving the block removes them; programs in them must be gone by then."""

    def __init__(self, count: int) -> None:
        self.names = [f"{_PREFIX}n{number}" for number in range(count)]
        self._doors: list[Door] = []

    def __enter__(self) -> Hosts:
        _ip("link", "add", f"{_PREFIX}b", "type", "bridge")
        _ip("addr", "add", f"{GATE}/24", "dev", f"{_PREFIX}b")
        _ip("link", "set", f"{_PREFIX}b", "up")
        for number, name in enumerate(self.names):
            _ip("netns", "add", name)
            _ip("link", "add", f"{name}o", "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", f"{name}o", "master", f"{_PREFIX}b", "up")
            _ip("-n", name, "addr", "add", f"{self.address(number)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", name, "link", "set", device, "up")
        return self

    def __exit__(self, *_error: object) -> None:
        for door in self._doors:
            door.close()
        for name in self.names:
            _ip("link", "del", f"{name}o")  # with a name alone it would wait for what still ends in there
            _ip("netns", "del", name)
        _ip("link", "del", f"{_PREFIX}b")

    def address(self, number: int) -> str:
        """Return the address of a host."""
        return f"{_NET}.{number + 2}"

    def cable(self, number: int, state: str) -> None:
        """Pull the cable of a host (`down`), or put it back (`up`)."""
        _ip("link", "set", f"{self.names[number]}o", state)

    def run(self, number: int, command: Sequence[str], **popen: Any) -> subprocess.Popen[bytes]:
        """Start a program on a host."""
        return subprocess.Popen(["ip", "netns", "exec", self.names[number], *command], **popen)

    def door(self, inside: Any) -> Door:
        """Let the hosts reach a service of this machine, a port or the path of a socket, and return the way there."""
        self._doors.append(Door(inside))
        return self._doors[-1]


class Door:
    """A port on the bridge that leads to a service which listens for this machine only."""

    def __init__(self, inside: Any) -> None:
        self._inside = inside
        self._listens = socket.create_server((GATE, 0))
        self.port: int = self._listens.getsockname()[1]
        self.open: list[str] = []  # the address of the host behind each connection
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._listens.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                outer, (address, _port) = self._listens.accept()
                family = socket.AF_INET if isinstance(self._inside, tuple) else socket.AF_UNIX
                inner = socket.socket(family)
                inner.connect(self._inside)
                self.open.append(address)
                for one, other in ((outer, inner), (inner, outer)):
                    threading.Thread(target=self._carry, args=(one, other, address), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, address: str) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)
        with suppress(ValueError):
            self.open.remove(address)
