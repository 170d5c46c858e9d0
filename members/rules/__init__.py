"""Rules: questions about members, written as a tree, checked, and asked as one SQL condition.

`tree` reads what was written, `leaves/` hold the questions, `forms` compose them, `answers` say why.
`docs/segments.md` explains rules to those who write them.
"""

from members.rules.answers import Answer
from members.rules.errors import BadRule
from members.rules.leaf import HasLeaf, Leaf
from members.rules.registry import kinds, register
from members.rules.rule import Rule, parse

__all__ = ["Answer", "BadRule", "HasLeaf", "Leaf", "Rule", "kinds", "parse", "register"]
