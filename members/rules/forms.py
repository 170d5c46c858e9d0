"""The two forms of a rule's condition, from the same looks.

*Few*: every leaf is a scalar subquery on the member's own rows, found by an index on the member. It touches nothing but
the members asked about.

*All*: every look is read once for everybody and joined: `LEFT JOIN (… GROUP BY member_id)`, and leaves with the same
look share one. PostgreSQL turns the joins of leaves that must be met into inner ones and pushes the comparison into
HAVING, so this is the SELECT that one would write by hand. `m.id IN (subquery)` for each leaf would read as well, but
under OR and NOT it becomes a hashed subplan only as long as the ids fit into work_mem: beyond that, PostgreSQL scans a
materialised list for every single member. Joins spill to disk instead. docs/segments.md has the measured times.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from members.rules.comparisons import Comparison, Op
from members.rules.looks import Asked, Look
from members.rules.tree import LeafAt, Node, condition
from members.sql import Sql

OPPOSITES = (Op.NE, Op.NOT_IN)


def few(node: Node, asked: Asked) -> Sql:
    """Return the condition over alias `m` whose leaves are asked member by member."""
    return condition(node, lambda at: few_leaf(at, asked))


def few_leaf(at: LeafAt, asked: Asked) -> Sql:
    """Return the condition of one leaf, asked member by member."""
    return at.leaf.test.sql(few_value(at.leaf.look(asked))).prefixed(f"l{at.number}_")


def few_value(look: Look) -> Sql:
    """Return the value of a look for the member `m`, as an expression."""
    if look.tables is None:
        return look.value
    value = look.value.prefixed("v_")
    text = f"(SELECT {value.text} FROM {look.tables.text} WHERE {look.member} = m.id AND {look.where.text})"
    if look.counts:
        text = f"COALESCE({text}, 0)"
    return Sql(text, {**look.tables.params, **look.where.params, **value.params})


def everybody(node: Node, asked: Asked) -> Sql:
    """Return a SELECT of `member_id` of everybody for whom the rule holds."""
    joins = _Joins(asked)
    met = condition(node, joins.leaf)
    relations = [source.sql(number) for number, source in enumerate(joins.sources)]
    params = {name: value for relation in relations for name, value in relation.params.items()}
    if isinstance(node, LeafAt) and joins.sources and _needs_rows(node, joins.sources[0].look):
        # Whoever has such rows is a member: to look for each among all of them took a third of the time.
        return Sql(f"SELECT j0.member_id FROM {relations[0].text} WHERE {met.text}", {**params, **met.params})
    joined = "".join(
        f" LEFT JOIN {relation.text} ON j{number}.member_id = m.id" for number, relation in enumerate(relations)
    )
    return Sql(f"SELECT m.id AS member_id FROM members_member m{joined} WHERE {met.text}", {**params, **met.params})


def _needs_rows(at: LeafAt, look: Look) -> bool:
    """Say whether a leaf is never met by a member of whom its look finds no row."""
    test = at.leaf.test
    return test.op not in (*OPPOSITES, Op.NOT_SET) and not (look.counts and test.met_by_zero())


@dataclass
class _Source:
    """One relation to join, with the values that leaves want of it."""

    look: Look
    tables: Sql
    values: list[Sql] = field(default_factory=list)

    def fits(self, look: Look) -> bool:
        """Say whether another look reads the same rows, so that one join serves both."""
        mine, other = ((one.tables, one.member, one.where, one.grouped) for one in (self.look, look))
        return mine == other

    def column(self, value: Sql) -> int:
        """Return the number of the column that holds a value."""
        if value not in self.values:
            self.values.append(value)
        return self.values.index(value)

    def sql(self, number: int) -> Sql:
        """Return the relation to join; its alias is `j` with the number."""
        look, tables = self.look, self.tables
        values = [value.prefixed(f"v{column}_") for column, value in enumerate(self.values)]
        listed = "".join(f", {value.text} AS v{column}" for column, value in enumerate(values))
        group = f" GROUP BY {look.member}" if look.grouped else ""
        text = (
            f"(SELECT {look.member} AS member_id{listed} FROM {tables.text} WHERE {look.where.text}{group}) j{number}"
        )
        params = {name: given for value in values for name, given in value.params.items()}
        return Sql(text, {**tables.params, **look.where.params, **params}).prefixed(f"j{number}_")


class _Joins:
    """Collects what must be joined, leaf by leaf."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.sources: list[_Source] = []

    def leaf(self, at: LeafAt) -> Sql:
        """Return the condition of a leaf over the joined columns."""
        look = at.leaf.look(self.asked)
        value = self._column(look, look.tables, at.leaf.test) if look.tables else look.value
        return at.leaf.test.sql(value).prefixed(f"l{at.number}_")

    def _column(self, look: Look, tables: Sql, test: Comparison) -> Sql:
        source = next((one for one in self.sources if one.fits(look)), None)
        if source is None:
            source = _Source(look, tables)
            self.sources.append(source)
        column = f"j{self.sources.index(source)}.v{source.column(look.value)}"
        # Where 0 does not meet the test, NULL fails it too, and the join stays free to become an inner one; only the
        # opposites of eq and in take NULL for met.
        if look.counts and (test.op in OPPOSITES or test.met_by_zero()):
            return Sql(f"COALESCE({column}, 0)")
        return Sql(column)
