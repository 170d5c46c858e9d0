"""The leaf about free attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.rules import json_values
from members.rules.comparisons import WITHOUT_VALUE
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look


@dataclass(frozen=True)
class AttributeLeaf(Leaf):
    """A value of the member's free attributes, of the type that the rule's value has."""

    kind = "attribute"
    label = gettext_lazy("Attribute")
    settings = ("name", "op", "value")

    name: str

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a name and a comparison of any kind."""
        return cls(given.free_comparison(), given.text("name"))

    def look(self, asked: Asked) -> Look:
        """Look into the member's row."""
        whatever = self.test.op in WITHOUT_VALUE
        return Look(json_values.value("m.attributes", self.name, self.test.kind, whatever=whatever))

    def topics(self) -> frozenset[str]:
        """Attributes belong to the profile."""
        return frozenset({"profile"})

    def subject(self) -> str:
        """Return the attribute's name."""
        return _("the attribute “%(name)s”") % {"name": self.name}
