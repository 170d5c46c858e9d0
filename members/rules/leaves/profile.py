"""Leaves about the profile: its fields, and the age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.rules.comparisons import Kind
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look, calendar
from members.sql import Sql
from members.vocabulary import Channel


class Field(TextChoices):
    """What stands in a profile; the label goes before "is"."""

    EXTERNAL_ID = "external_id", gettext_lazy("the external id")
    FIRST_NAME = "first_name", gettext_lazy("the first name")
    LAST_NAME = "last_name", gettext_lazy("the last name")
    LOCALE = "locale", gettext_lazy("the language")
    ZONE = "zone", gettext_lazy("the own time zone")
    PREFERRED_CHANNEL = "preferred_channel", gettext_lazy("the preferred channel")
    BIRTHDAY = "birthday", gettext_lazy("the birthday")
    JOINED_ON = "joined_on", gettext_lazy("the day of joining")
    DAYS_SINCE_JOINED = "days_since_joined", gettext_lazy("the number of days since joining")


KINDS = {
    Field.PREFERRED_CHANNEL: Kind.CHOICE,
    Field.BIRTHDAY: Kind.DATE,
    Field.JOINED_ON: Kind.DATE,
    Field.DAYS_SINCE_JOINED: Kind.NUMBER,
}
COLUMNS = {Field.ZONE: "m.zone_id", Field.BIRTHDAY: "m.birthday", Field.JOINED_ON: "m.joined_on"}


@dataclass(frozen=True)
class ProfileLeaf(Leaf):
    """A field of the member's profile; an empty text counts as unknown."""

    kind = "profile"
    label = gettext_lazy("Profile")
    settings = ("field", "op", "value")

    field: Field

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a field and a comparison of its kind."""
        field = Field(given.choice("field", Field.values))
        choices = Channel if field is Field.PREFERRED_CHANNEL else None
        return cls(given.comparison(KINDS.get(field, Kind.TEXT), choices), field)

    def look(self, asked: Asked) -> Look:
        """Look at the member's row, or for days at the calendar of the member's zone."""
        if self.field is Field.DAYS_SINCE_JOINED:
            here = calendar(asked.now)
            return Look(
                Sql("here.local_date - here.joined_on"), Sql(f"{here.text} here", here.params), "here.member_id"
            )
        return Look(Sql(COLUMNS.get(self.field, f"NULLIF(m.{self.field.value}, '')")))

    def topics(self) -> frozenset[str]:
        """Profiles change by imports and by hand."""
        return frozenset({"profile"})

    def moves_by_time(self) -> bool:
        """Days move on."""
        return self.field is Field.DAYS_SINCE_JOINED

    def subject(self) -> str:
        """Return the field."""
        return str(self.field.label)


@dataclass(frozen=True)
class AgeLeaf(Leaf):
    """Whole years since the birthday, on the member's local date."""

    kind = "age"
    label = gettext_lazy("Age")
    settings = ("op", "value")

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a comparison of numbers."""
        return cls(given.comparison(Kind.NUMBER))

    def look(self, asked: Asked) -> Look:
        """Look at the calendar of the member's zone; adding years to a 29 February gives 28 in common years."""
        here = calendar(asked.now)
        years = "(extract(year FROM here.local_date) - extract(year FROM here.birthday))::int"
        not_yet = f"(here.birthday + make_interval(years => {years}))::date > here.local_date"
        value = f"{years} - CASE WHEN {not_yet} THEN 1 ELSE 0 END"
        return Look(Sql(value), Sql(f"{here.text} here", here.params), "here.member_id")

    def topics(self) -> frozenset[str]:
        """The birthday belongs to the profile."""
        return frozenset({"profile"})

    def moves_by_time(self) -> bool:
        """Members grow older."""
        return True

    def subject(self) -> str:
        """Return the age."""
        return _("the age in years")
