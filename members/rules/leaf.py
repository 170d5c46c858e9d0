"""What a leaf is: one question about a member, with settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from members.rules.comparisons import Comparison
from members.rules.given import Given
from members.rules.looks import Asked, Look


@dataclass(frozen=True)
class Leaf(ABC):
    """A question read from a rule: where its value is found (`look`) and what is asked of it (`test`).

    A new kind is a subclass with three class attributes, registered by `registry.register`: the word that stands in
    rules, a label for screens, and the names of all settings.
    """

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    settings: ClassVar[tuple[str, ...]]

    test: Comparison

    @classmethod
    @abstractmethod
    def read(cls, given: Given) -> Self:
        """Return the leaf that the settings describe. Raises BadRule."""

    @abstractmethod
    def look(self, asked: Asked) -> Look:
        """Return where the value is found, as of the time asked."""

    @abstractmethod
    def topics(self) -> frozenset[str]:
        """Return the topics of news after which the answer may be another one."""

    def moves_by_time(self) -> bool:
        """Return whether the answer may become another one by time alone, without news."""
        return False  # most leaves ask what was said or done

    @abstractmethod
    def subject(self) -> str:
        """Return what the value is, in words that go before "is", such as "the number of purchases"."""

    def describe(self) -> str:
        """Return the question as words that go on from "members for whom"."""
        return _("%(subject)s is %(test)s") % {"subject": self.subject(), "test": self.test.words()}

    def found(self, value: Any) -> str:
        """Return a value that was found as words."""
        return self.test.shown(value)

    def explain(self, value: Any) -> str:
        """Return one sentence about a member: what was found, and what is asked for."""
        about = {"subject": self.subject(), "found": self.found(value), "test": self.test.words()}
        sentence = _("%(subject)s is %(found)s; asked for is %(test)s.") % about
        return sentence[:1].upper() + sentence[1:]

    def segments(self) -> frozenset[str]:
        """Return the keys of the segments that the question is about."""
        return frozenset()

    def check_references(self, place: str) -> None:
        """Raise BadRule when the leaf names something that the database does not hold."""
        return  # most leaves name nothing


class HasLeaf(Leaf):
    """A leaf that asks whether something is there; what is found is when it came, or just true."""

    def explain(self, value: Any) -> str:
        """Return one sentence: what is the case, and what is asked for."""
        about = {"found": self.found(value), "asked": self.describe()}
        return _("%(found)s; asked for: %(asked)s.") % about

    def subject(self) -> str:
        """Presence has no value to speak of."""
        return self.describe()

    @abstractmethod
    def describe(self) -> str:
        """Return the question as words that go on from "members for whom"."""

    @abstractmethod
    def found(self, value: Any) -> str:
        """Return the state that was found as words, with a capital letter."""
