"""Chance that repeats itself: the same seed and words always draw the same number."""

from hashlib import blake2b


def draw(*words: object) -> float:
    """Return a number in [0, 1) that depends on the words alone."""
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48
