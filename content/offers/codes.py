"""Codes: what a member shows at the till, or reads to someone over the phone."""

from __future__ import annotations

from typing import Any

# No 0/O, 1/I/L; and without vowels no code spells a word.
LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
# Ten letters are 48 bits: a guess among a million live grants is right once in three hundred million. A double is
# refused by the database and drawn again.
LENGTH = 10
# The bytes of a random UUID that are random throughout; 6 and 8 carry its version and variant.
_RANDOM_BYTES = (0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15)

# PostgreSQL's UUIDs come from its cryptographic source, row by row, in the statement that inserts. `noise` is the row's
# UUID as bytea; a letter a byte leaves the first four letters 1 % likelier than the others, which does no harm.
FROM_NOISE = """(
    SELECT string_agg(substr(%(letters)s, 1 + get_byte(noise, place) %% length(%(letters)s), 1), '')
    FROM unnest(%(places)s::int[]) AS place
)"""


def params() -> dict[str, Any]:
    """Return what FROM_NOISE asks for."""
    return {"letters": LETTERS, "places": list(_RANDOM_BYTES[:LENGTH])}


def normalised(typed: str) -> str:
    """Return a code as it is stored from what somebody typed: lower case, blanks and dashes are forgiven."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def shown(code: str) -> str:
    """Return a code in two groups, as people read it."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"
