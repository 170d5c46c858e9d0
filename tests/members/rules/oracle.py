"""What a rule means, in naive Python: one person at a time, no SQL, nothing of `members.rules`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from members.zones import zone
from tests.members import lots
from tests.members.rules.population import STORES, Bought, Person, Population


@dataclass
class Oracle:
    """Answers for a population; facts at or before `since` do not count where it is given."""

    population: Population
    since: datetime | None = None

    def holds(self, rule: dict[str, Any], person: Person) -> bool:
        """Say whether the rule holds for the person."""
        [(word, inner)] = rule.items()
        if word in ("all", "any", "none"):
            verdicts = [self.holds(one, person) for one in inner]
            return {"all": all(verdicts), "any": any(verdicts), "none": not any(verdicts)}[word]
        return bool(getattr(self, word)(inner, person))

    # What is written down about a person

    def profile(self, asked: dict[str, Any], person: Person) -> bool:
        if asked["field"] == "days_since_joined":
            joined = person.fields["joined_on"]
            return compared(asked, joined and (self._today(person) - joined).days)
        found = person.fields[asked["field"]]
        return compared(asked, None if found == "" else found)

    def attribute(self, asked: dict[str, Any], person: Person) -> bool:
        return compared_json(asked, person.attributes.get(asked["name"]))

    def tag(self, asked: dict[str, Any], person: Person) -> bool:
        since = person.tags.get(asked["name"])
        return bool(since and since <= self.population.now) is asked.get("has", True)

    def age(self, asked: dict[str, Any], person: Person) -> bool:
        born = person.fields["birthday"]
        if born is None:
            return compared(asked, None)
        today = self._today(person)
        years = today.year - born.year
        return compared(asked, years if anniversary(born, today.year) <= today else years - 1)

    def store(self, asked: dict[str, Any], person: Person) -> bool:
        codes = [asked["code"]] if isinstance(asked["code"], str) else asked["code"]
        return person.store in codes

    def segment(self, asked: dict[str, Any], person: Person) -> bool:
        return bool(asked["key"] in person.segments) is asked.get("member", True)

    # What they allow

    def consent(self, asked: dict[str, Any], person: Person) -> bool:
        about = (asked["channel"], asked["purpose"])
        said = [(at, granted) for *what, granted, at in person.consents if tuple(what) == about]
        known = sorted((one for one in said if one[0] <= self.population.now), key=lambda one: one[0])
        return bool(known and known[-1][1]) is asked.get("granted", True)

    def suppressed(self, asked: dict[str, Any], person: Person) -> bool:
        address, _verified = person.addresses.get(asked["channel"], (None, False))
        return (asked["channel"], address) in self.population.suppressed

    def reachable(self, asked: dict[str, Any], person: Person) -> bool:
        _address, verified = person.addresses.get(asked["channel"], (None, False))
        return verified and not self.suppressed(asked, person)

    # What they did

    def standing(self, asked: dict[str, Any], person: Person) -> bool:
        if person.standing is None:
            return compared(asked, None)
        if asked["field"] == "days_since_purchase":
            return compared(asked, self._days_since(person.standing["last_purchase_at"]))
        found = person.standing[asked["field"]]
        return compared(asked, None if found == "" else found)

    def purchases(self, asked: dict[str, Any], person: Person) -> bool:
        where, measure = asked.get("where", {}), asked["measure"]
        money = measure in ("sum", "average") or "min_total" in where
        currency = where.get("currency", "EUR" if money else None)
        found = [
            bought
            for bought in person.bought
            if self._counts(bought.at, asked)
            and ("store" not in where or bought.store == where["store"])
            and (currency is None or bought.currency == currency)
            and ("min_total" not in where or bought.total >= number(where["min_total"]))
        ]
        if "sku" in where or "category" in where:
            found = [replace(bought, lines=_matching(bought, where)) for bought in found if _matching(bought, where)]
            return compared(asked, self._measured_lines(measure, found))
        return compared(asked, self._measured(measure, found))

    def _measured(self, measure: str, found: list[Bought]) -> Any:
        kept = [one for one in found if one.quantity > 0]
        return self._figures(measure, found, kept, [one.total for one in kept])

    def _measured_lines(self, measure: str, found: list[Bought]) -> Any:
        kept = [replace(one, lines=[line for line in one.lines if line.quantity > 0]) for one in found]
        kept = [one for one in kept if one.lines]
        return self._figures(measure, found, kept, [one.total for one in kept])

    def _figures(self, measure: str, found: list[Bought], kept: list[Bought], totals: list[Decimal]) -> Any:
        figures: dict[str, Callable[[], Any]] = {
            "count": lambda: len(kept),
            "sum": lambda: sum((one.total for one in found), Decimal(0)),
            "quantity": lambda: sum(one.quantity for one in found),
            "average": lambda: (
                (sum(totals, Decimal(0)) / len(totals)).quantize(Decimal("0.01"), ROUND_HALF_UP) if totals else None
            ),
            "last_days_ago": lambda: self._days_since(max((one.at for one in kept), default=None)),
            "first_days_ago": lambda: self._days_since(min((one.at for one in kept), default=None)),
        }
        return figures[measure]()

    def events(self, asked: dict[str, Any], person: Person) -> bool:
        found = [
            one
            for one in person.happened
            if one.name == asked["name"]
            and self._counts(one.at, asked)
            and all(
                compared_json(condition, one.properties.get(condition["property"]))
                for condition in asked.get("where", [])
            )
        ]
        measure = asked.get("measure", "count")
        if measure == "count":
            return compared(asked, len(found))
        if measure == "last_days_ago":
            return compared(asked, self._days_since(max((one.at for one in found), default=None)))
        values: list[Any] = [one.properties.get(asked["property"]) for one in found]
        return compared(asked, sum((number(value) for value in values if is_number(value)), Decimal(0)))

    def touchpoints(self, asked: dict[str, Any], person: Person) -> bool:
        names = ("channel", "direction", "kind", "journey", "offer")
        found = [
            one
            for one in person.contacts
            if self._counts(one.at, asked) and all(one.filters[name] == asked[name] for name in names if name in asked)
        ]
        if asked.get("measure", "count") == "count":
            return compared(asked, len(found))
        return compared(asked, self._days_since(max((one.at for one in found), default=None)))

    def points(self, asked: dict[str, Any], person: Person) -> bool:
        now, measure = self.population.now, asked["measure"]
        if measure in ("earned", "spent"):
            kept = [one.points for one in person.entries if one.kind == measure and self._counts(one.at, asked)]
            return compared(asked, abs(sum(kept)))
        entries = [(one.at, one.kind, one.points, one.expires_at) for one in person.entries]
        points, alive = lots.balance(entries, now)
        if measure == "balance":
            return compared(asked, points)
        until = now + timedelta(days=asked["within_days"])
        return compared(asked, sum(lot.left for lot in alive if lot.ends_at <= until))

    def anniversary(self, asked: dict[str, Any], person: Person) -> bool:
        day = self._day(asked["of"], person)
        if day is None:
            return False
        today, first = self._today(person), asked.get("from_days", 0)
        window = [today + timedelta(days) for days in range(first, asked.get("to_days", max(first, 0)) + 1)]
        return any(anniversary(day, one.year) == one and one.year > day.year for one in window)

    def _day(self, of: str, person: Person) -> date | None:
        if of.startswith("attribute:"):
            return as_date(person.attributes.get(of.removeprefix("attribute:")))
        if of == "first_purchase":
            first = min((one.at for one in person.bought if one.quantity > 0), default=None)
            known = first is not None and first <= self.population.now
            return first.astimezone(self._zone(person)).date() if first and known else None
        found: date | None = person.fields[of]
        return found

    def _zone(self, person: Person) -> ZoneInfo:
        return zone(person.fields["zone"] or (STORES[person.store] if person.store else "UTC"))

    def _today(self, person: Person) -> date:
        return self.population.now.astimezone(self._zone(person)).date()

    def _counts(self, at: datetime, asked: dict[str, Any]) -> bool:
        now, days = self.population.now, asked.get("within_days")
        recent = days is None or at > now - timedelta(days=days)
        return at <= now and recent and (self.since is None or at > self.since)

    def _days_since(self, at: datetime | None) -> int | None:
        return None if at is None else (self.population.now - at) // timedelta(days=1)


def anniversary(day: date, year: int) -> date:
    """Return the day in another year; in common years 28 February stands in for the 29th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def compared(asked: dict[str, Any], found: Any) -> bool:
    """Compare a value that was found with what is asked for; None is unknown."""
    op: str = asked["op"]
    value: Any = asked.get("value")
    if isinstance(found, date):
        value = (
            [date.fromisoformat(one) for one in value]
            if isinstance(value, list)
            else value and date.fromisoformat(value)
        )
    elif is_number(found):
        found = number(found)
        value = [number(one) for one in value] if isinstance(value, list) else None if value is None else number(value)
    meanings: dict[str, Callable[[], bool]] = {
        "eq": lambda: found is not None and found == value,
        "ne": lambda: found is None or found != value,
        "lt": lambda: found is not None and found < value,
        "lte": lambda: found is not None and found <= value,
        "gt": lambda: found is not None and found > value,
        "gte": lambda: found is not None and found >= value,
        "between": lambda: found is not None and value[0] <= found <= value[1],
        "in": lambda: found is not None and found in value,
        "not_in": lambda: found is None or found not in value,
        "contains": lambda: found is not None and value.lower() in found.lower(),
        "starts_with": lambda: found is not None and found.lower().startswith(value.lower()),
        "is_set": lambda: found is not None,
        "not_set": lambda: found is None,
    }
    return meanings[op]()


def each(convert: Callable[[Any], Any], value: Any) -> Any:
    """Convert a value, or each one of a list; None stays None."""
    if isinstance(value, list):
        return [convert(one) for one in value]
    return None if value is None else convert(value)


def compared_json(asked: dict[str, Any], found: Any) -> bool:
    """Compare a JSON value; one of another type than the value asked for is unknown."""
    op, value = asked["op"], asked.get("value")
    if op in ("is_set", "not_set"):
        return compared(asked, found)
    sample = value[0] if isinstance(value, list) else value
    if isinstance(sample, bool):
        return compared(asked, found if isinstance(found, bool) else None)
    if is_number(sample):
        return compared(asked, found if is_number(found) else None)
    if op in ("lt", "lte", "gt", "gte", "between"):
        return compared(asked, as_date(found))
    return compared(asked, found if isinstance(found, str) else None)


def as_date(found: object) -> date | None:
    """Return the date in a text such as 2026-03-31."""
    try:
        return datetime.strptime(found, "%Y-%m-%d").replace(tzinfo=UTC).date() if isinstance(found, str) else None
    except ValueError:
        return None


def is_number(value: object) -> bool:
    """Say whether a value is a number; true and false are none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def number(value: float | Decimal) -> Decimal:
    """Return a number as it is written."""
    return Decimal(str(value))


def _matching(bought: Bought, where: dict[str, Any]) -> list[Any]:
    return [
        line
        for line in bought.lines
        if ("sku" not in where or line.sku in where["sku"])
        and ("category" not in where or line.category == where["category"])
    ]
