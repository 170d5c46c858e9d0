"""Days that come round: one rule of RFC 5545, as python-dateutil follows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.definition import fields
from journeys.definition.errors import BadDefinition, nearest, shown

EXAMPLE = "FREQ=MONTHLY;BYMONTHDAY=1"
LONGEST_WAIT = timedelta(days=3653)
FIRST_YEAR, LAST_YEAR = 2000, 2199
# dateutil looks for the next day of a rule until the year 9999: seven seconds for a daily rule that has none. The
# calendar repeats every 400 years, to the weekday; so rules are followed that much later, where the end is near.
_LATER = 19 * 400

_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = f"(?:{'|'.join(_WEEK)})"
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
# The highest number of each part that lists numbers; all but months also count from the end.
_HIGHEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_FORMS = {
    "FREQ": "|".join(_FREQUENCIES),
    "INTERVAL": r"0*[1-9]\d{0,3}",
    "COUNT": r"0*[1-9]\d{0,4}",
    "UNTIL": r"\d{8}",
    "WKST": _WEEKDAY,
    "BYDAY": rf"([+-]?\d{{1,2}})?{_WEEKDAY}(,([+-]?\d{{1,2}})?{_WEEKDAY})*",
    "BYMONTH": r"\d{1,2}(,\d{1,2})*",
    **dict.fromkeys(("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"), r"[+-]?\d{1,3}(,[+-]?\d{1,3})*"),
}
_ELSEWHERE = ("DTSTART", "RDATE", "EXDATE", "EXRULE")
_OF_THE_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
# RFC 5545, 3.3.10: with which frequencies a part makes no sense.
_NOT_WITH = {
    "BYMONTHDAY": ("WEEKLY",),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYWEEKNO": ("DAILY", "WEEKLY", "MONTHLY"),
}


def check(every: object, start: date, place: str) -> None:
    """Refuse what is no rule, what the entry says elsewhere, and a rule that names no day within ten years."""
    parts = _parts(every, place)
    _check_values(parts, place)
    _check_together(parts, place)
    first = next((day for day in map(_back, _followed(str(every), start)) if day >= start), None)
    if first is None or first > start + LONGEST_WAIT:
        raise BadDefinition(place, _("no day within ten years fits this rule; correct it."))


def days(every: str, start: date, first: date, last: date) -> list[date]:
    """Return the days of a checked rule from `first` to `last`, both included, that are not before `start`."""
    furthest = date(9999 - _LATER, 12, 31)
    if first > furthest:
        return []
    first, last = max(first, start), min(last, furthest)
    found = _followed(every, start).between(_later(first), _later(last), inc=True)
    return [_back(day) for day in found]


def in_words(every: str) -> str:
    """Return how often a rule comes round, as a sentence."""
    parts = _parts(every, "")
    count = int(parts.get("INTERVAL", "1"))
    sentences = {
        "DAILY": ngettext("Every day.", "Every %(count)d days.", count),
        "WEEKLY": ngettext("Every week.", "Every %(count)d weeks.", count),
        "MONTHLY": ngettext("Every month.", "Every %(count)d months.", count),
        "YEARLY": ngettext("Every year.", "Every %(count)d years.", count),
    }
    return sentences[parts["FREQ"]] % {"count": count}


def _parts(every: object, place: str) -> Mapping[str, str]:
    text = fields.text(every, place, 500).upper()
    for word in _ELSEWHERE:
        if word in text:
            sentence = _("`{word}` does not belong here; write one rule alone, and its first day under `from`.")
            raise BadDefinition(place, sentence.format(word=word))
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        _check_name(name if sign else "", part, place)
        if name in parts:
            raise BadDefinition(place, _("`{name}` stands twice; write it once.").format(name=name))
        parts[name] = value
    return parts


def _check_name(name: str, part: str, place: str) -> None:
    if name in _OF_THE_DAY:
        sentence = _("`{name}` is a time of day; remove it and say the time under `at`.")
        raise BadDefinition(place, sentence.format(name=name))
    if not re.fullmatch(r"[A-Z]+", name, re.ASCII):
        sentence = _("`{part}` is no part of a rule; write parts with `;` between them, such as `{example}`.")
        raise BadDefinition(place, sentence.format(part=shown(part), example=EXAMPLE))
    if name not in _FORMS:
        sentence = _("there is no part `{name}` in a rule; {hint}")
        raise BadDefinition(place, sentence.format(name=shown(name), hint=nearest(name, list(_FORMS))))


def _check_values(parts: Mapping[str, str], place: str) -> None:
    if "FREQ" not in parts:
        sentence = _("the rule does not say how often; begin it with `FREQ=`, such as `{example}`.")
        raise BadDefinition(place, sentence.format(example=EXAMPLE))
    if parts["FREQ"] in ("HOURLY", "MINUTELY", "SECONDLY"):
        sentence = _("a rule names days, at most one entry a day; use `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`.")
        raise BadDefinition(place, sentence)
    for name, value in parts.items():
        if not re.fullmatch(_FORMS[name], value, re.ASCII) or not _within(name, value):
            sentence = _("`{part}` cannot be read; {hint}")
            raise BadDefinition(place, sentence.format(part=shown(f"{name}={value}"), hint=_hint(name)))


def _within(name: str, value: str) -> bool:
    if name == "UNTIL":
        try:
            return bool(datetime.strptime(value, "%Y%m%d"))  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return False
    if name == "BYDAY":
        return all(1 <= abs(int(number)) <= 53 for number in re.findall(r"[+-]?\d+", value))
    highest = _HIGHEST.get(name)
    return highest is None or all(1 <= abs(int(number)) <= highest for number in value.split(","))


def _hint(name: str) -> str:
    if name == "UNTIL":
        return _("write the last day, such as `20271231`.")
    if name in ("INTERVAL", "COUNT"):
        return _("write a whole number of 1 or more.")
    if name in _HIGHEST:
        return _("write numbers up to {highest}, with commas between them.").format(highest=_HIGHEST[name])
    return _("write {words}.").format(words="`MO` … `SU`" if name != "FREQ" else ", ".join(_FREQUENCIES))


def _check_together(parts: Mapping[str, str], place: str) -> None:
    frequency = parts["FREQ"]
    numbered = re.search(r"\d", parts.get("BYDAY", ""))
    wrong = [name for name, refused in _NOT_WITH.items() if name in parts and frequency in refused]
    if numbered and (frequency in ("DAILY", "WEEKLY") or "BYWEEKNO" in parts):
        wrong.append("BYDAY")
    if wrong:
        sentence = _("`{name}` like this does not go with the rest of a rule of `FREQ={frequency}`; see RFC 5545.")
        raise BadDefinition(place, sentence.format(name=wrong[0], frequency=frequency))
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadDefinition(place, _("`COUNT` and `UNTIL` both end the rule; write one of them."))
    if "BYSETPOS" in parts and not any(name.startswith("BY") for name in parts if name != "BYSETPOS"):
        raise BadDefinition(place, _("`BYSETPOS` chooses among the days of another `BY` part; add one."))


@lru_cache(maxsize=256)
def _followed(every: str, start: date) -> rrule:
    """Return a rule's days, that much later; of a weekly one with BYSETPOS days before `start` may come first."""
    parts = dict(_parts(every, ""))
    if "UNTIL" in parts:
        until = min(int(parts["UNTIL"][:4]) + _LATER, 9999)
        parts["UNTIL"] = f"{until:04}{parts['UNTIL'][4:]}"
    begins = _later(start)
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        # BYSETPOS chooses among the days of a whole week; dateutil would choose among those left of the first one.
        begins -= timedelta(days=(start.weekday() - _WEEK.index(parts.get("WKST", "MO"))) % 7)
        if "COUNT" in parts:
            uncounted = _rule({**parts, "COUNT": "7"}, begins).between(begins, _later(start), inc=True)
            parts["COUNT"] = str(int(parts["COUNT"]) + len([day for day in uncounted if day < _later(start)]))
    return _rule(parts, begins)


def _rule(parts: Mapping[str, str], begins: datetime) -> rrule:
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    found = rrulestr(text, dtstart=begins, cache=True)
    if not isinstance(found, rrule):
        raise TypeError(f"{text} is more than one rule.")
    return found


def _later(day: date) -> datetime:
    return datetime.combine(day.replace(year=day.year + _LATER), time.min)


def _back(day: datetime) -> date:
    return day.date().replace(year=day.year - _LATER)
