"""The leaf about the home store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Store
from members.rules.comparisons import Comparison, Kind, Op, listed
from members.rules.errors import BadRule
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look
from members.sql import Sql


@dataclass(frozen=True)
class StoreLeaf(Leaf):
    """Whether the member's home store is one of some."""

    kind = "store"
    label = gettext_lazy("Home store")
    settings = ("code",)

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read one code or several."""
        given.needed("code")
        return cls(Comparison(Op.IN, Kind.TEXT, given.texts("code")))

    def look(self, asked: Asked) -> Look:
        """Look at the store of the member's row."""
        tables = Sql("members_member customer JOIN members_store home ON home.id = customer.home_store_id")
        return Look(Sql("home.code"), tables, "customer.id")

    def topics(self) -> frozenset[str]:
        """The home store belongs to the profile."""
        return frozenset({"profile"})

    def subject(self) -> str:
        """Return the home store."""
        return _("the home store")

    def check_references(self, place: str) -> None:
        """Every code must be a store's."""
        stores = list(Store.objects.values_list("code", flat=True))
        for code in self.test.value:
            if code not in stores:
                hint = {"code": code, "codes": listed(stores[:20]) or _("none")}
                raise BadRule(f"{place}.code", _("names the store “%(code)s”, but there are %(codes)s.") % hint)
