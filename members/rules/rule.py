"""A rule: a checked tree, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from members.rules import answers, forms, tree
from members.rules.answers import Answer
from members.rules.looks import Asked
from members.rules.tree import LeafAt, Node, Word
from members.sql import Sql


@dataclass(frozen=True)
class Rule:
    """A rule as of no time in particular; every question hands in `now` (aware, UTC)."""

    tree: Node

    def members(self, now: datetime) -> Sql:
        """Return a SELECT of `member_id` of all for whom the rule holds; run it within `planning.for_everybody`."""
        return forms.everybody(self.tree, Asked(now))

    def condition(self, now: datetime, few: bool = False, since: str = "") -> Sql:
        """Return the rule as one condition over alias `m`, a row of members_member; it is true, false or NULL.

        With `few` it reads the rows of just the members at hand by index: right for one member and for some thousands.
        Without, it reads everybody's, stands at the top of a WHERE, and is run within `planning.for_everybody`. Both
        hold for the same members.

        `since` is SQL over the statement around it, such as `e.entered_at`: purchases, events, touchpoints, and points
        earned and spent count only if they happened after it. It asks for `few`, since it differs from row to row.
        """
        if since and not few:
            raise ValueError("A rule with since can only be asked with few=True.")
        if few:
            return forms.few(self.tree, Asked(now, since))
        everybody = self.members(now)
        return Sql(f"m.id IN ({everybody.text})", everybody.params)

    def topics(self) -> frozenset[str]:
        """Return the topics of news after which the rule may hold for others than before."""
        return frozenset().union(*(at.leaf.topics() for at in self.leaves()))

    def moves_by_time(self) -> bool:
        """Return whether time alone may make the rule hold for others than before; no news tells of that."""
        return any(at.leaf.moves_by_time() for at in self.leaves())

    def why(self, member_id: int, now: datetime) -> Answer:
        """Return why the rule holds for a member or not, leaf by leaf."""
        return answers.answer(self.tree, member_id, Asked(now))

    def describe(self) -> str:
        """Return the rule in plain words that go on from "members for whom"."""
        return _described(self.tree, inside=False)

    def leaves(self) -> list[LeafAt]:
        """Return the leaves in reading order."""
        return list(tree.leaves_of(self.tree))

    def check_references(self) -> Rule:
        """Return the rule itself. Raises BadRule when it names something that the database does not hold."""
        for at in self.leaves():
            at.leaf.check_references(at.place)
        return self


def parse(written: object, place: str = "rule") -> Rule:
    """Return the rule that somebody wrote down, as JSON has it. Raises BadRule; asks the database nothing."""
    return Rule(tree.read(written, place))


def _described(node: Node, *, inside: bool) -> str:
    if isinstance(node, LeafAt):
        return node.leaf.describe()
    parts = [_described(inner, inside=True) for inner in node.nodes]
    if node.word is Word.NONE:
        return _("it is not true that %(what)s") % {"what": _in_brackets(_(" or ").join(parts), len(parts) > 1)}
    words = _(" and ") if node.word is Word.ALL else _(" or ")
    return _in_brackets(words.join(parts), inside and len(parts) > 1)


def _in_brackets(text: str, needed: bool) -> str:
    return f"({text})" if needed else text
