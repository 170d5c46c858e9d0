"""Where the sandbox reports: the addresses that a carrier's customer enters in its control panel."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from channels.sandbox.web import BadRequest


@dataclass(frozen=True)
class Hook:
    """An address on loopback, and the secret by which the receiver knows the sandbox."""

    url: str
    secret: str = ""


class Hooks:
    """One hook a channel, kept in a file, since a carrier does not forget its customers when it restarts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = json.loads(path.read_text()) if path.exists() else {}
        self._hooks = {channel: Hook(**values) for channel, values in found.items()}

    def of(self, channel: str) -> Hook | None:
        """Return where a channel reports."""
        return self._hooks.get(channel)

    def put(self, channel: str, hook: Hook) -> None:
        """Let a channel report there from now on. Raises BadRequest for an address beyond loopback."""
        if not is_loopback(hook.url):
            raise BadRequest(f"{hook.url} is not on this machine; the sandbox calls http://127.0.0.1 only.")
        self._hooks[channel] = hook
        draft = self._path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({name: asdict(each) for name, each in self._hooks.items()}))
        draft.replace(self._path)

    def drop(self, channel: str) -> None:
        """Let a channel report nowhere, until the next `put` or restart."""
        self._hooks.pop(channel, None)


def is_loopback(url: str) -> bool:
    """Say whether an address is plain HTTP to this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        local = host == "localhost" or ip_address(host).is_loopback
        return parts.scheme == "http" and parts.port != 0 and local
    except ValueError:
        return False
