"""The leaf about standing: tier, RFM, churn and what they are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

from members.rules.comparisons import Kind
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look, days_ago
from members.sql import Sql
from members.vocabulary import Churn, RfmClass, Tier


class Field(TextChoices):
    """What a standing holds; the label goes before "is"."""

    TIER = "tier", gettext_lazy("the tier")
    RFM_CLASS = "rfm_class", gettext_lazy("the RFM class")
    CHURN = "churn", gettext_lazy("the churn level")
    RECENCY = "recency", gettext_lazy("the recency score")
    FREQUENCY = "frequency", gettext_lazy("the frequency score")
    MONETARY = "monetary", gettext_lazy("the monetary score")
    SPEND = "spend", gettext_lazy("the spend of twelve months")
    TO_NEXT_TIER = "to_next_tier", gettext_lazy("the amount missing to the next tier")
    PURCHASES = "purchases", gettext_lazy("the number of purchases of all time")
    DAYS_SINCE_PURCHASE = "days_since_purchase", gettext_lazy("the number of days since the last purchase")
    TYPICAL_GAP = "typical_gap", gettext_lazy("the typical gap between purchases in days")


CHOICES: dict[Field, type[TextChoices]] = {Field.TIER: Tier, Field.RFM_CLASS: RfmClass, Field.CHURN: Churn}
COLUMNS = {
    Field.RFM_CLASS: "NULLIF(placed.rfm_class, '')",
    Field.DAYS_SINCE_PURCHASE: days_ago("placed.last_purchase_at"),
}


@dataclass(frozen=True)
class StandingLeaf(Leaf):
    """A field of the standing as it was last drawn; unknown for members without one."""

    kind = "standing"
    label = gettext_lazy("Standing")
    settings = ("field", "op", "value")

    field: Field

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a field and a comparison: of words for tier, class and churn, of numbers for the rest."""
        field = Field(given.choice("field", Field.values))
        choices = CHOICES.get(field)
        return cls(given.comparison(Kind.CHOICE if choices else Kind.NUMBER, choices), field)

    def look(self, asked: Asked) -> Look:
        """Look at the row in the table of standings."""
        value = Sql(COLUMNS.get(self.field, f"placed.{self.field.value}"), {"now": asked.now})
        return Look(value, Sql("members_standing placed"), "placed.member_id")

    def topics(self) -> frozenset[str]:
        """A purchase or points change the standing, which is brought up to date before segments are."""
        return frozenset({"standing", "purchase", "points"})

    def moves_by_time(self) -> bool:
        """Days ago move on; what else time does to a standing, its daily refresh tells."""
        return self.field is Field.DAYS_SINCE_PURCHASE

    def subject(self) -> str:
        """Return the field."""
        return str(self.field.label)
