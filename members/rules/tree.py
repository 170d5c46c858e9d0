"""The tree of a rule: branches (all, any, none) over leaves, read from what somebody wrote down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from members.rules.comparisons import listed
from members.rules.errors import BadRule
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.registry import kinds
from members.sql import Sql

DEEPEST = 8
MOST_LEAVES = 50  # each may be a join of its own


class Word(StrEnum):
    """How a branch joins what stands under it."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True)
class Branch:
    """Nodes joined by a word, at a place such as `rule.all[1]`."""

    word: Word
    nodes: tuple[Node, ...]
    place: str


@dataclass(frozen=True)
class LeafAt:
    """A leaf at a place; `number` counts the leaves of the rule in reading order, from 0."""

    leaf: Leaf
    place: str
    number: int


Node = Branch | LeafAt


def read(written: object, place: str) -> Node:
    """Return the tree of a rule. Raises BadRule."""
    return _Reader().node(written, place, depth=1)


def leaves_of(node: Node) -> Iterator[LeafAt]:
    """Yield the leaves in reading order."""
    if isinstance(node, LeafAt):
        yield node
    else:
        for inner in node.nodes:
            yield from leaves_of(inner)


def condition(node: Node, of_leaf: Callable[[LeafAt], Sql]) -> Sql:
    """Return the tree as one condition over what `of_leaf` returns; parameters must differ from leaf to leaf.

    What is unknown counts as not met, so "none" holds where all it denies is false or unknown.
    """
    if isinstance(node, LeafAt):
        return of_leaf(node)
    pieces = [condition(inner, of_leaf) for inner in node.nodes]
    params = {name: value for piece in pieces for name, value in piece.params.items()}
    text = (" AND " if node.word is Word.ALL else " OR ").join(f"({piece.text})" for piece in pieces)
    return Sql(f"({text}) IS NOT TRUE" if node.word is Word.NONE else text, params)


class _Reader:
    """Reads a tree and counts its leaves."""

    def __init__(self) -> None:
        self.count = 0

    def node(self, written: object, place: str, depth: int) -> Node:
        word, inner = self._only(written, place)
        if word in list(Word):
            return self._branch(Word(word), inner, place, depth)
        return self._leaf(word, inner, place)

    def _only(self, written: object, place: str) -> tuple[str, object]:
        words = {"words": listed(Word), "leaves": listed(kinds())}
        if not isinstance(written, Mapping) or not written:
            raise BadRule(place, _("must be an object with one of %(words)s, or one leaf of %(leaves)s.") % words)
        if len(written) > 1:
            given = {"words": listed(Word), "given": listed(written)}
            raise BadRule(
                place, _("must hold one thing alone and holds %(given)s; join them by one of %(words)s.") % given
            )
        [(word, inner)] = written.items()
        if word not in (*Word, *kinds()):
            raise BadRule(f"{place}.{word}", _("is neither one of %(words)s nor a leaf of %(leaves)s.") % words)
        return str(word), inner

    def _branch(self, word: Word, inner: object, place: str, depth: int) -> Branch:
        at = f"{place}.{word}"
        if not isinstance(inner, list | tuple) or not inner:
            raise BadRule(at, _("must be a list of at least one branch or leaf."))
        if depth > DEEPEST:
            raise BadRule(
                at, _("is nested deeper than %(deepest)s levels; draw levels together.") % {"deepest": DEEPEST}
            )
        nodes = tuple(self.node(one, f"{at}[{number}]", depth + 1) for number, one in enumerate(inner))
        return Branch(word, nodes, place)

    def _leaf(self, kind: str, inner: object, place: str) -> LeafAt:
        if self.count >= MOST_LEAVES:
            sentence = _("is one leaf too many; a rule has at most %(most)s, and may refer to segments for more.")
            raise BadRule(place, sentence % {"most": MOST_LEAVES})
        leaf = kinds()[kind]
        at = f"{place}.{kind}"
        self.count += 1
        return LeafAt(leaf.read(Given(inner, at, leaf.settings)), at, self.count - 1)
