"""The words of members' names, folded: as people type them who do not know how a name is spelled.

Folded means lower case without accents, letters of other alphabets by the nearest Latin one: Zoë, zoe and ZOE are one
word, and so are Иванов and ivanov. All words that names are made of stand in a table of their own. There are a hundred
times fewer than members, so that likeness (pg_trgm) is asked of a small table, and members are found by an index of the
words of their names. Likeness asked of a million names directly took a second.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from members.sql import execute

# These two stand in the index member_name_words as well: a change of them needs a new index. First the letters that no
# decomposition leads to, then what separates words, then what is dropped: hard and soft signs, and accents.
_LETTERS = {
    "ß": "s", "æ": "a", "œ": "o", "ø": "o", "đ": "d", "ð": "d", "þ": "t", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "z", "з": "z", "и": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "c",
    "ч": "c", "ш": "s", "щ": "s", "ы": "y", "э": "e", "ю": "u", "я": "a", "і": "i", "є": "e", "ґ": "g",
    "α": "a", "β": "b", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "t", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "h", "ψ": "p", "ω": "o",
}  # fmt: skip
_SEPARATORS = "-.,'’`"
_DROPPED = "ъь" + "".join(map(chr, (*range(0x300, 0x30D), 0x30F, 0x311, 0x31B, *range(0x323, 0x329), 0x331)))
FROM = "".join(_LETTERS) + _SEPARATORS + _DROPPED
TO = "".join(_LETTERS.values()) + " " * len(_SEPARATORS)

_FOLDS = {ord(letter): TO[place] if place < len(TO) else None for place, letter in enumerate(FROM)}
_LITERALS = [text.replace("'", "''") for text in (FROM, TO)]


def words_of(first_name: str, last_name: str) -> str:
    """Return an SQL expression, text[], of the words of a name; the arguments are SQL expressions that are not null.

    Of members_member it is what the index member_name_words holds.
    """
    name = f"normalize(lower({first_name} || ' ' || {last_name}), NFKD)"
    return f"string_to_array(translate({name}, '{_LITERALS[0]}', '{_LITERALS[1]}'), ' ')"


def folded(text: str) -> list[str]:
    """Return the words that somebody typed, folded."""
    plain = unicodedata.normalize("NFKD", text.replace("\0", " ").lower()).translate(_FOLDS)
    return [word for word in re.split(r"\s+", plain) if word]


_LEARN = f"""
INSERT INTO members_nameword (word)
SELECT DISTINCT said.word
FROM unnest(%(names)s::text[]) AS given(name), unnest({words_of("given.name", "''")}) AS said(word)
WHERE said.word <> '' AND NOT EXISTS (SELECT FROM members_nameword known WHERE known.word = said.word)
ORDER BY said.word
ON CONFLICT DO NOTHING
"""


def learn(names: Iterable[str]) -> int:
    """Remember the words of first and last names; returns how many were new."""
    return execute(_LEARN, {"names": sorted(set(names))})


REFRESH = f"""
WITH used AS MATERIALIZED (
    SELECT DISTINCT said.word
    FROM members_member, unnest({words_of("first_name", "last_name")}) AS said(word) WHERE said.word <> ''
),
added AS (
    INSERT INTO members_nameword (word) SELECT word FROM used ORDER BY word ON CONFLICT DO NOTHING
)
DELETE FROM members_nameword known WHERE NOT EXISTS (SELECT FROM used WHERE used.word = known.word)
"""


def refresh() -> None:
    """Make the table hold the words of all members and no others: names of members who were deleted are forgotten."""
    execute(REFRESH, {})
