"""Enhanced status codes (RFC 3463): what a mail server says of an address in three numbers."""

from __future__ import annotations

import re

# After these the address itself is dead: no such mailbox, host or syntax; disabled. Full mailboxes, sizes, policies and
# networks say nothing about the address.
_DEAD = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


def within(words: str) -> str:
    """Return the first enhanced status code in a server's words, else an empty string."""
    found = _CODE.search(words)
    return found[0] if found else ""


def is_dead(code: str) -> bool:
    """Say whether no mail to the address will ever arrive."""
    return code in _DEAD
