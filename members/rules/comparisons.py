"""Comparisons: what may be asked about a value, as SQL and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import TextChoices
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.sql import Sql


class Op(TextChoices):
    """The operators. `ne` and `not_in` are the exact opposites of `eq` and `in`: they hold for an unknown value too."""

    EQ = "eq", gettext_lazy("%(value)s")
    NE = "ne", gettext_lazy("not %(value)s")
    LT = "lt", gettext_lazy("less than %(value)s")
    LTE = "lte", gettext_lazy("at most %(value)s")
    GT = "gt", gettext_lazy("more than %(value)s")
    GTE = "gte", gettext_lazy("at least %(value)s")
    BETWEEN = "between", gettext_lazy("between %(low)s and %(high)s")
    IN = "in", gettext_lazy("one of %(value)s")
    NOT_IN = "not_in", gettext_lazy("none of %(value)s")
    CONTAINS = "contains", gettext_lazy("a text containing %(value)s")
    STARTS_WITH = "starts_with", gettext_lazy("a text starting with %(value)s")
    IS_SET = "is_set", gettext_lazy("known")
    NOT_SET = "not_set", gettext_lazy("unknown")


# Dates have no "less" and "more".
DATE_WORDS = {
    Op.LT: gettext_lazy("before %(value)s"),
    Op.LTE: gettext_lazy("%(value)s or before"),
    Op.GT: gettext_lazy("after %(value)s"),
    Op.GTE: gettext_lazy("%(value)s or after"),
}
ORDER = (Op.LT, Op.LTE, Op.GT, Op.GTE, Op.BETWEEN)
LISTS = (Op.IN, Op.NOT_IN)
WITHOUT_VALUE = (Op.IS_SET, Op.NOT_SET)


class Kind(Enum):
    """The type of a value: its name in SQL and the operators that make sense for it."""

    NUMBER = "numeric", (Op.EQ, Op.NE, *ORDER, *LISTS, *WITHOUT_VALUE)
    TEXT = "text", (Op.EQ, Op.NE, *LISTS, Op.CONTAINS, Op.STARTS_WITH, *WITHOUT_VALUE)
    CHOICE = "text", (Op.EQ, Op.NE, *LISTS, *WITHOUT_VALUE)
    DATE = "date", (Op.EQ, Op.NE, *ORDER, *WITHOUT_VALUE)
    BOOLEAN = "boolean", (Op.EQ, Op.NE, *WITHOUT_VALUE)

    def __init__(self, sql_type: str, ops: tuple[Op, ...]) -> None:
        self.sql_type = sql_type
        self.ops = ops


# Every form but is_set and not_set may be NULL for an unknown value, which no rule takes for true. The functions are
# not LIKE and so need no escaping; lower() is the database's.
SQL = {
    Op.EQ: "{x} = %(op_value)s::{type}",
    Op.NE: "{x} IS DISTINCT FROM %(op_value)s::{type}",
    Op.LT: "{x} < %(op_value)s::{type}",
    Op.LTE: "{x} <= %(op_value)s::{type}",
    Op.GT: "{x} > %(op_value)s::{type}",
    Op.GTE: "{x} >= %(op_value)s::{type}",
    Op.BETWEEN: "{x} BETWEEN %(op_low)s::{type} AND %(op_high)s::{type}",
    Op.IN: "{x} = ANY(%(op_value)s::{type}[])",
    Op.NOT_IN: "({x} = ANY(%(op_value)s::{type}[])) IS NOT TRUE",
    Op.CONTAINS: "strpos(lower({x}), lower(%(op_value)s::text)) > 0",
    Op.STARTS_WITH: "starts_with(lower({x}), lower(%(op_value)s::text))",
    Op.IS_SET: "{x} IS NOT NULL",
    Op.NOT_SET: "{x} IS NULL",
}


@dataclass(frozen=True)
class Comparison:
    """An operator with its value: a Decimal, text, date or bool, or a tuple of them, or None where it takes none."""

    op: Op
    kind: Kind
    value: Any = None
    choices: type[TextChoices] | None = None

    def sql(self, expression: Sql) -> Sql:
        """Return the condition about an expression whose own parameters do not begin with `op_`."""
        if self.op in WITHOUT_VALUE:
            return Sql(SQL[self.op].format(x=expression.text), expression.params)
        values, sql_type = self.value if isinstance(self.value, tuple) else (self.value,), self.kind.sql_type
        # Most numbers are counts. Held against a number with decimals, each of them would be made one first.
        if self.kind is Kind.NUMBER and all(value == int(value) for value in values):
            values, sql_type = tuple(map(int, values)), "bigint"
        text = SQL[self.op].format(x=expression.text, type=sql_type)
        return Sql(text, {**expression.params, **self._params(values)})

    def _params(self, values: Sequence[Any]) -> Mapping[str, Any]:
        if self.op == Op.BETWEEN:
            return {"op_low": values[0], "op_high": values[1]}
        return {"op_value": list(values) if self.op in LISTS else values[0]}

    def met_by_zero(self) -> bool:
        """Return whether a number of 0 meets the comparison."""
        zero, value = Decimal(0), self.value
        met: Mapping[Op, Callable[[], bool]] = {
            Op.EQ: lambda: value == zero,
            Op.NE: lambda: value != zero,
            Op.LT: lambda: zero < value,
            Op.LTE: lambda: zero <= value,
            Op.GT: lambda: zero > value,
            Op.GTE: lambda: zero >= value,
            Op.BETWEEN: lambda: value[0] <= zero <= value[1],
            Op.IN: lambda: zero in value,
            Op.NOT_IN: lambda: zero not in value,
        }
        return met[self.op]()

    def words(self) -> str:
        """Return the comparison as words that go after "is", such as "at least 3"."""
        words = DATE_WORDS.get(self.op, self.op.label) if self.kind is Kind.DATE else self.op.label
        if self.op == Op.BETWEEN:
            low, high = (self.shown(value) for value in self.value)
            return str(words) % {"low": low, "high": high}
        return str(words) % {"value": self.shown(self.value)}

    def shown(self, value: Any) -> str:
        """Return a value as people write it, in the language that is active."""
        if isinstance(value, list | tuple):
            return ", ".join(self.shown(item) for item in value)
        if self.choices is not None and value in self.choices.values:
            return str(self.choices(value).label)
        return shown(value)


def shown(value: Any) -> str:
    """Return a value as people write it, in the language that is active."""
    if value is None:
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return str(localize(int(value) if value == value.to_integral_value() else value))
    if isinstance(value, datetime | date):
        return date_format(value, "DATE_FORMAT")
    return f"“{value}”" if isinstance(value, str) else str(value)


def listed(values: Iterable[object]) -> str:
    """Return values with commas between them, for a sentence."""
    return ", ".join(str(value) for value in values)


def known(yes: bool = True) -> Comparison:
    """Return the comparison that holds where there is a value, or with `yes` false where there is none."""
    return Comparison(Op.IS_SET if yes else Op.NOT_SET, Kind.TEXT)
