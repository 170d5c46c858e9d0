"""Fields of what is sent to the API: strict, and each says what would be right.

DRF's own fields forgive: a number may be a text, a time needs no offset, an amount may be binary. They also cost: DRF's
walk over an event takes a third of a millisecond, the one of `reading` over these a twentieth of that. So these declare
what the schema says and how a value is read; serializers made of them are read by `reading` and never by DRF.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from members.facts import checks

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)
AMOUNT = r"[0-9]{1,10}(\.[0-9]{1,2})?"
SLUG = r"[-a-zA-Z0-9_]+"


class Wrong(ValueError):
    """A value cannot be one of its field; the field's `right` says what can."""


class Strict(serializers.Field[Any, Any, Any, Any], ABC):
    """A field whose value is read by `read`, or in a query by `read_text`; both raise Wrong.

    `schema` is what OpenAPI says of it, `right` completes the sentence "“field” is …; write …".
    """

    right: StrOrPromise = ""

    def __init__(self, *, example: object = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the field."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """Return the value of a JSON value."""

    def read_text(self, text: str) -> Any:
        """Return the value of a text in a query."""
        return self.read(text)


class Text(Strict):
    """A line of printable characters; `pattern` is a regular expression that JavaScript and Python read alike."""

    def __init__(
        self, longest: int, *, least: int = 1, pattern: str = "", right: StrOrPromise = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.longest, self.least, self.pattern = longest, least, pattern
        self._fits = re.compile(pattern, re.ASCII).fullmatch if pattern else None
        self.right = right or (
            _("write %(least)d to %(longest)d printable characters") % {"least": least, "longest": longest}
        )

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the field."""
        found = {"type": "string", "minLength": self.least, "maxLength": self.longest}
        return {**found, "pattern": f"^{self.pattern}$"} if self.pattern else found

    def read(self, value: Any) -> str:
        """Return the text as it is."""
        good = type(value) is str and self.least <= len(value) <= self.longest and value.isprintable()
        if good and (self._fits is None or self._fits(value)):
            return str(value)
        raise Wrong


class Name(Text):
    """A person's name, which may hold the invisible joiners of Persian, Hindi and other scripts; it may be empty."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(longest, least=0, **kwargs)

    def read(self, value: Any) -> str:
        """Return the name as it is."""
        if type(value) is str and len(value) <= self.longest and value.translate(checks.JOINERS).isprintable():
            return value
        raise Wrong


class Prose(Strict):
    """Text of several lines."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest
        self.right = _("write text of at most %(longest)d characters, without NUL characters") % {"longest": longest}

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the field."""
        return {"type": "string", "maxLength": self.longest}

    def read(self, value: Any) -> str:
        """Return the text as it is."""
        if type(value) is str and len(value) <= self.longest and "\0" not in value and not checks.HALVES.search(value):
            return value
        raise Wrong


class Choice(Strict):
    """One of a few words."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = [str(choice) for choice in choices]
        self._known = frozenset(self.choices)
        self.right = _("write one of %(choices)s") % {"choices": ", ".join(self.choices)}

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the field."""
        return {"type": "string", "enum": self.choices}

    def read(self, value: Any) -> str:
        """Return the word."""
        if type(value) is str and value in self._known:
            return value
        raise Wrong


class Whole(Strict):
    """A whole number; neither 1.0 nor "1" nor true is one."""

    def __init__(self, least: int = -checks.MOST, most: int = checks.MOST, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most
        self.right = _("write a whole number from %(least)d to %(most)d") % {"least": least, "most": most}

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the field."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, value: Any) -> int:
        """Return the number."""
        if type(value) is int and self.least <= value <= self.most:
            return value
        raise Wrong

    def read_text(self, text: str) -> int:
        """Return the number that digits are."""
        if not WHOLE.fullmatch(text):
            raise Wrong
        return self.read(int(text))


class Flag(Strict):
    """True or false."""

    right = _("write true or false")
    schema = {"type": "boolean"}

    def read(self, value: Any) -> bool:
        """Return it as it is."""
        if type(value) is bool:
            return value
        raise Wrong

    def read_text(self, text: str) -> bool:
        """Return what the words of JSON say."""
        if text not in {"true", "false"}:
            raise Wrong
        return text == "true"


class Money(Strict):
    """An amount as a decimal text, since no binary number is ten cents; its currency stands beside it."""

    right = _('write an amount as text, such as "12.50", from 0 on with at most two decimals')
    schema = {"type": "string", "pattern": f"^{AMOUNT}$", "examples": ["12.50"]}
    _fits = re.compile(AMOUNT, re.ASCII).fullmatch

    def read(self, value: Any) -> Decimal:
        """Return the amount."""
        if type(value) is str and Money._fits(value):
            return Decimal(value)
        raise Wrong


class Instant(Strict):
    """A time with its offset, as RFC 3339 has it."""

    right = _("write a time with its offset, such as 2026-03-10T12:00:00+01:00, of the years 1900 to 2199")
    schema = {"type": "string", "format": "date-time", "examples": ["2026-03-10T12:00:00+01:00"]}

    def read(self, value: Any) -> datetime:
        """Return the time, with the offset that it was written with."""
        if type(value) is str and TIME.fullmatch(value):
            try:
                found = datetime.fromisoformat(value.upper())
            except ValueError as error:
                raise Wrong from error
            if checks.EARLIEST <= found < checks.LATEST:
                return found
        raise Wrong

    def read_text(self, text: str) -> datetime:
        """Return the time; a plus that was not escaped has become a blank."""
        return self.read(text.replace(" ", "+")).astimezone(UTC)


class Day(Strict):
    """A date."""

    right = _("write a date such as 1990-03-14, of the years 1900 to 2199")
    schema = {"type": "string", "format": "date", "examples": ["1990-03-14"]}

    def read(self, value: Any) -> date:
        """Return the date."""
        if type(value) is str and DAY.fullmatch(value):
            try:
                found = date.fromisoformat(value)
            except ValueError as error:
                raise Wrong from error
            if checks.EARLIEST.year <= found.year < checks.LATEST.year:
                return found
        raise Wrong


class Document(Strict):
    """A JSON object of any contents; what cannot be stored of it is refused where it would be."""

    right = _("write a JSON object")
    schema = {"type": "object", "additionalProperties": True}

    def read(self, value: Any) -> dict[str, Any]:
        """Return the object."""
        if type(value) is dict:
            return value
        raise Wrong


class PublicId(Strict):
    """The id by which addresses name something."""

    right = _("write an id such as 2f1c9a52-7d0e-4f5b-9b1c-0a6f5c3e8d21")
    schema = {"type": "string", "format": "uuid"}
    _fits = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII).fullmatch

    def read(self, value: Any) -> UUID:
        """Return the id."""
        if type(value) is str and PublicId._fits(value):
            return UUID(value)
        raise Wrong
