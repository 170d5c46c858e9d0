"""Why a rule holds for a member, or not: its tree with a verdict, the value found and a sentence for each leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from members.rules import forms
from members.rules.looks import Asked
from members.rules.tree import Branch, LeafAt, Node, Word, leaves_of
from members.sql import Sql, rows

# Value and verdict of each leaf, by its number.
Found = Mapping[int, tuple[Any, bool]]


@dataclass(frozen=True)
class Answer:
    """The answer at one node. `found` is a leaf's value; `word` and `nodes` are a branch's, with its answers."""

    verdict: bool
    place: str
    sentence: str
    found: Any = None
    nodes: tuple[Answer, ...] = ()
    word: Word | None = None

    def deciding(self) -> list[Answer]:
        """Return the leaves that made the verdict what it is: had they been otherwise, it might be as well."""
        if self.word is None:
            return [self]
        # What speaks against `all` are the leaves that are false, against `none` those that are true.
        against = self.word is Word.NONE
        settled = [node for node in self.nodes if node.verdict is (self.verdict is not against)]
        return [leaf for node in settled for leaf in node.deciding()]


def answer(node: Node, member_id: int, asked: Asked) -> Answer:
    """Return the answers for one member, read by one statement. A member who does not exist meets no leaf."""
    return _answer(node, _ask(list(leaves_of(node)), member_id, asked))


def _ask(ats: list[LeafAt], member_id: int, asked: Asked) -> Found:
    pieces: list[Sql] = []
    for at in ats:
        value = forms.few_value(at.leaf.look(asked)).prefixed(f"v{at.number}_")
        pieces += [value, forms.few_leaf(at, asked)]
    params = {name: given for piece in pieces for name, given in piece.params.items()}
    text = f"SELECT {', '.join(piece.text for piece in pieces)} FROM members_member m WHERE m.id = %(member)s"
    found = rows(text, {**params, "member": member_id})
    row = found[0] if found else [None] * len(pieces)
    return {at.number: (row[2 * place], row[2 * place + 1] is True) for place, at in enumerate(ats)}


def _answer(node: Node, found: Found) -> Answer:
    if isinstance(node, LeafAt):
        value, verdict = found[node.number]
        return Answer(verdict, node.place, node.leaf.explain(value), value)
    nodes = tuple(_answer(inner, found) for inner in node.nodes)
    return Answer(_verdict(node.word, nodes), node.place, _sentence(node, nodes), None, nodes, node.word)


def _verdict(word: Word, nodes: tuple[Answer, ...]) -> bool:
    verdicts = [inner.verdict for inner in nodes]
    if word is Word.ALL:
        return all(verdicts)
    return any(verdicts) if word is Word.ANY else not any(verdicts)


def _sentence(branch: Branch, nodes: tuple[Answer, ...]) -> str:
    numbers = {"met": sum(inner.verdict for inner in nodes), "count": len(nodes)}
    sentences = {
        Word.ALL: _("%(met)s of %(count)s hold; all must."),
        Word.ANY: _("%(met)s of %(count)s hold; one must."),
        Word.NONE: _("%(met)s of %(count)s hold; none may."),
    }
    return sentences[branch.word] % numbers
