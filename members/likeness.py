"""Members by a name as somebody heard or mistyped it, the likeliest first.

Each word that was typed is looked for among the words of all names: as it is, as a beginning, with one slip of the
finger (a letter too many, too few, another, or two that changed places), or as something alike. Members are then asked
for by combinations of these words, the likeliest first, until enough are found: three statements, whatever was typed
and however many members there are. Among a million members with 120,000 words in their names a search was measured to
take 19 ms of processor time at the median and 39 ms at the 99th percentile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_lowercase

from django.db import transaction

from members import names
from members.slips import slips
from members.sql import Sql, execute, rows

MOST_WORDS = 4  # nobody is looked for by more
_LETTERS = 32  # of a word; nobody types more
_ALIKE, _BEGINNING = 12, 12  # so many words of each kind for a word typed
_CANDIDATES = (12, 12, 10, 6, 5)  # of these, so many go into combinations, by how many words were typed
_COMBINATIONS = 48
_BEYOND = "\U0010ffff"  # after all letters
_SETTING = {"name": "pg_trgm.similarity_threshold", "least": "0.3"}
_WITHOUT_ONE = 0.5  # how much a match is worth that leaves one of the typed words out

# Beginnings by the order of bytes, along the index of words: LIKE with a word that is not written out would ask for
# trigrams, of which a beginning has too few.
_WORDS = """
SELECT t.place, w.word, w.worth
FROM unnest(%(typed)s::text[], %(ends)s::text[]) WITH ORDINALITY AS t(word, beyond, place)
CROSS JOIN LATERAL (
    (SELECT word, 0.7 * similarity(word, t.word) AS worth FROM members_nameword WHERE word %% t.word
     ORDER BY worth DESC, word LIMIT %(alike)s)
    UNION ALL
    (SELECT word, 0.9 - 0.01 * LEAST(length(word) - length(t.word), 20) FROM members_nameword
     WHERE word ~>=~ t.word AND word ~<~ t.beyond ORDER BY length(word), word LIMIT %(beginning)s)
) w
UNION ALL
SELECT slip.place, w.word, slip.worth
FROM unnest(%(places)s::int[], %(slips)s::text[], %(worths)s::real[]) AS slip(place, word, worth)
JOIN members_nameword w ON w.word = slip.word
"""
# LIMIT stops at the first combinations that give enough; the others are never asked for.
_MEMBERS = f"""
SELECT found.id FROM unnest(%(combinations)s::text[]) WITH ORDINALITY AS c(words, place)
CROSS JOIN LATERAL (
    SELECT m.id FROM members_member m
    WHERE {names.words_of("m.first_name", "m.last_name")} @> string_to_array(c.words, ' ') {{initials}}
    LIMIT %(limit)s
) found
ORDER BY c.place LIMIT %(limit)s
"""


@dataclass(frozen=True, order=True)
class _Guess:
    """A word of names that may be what was meant, and how likely: 1 is the very word."""

    worth: float
    word: str


def alike(typed: str, limit: int) -> list[int]:
    """Return the ids of the members whose names are likest to what was typed, at most `limit`, the likeliest first."""
    typed_words = [word[:_LETTERS] for word in names.folded(typed)[:MOST_WORDS]]
    words = [word for word in typed_words if len(word) > 1]
    if not words:
        return []
    initials = _initials([word for word in typed_words if len(word) == 1])
    with transaction.atomic():
        # A planner who expects many members of a name would read the table for the first few of them.
        execute("SELECT set_config('enable_seqscan', 'off', true), set_config(%(name)s, %(least)s, true)", _SETTING)
        combinations = list(islice(_combinations(_guesses(words)), _COMBINATIONS))
        text, params = _MEMBERS.format(initials=initials.text), {"combinations": combinations, "limit": limit * 2}
        found = rows(text, {**params, **initials.params}) if combinations else []
    return list(dict.fromkeys(pk for (pk,) in found))[:limit]


def _initials(letters: Sequence[str]) -> Sql:
    """Return the condition that a name begins with each of these letters; a letter alone is no word to look for."""
    texts = [
        f" AND (upper(m.first_name) LIKE %(i{n})s OR upper(m.last_name) LIKE %(i{n})s)" for n in range(len(letters))
    ]
    return Sql("".join(texts), {f"i{number}": f"{letter.upper()}%" for number, letter in enumerate(letters)})


def _guesses(words: Sequence[str]) -> list[list[_Guess]]:
    """Return for each word typed the words that may be meant, the likeliest first."""
    made = [(place, slip, worth) for place, word in enumerate(words, 1) for slip, worth in _slips_of(word)]
    params = {
        "typed": list(words),
        "ends": [word + _BEYOND for word in words],
        "alike": _ALIKE,
        "beginning": _BEGINNING,
        "places": [place for place, _slip, _worth in made],
        "slips": [slip for _place, slip, _worth in made],
        "worths": [worth for _place, _slip, worth in made],
    }
    best: list[dict[str, float]] = [{} for _word in words]
    for place, word, worth in rows(_WORDS, params):
        best[place - 1][word] = max(worth, best[place - 1].get(word, 0))
    return [sorted((_Guess(worth, word) for word, worth in known.items()), reverse=True) for known in best]


def _slips_of(word: str) -> Iterable[tuple[str, float]]:
    return slips(word, {*ascii_lowercase, *word}).items()


def _combinations(guesses: Sequence[Sequence[_Guess]]) -> Iterable[str]:
    """Return combinations of words to look for, the likeliest first: one guess for each word typed, then one less."""
    known = [list(found[: _CANDIDATES[len(guesses)]]) for found in guesses if found]
    whole = len(known) == len(guesses)
    ranked = [*_ranked(known, 1.0 if whole else _WITHOUT_ONE)] if known else []
    if len(known) > 1 and whole:
        for left_out in range(len(known)):
            ranked += _ranked([*known[:left_out], *known[left_out + 1 :]], _WITHOUT_ONE)
    best = sorted(ranked, key=lambda pair: -pair[0])
    return dict.fromkeys(words for _worth, words in best)


def _ranked(known: Sequence[Sequence[_Guess]], factor: float) -> list[tuple[float, str]]:
    return [
        (factor * sum(guess.worth for guess in chosen) / len(chosen), " ".join(guess.word for guess in chosen))
        for chosen in product(*known)
    ]
