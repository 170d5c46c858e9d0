"""What somebody wrote down as the settings of a leaf: read field by field, refused with the place and what is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from members.rules.comparisons import LISTS, ORDER, WITHOUT_VALUE, Comparison, Kind, Op, listed
from members.rules.errors import BadRule

LONGEST_TEXT = 500
MOST_VALUES = 1000
MOST_DAYS = 36_500
# Far beyond any amount, and far within what a number of the database can hold.
HIGHEST = Decimal(10) ** 15
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Given:
    """Settings at a place. Each method returns one of them, checked, or raises BadRule."""

    def __init__(self, values: object, place: str, names: Sequence[str]) -> None:
        """Refuse what is no object, and settings that are not among `names`."""
        self.place = place
        if not isinstance(values, Mapping):
            raise BadRule(place, _("must be an object with %(names)s.") % {"names": listed(names)})
        self.values: Mapping[Any, Any] = values
        for name in values:
            if name not in names:
                hint = {"names": listed(names)}
                raise BadRule(f"{place}.{name}", _("is not a setting here; there are %(names)s.") % hint)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def bad(self, name: str, sentence: str) -> BadRule:
        """Return the error about a setting; the sentence goes on after its place."""
        return BadRule(f"{self.place}.{name}", sentence)

    def needed(self, name: str) -> Any:
        """Return a setting as it was given."""
        if name not in self.values:
            raise self.bad(name, _("is missing; add it."))
        return self.values[name]

    def text(self, name: str, default: str | None = None, most: int = LONGEST_TEXT) -> str:
        """Return a text that is not empty and has at most so many characters."""
        if name not in self.values and default is not None:
            return default
        return self._text(name, self.needed(name), most)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return one or several texts as a tuple; without the setting it is empty."""
        if name not in self.values:
            return ()
        value = self.values[name]
        if isinstance(value, str):
            return (self._text(name, value),)
        return tuple(self._text(f"{name}[{place}]", item) for place, item in enumerate(self._list(name, value)))

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        """Return one of a closed list of words."""
        if name not in self.values and default is not None:
            return default
        return self._choice(name, self.needed(name), list(choices))

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.bad(name, _("must be true or false; it is %(value)s.") % {"value": _quoted(value)})
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number within bounds."""
        value = self.needed(name) if default is None else self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            bounds = {"least": least, "most": most, "value": _quoted(value)}
            raise self.bad(name, _("must be a whole number from %(least)s to %(most)s; it is %(value)s.") % bounds)
        return value

    def days(self, name: str = "within_days") -> int | None:
        """Return a number of days of at least one, or None without the setting."""
        return self.whole(name, 1, MOST_DAYS) if name in self.values else None

    def number(self, name: str) -> Decimal:
        """Return a number."""
        return self._number(name, self.needed(name))

    def inner(self, name: str, names: Sequence[str]) -> Given:
        """Return the settings that stand under a name; without them, none."""
        return Given(self.values.get(name, {}), f"{self.place}.{name}", names)

    def items(self, name: str, names: Sequence[str]) -> list[Given]:
        """Return a list of settings under a name; without it, none."""
        found = self._list(name, self.values[name], least=0) if name in self.values else []
        return [Given(item, f"{self.place}.{name}[{place}]", names) for place, item in enumerate(found)]

    def comparison(self, kind: Kind, choices: type[TextChoices] | None = None, *, always: bool = False) -> Comparison:
        """Return `op` and `value`, checked for the kind. `always` says that the value is never unknown."""
        allowed = [op for op in kind.ops if not (always and op in WITHOUT_VALUE)]
        op = Op(self.choice("op", allowed))
        return Comparison(op, kind, self._value(op, kind, choices), choices)

    def free_comparison(self) -> Comparison:
        """Return `op` and `value` where the value itself says of which kind it is; texts in order must be dates."""
        op = Op(self.choice("op", Op.values))
        value = None if op in WITHOUT_VALUE else self.needed("value")
        sample = value[0] if isinstance(value, list | tuple) and value else value
        kind = _kind_of(op, sample)
        if op not in kind.ops:
            allowed = {"op": op, "ops": listed(kind.ops), "value": _quoted(sample)}
            raise self.bad("op", _("%(op)s does not suit the value %(value)s; use one of %(ops)s.") % allowed)
        return Comparison(op, kind, self._value(op, kind, None))

    def _value(self, op: Op, kind: Kind, choices: type[TextChoices] | None) -> Any:
        if op in WITHOUT_VALUE:
            if "value" in self.values:
                raise self.bad("value", _("must be left out: the operator %(op)s takes none.") % {"op": op})
            return None
        value = self.needed("value")
        if op == Op.BETWEEN:
            return self._range(value, kind)
        if op in LISTS:
            items = self._list("value", value)
            return tuple(self._one(f"value[{place}]", item, kind, choices) for place, item in enumerate(items))
        return self._one("value", value, kind, choices)

    def _range(self, value: object, kind: Kind) -> tuple[Any, Any]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise self.bad("value", _("must be a list of the lowest and the highest value."))
        low, high = (self._one(f"value[{place}]", item, kind, None) for place, item in enumerate(value))
        if low > high:
            raise self.bad("value", _("must have the lower value first."))
        return low, high

    def _one(self, name: str, value: object, kind: Kind, choices: type[TextChoices] | None) -> Any:
        if kind is Kind.NUMBER:
            return self._number(name, value)
        if kind is Kind.DATE:
            return self._date(name, value)
        if kind is Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise self.bad(name, _("must be true or false; it is %(value)s.") % {"value": _quoted(value)})
            return value
        return self._choice(name, value, choices.values) if choices else self._text(name, value)

    def _text(self, name: str, value: object, most: int = LONGEST_TEXT) -> str:
        if not isinstance(value, str):
            raise self.bad(name, _("must be a text; it is %(value)s.") % {"value": _quoted(value)})
        if not value or len(value) > most:
            raise self.bad(name, _("must be a text of 1 to %(most)s characters.") % {"most": most})
        # PostgreSQL stores neither; a statement with one of them fails as a whole.
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise self.bad(name, _("must not contain NUL or half characters."))
        return value

    def _number(self, name: str, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.bad(name, _("must be a number such as 3 or 49.90; it is %(value)s.") % {"value": _quoted(value)})
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite() or abs(number) > HIGHEST:
            raise self.bad(name, _("must be a number of at most %(most)s.") % {"most": HIGHEST})
        return number

    def _date(self, name: str, value: object) -> date:
        found = as_date(value)
        if found is None:
            raise self.bad(name, _("must be a date such as “2026-03-31”; it is %(value)s.") % {"value": _quoted(value)})
        return found

    def _list(self, name: str, value: object, least: int = 1) -> Sequence[Any]:
        if not isinstance(value, list | tuple) or not least <= len(value) <= MOST_VALUES:
            about = {"least": least, "most": MOST_VALUES}
            raise self.bad(name, _("must be a list of %(least)s to %(most)s values.") % about)
        return value

    def _choice(self, name: str, value: object, choices: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in choices:
            about = {"choices": listed(choices), "value": _quoted(value), "hint": _hint(value, choices)}
            raise self.bad(name, _("must be one of %(choices)s; it is %(value)s%(hint)s.") % about)
        return value


def as_date(value: object) -> date | None:
    """Return the date that an ISO text such as 2026-03-31 means, or None."""
    # date.fromisoformat alone would take weeks such as 2026-W14-2 as well.
    if not isinstance(value, str) or not ISO_DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _kind_of(op: Op, value: object) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | float | Decimal):
        return Kind.NUMBER
    return Kind.DATE if op in ORDER else Kind.TEXT


def _quoted(value: object) -> str:
    found = f"“{value}”" if isinstance(value, str) else repr(value)
    return found if len(found) <= 60 else f"{found[:59]}…"


def _hint(value: object, choices: Sequence[str]) -> str:
    near = get_close_matches(value, choices, n=1) if isinstance(value, str) else []
    return _(" (did you mean %(near)s?)") % {"near": near[0]} if near else ""
