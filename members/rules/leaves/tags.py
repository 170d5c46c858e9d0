"""The leaf about tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.rules.comparisons import Op, known, shown
from members.rules.given import Given
from members.rules.leaf import HasLeaf
from members.rules.looks import Asked, Look
from members.sql import Sql


@dataclass(frozen=True)
class TagLeaf(HasLeaf):
    """Whether the member carries a tag."""

    kind = "tag"
    label = gettext_lazy("Tag")
    settings = ("name", "has")

    name: str

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a name; `has: false` asks for its absence."""
        return cls(known(given.flag("has", default=True)), given.text("name"))

    def look(self, asked: Asked) -> Look:
        """Look at the tags that were put on by then."""
        return Look(
            Sql("tagged.since"),
            Sql("members_tag tagged"),
            "tagged.member_id",
            Sql("tagged.name = %(name)s AND tagged.since <= %(now)s", {"name": self.name, "now": asked.now}),
        )

    def topics(self) -> frozenset[str]:
        """Return the topic of tags."""
        return frozenset({"tag"})

    def describe(self) -> str:
        """Return the tag, wanted or not."""
        words = _("the tag “%(name)s” is set") if self.test.op == Op.IS_SET else _("the tag “%(name)s” is not set")
        return words % {"name": self.name}

    def found(self, value: Any) -> str:
        """Return since when."""
        return _("Tagged since %(day)s") % {"day": shown(value)} if value else _("Not tagged")
