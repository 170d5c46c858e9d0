"""Times, days and standing in the words in which a clerk says them, in the zone of the store."""

from __future__ import annotations

from calendar import isleap
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from content import formats
from members.models import Standing
from members.vocabulary import Channel, Churn

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_WEEK = 7


def moment(instant: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a time as people say it: today at 14:03, on Friday at 09:00, on 5 March at 09:00."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    return _("%(day)s at %(time)s") % {"day": day(local.date(), today), "time": f"{local:%H:%M}"}


def day(when: date, today: date) -> str:
    """Return a day as people say it: today, tomorrow, on Friday, on 5 March."""
    away = (when - today).days
    if -1 <= away <= 1:
        return (_("yesterday"), _("today"), _("tomorrow"))[away + 1]
    form = "EEEE" if 1 < away < _WEEK else "d MMMM" if when.year == today.year else "d MMMM y"
    return _("on %(day)s") % {"day": formats.day(when, form, _locale())}


def past_day(instant: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return the day of something past, and how long ago that is."""
    when, today = instant.astimezone(zone).date(), now.astimezone(zone).date()
    ago = (today - when).days
    if ago <= 1:
        return day(when, today)
    said = {"day": day(when, today), "ago": ago}
    return ngettext("%(day)s, %(ago)d day ago", "%(day)s, %(ago)d days ago", ago) % said


def priced(name: str, price: Decimal, currency: str) -> str:
    """Return an offer with a member's price, as every door says it: Come back, €8.99."""
    return f"{name}, {formats.money(price, currency, get_language() or 'en')}"


def channel(name: str) -> str:
    """Return a channel as it stands within a sentence: by e-mail, by SMS."""
    label = str(Channel(name).label)
    return label if label.isupper() else label.lower()


def until(end: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return until when something holds, and how long that is: until Friday, 20 March, 18:00 (10 days)."""
    local, today = end.astimezone(zone), now.astimezone(zone).date()
    if local.time() == datetime.min.time():
        local -= _INSTANT  # nobody says midnight of the next day
    left = (local.date() - today).days
    if left <= 0:
        return _("until today, %(time)s") % {"time": f"{local:%H:%M}"}
    if left == 1:
        return _("until tomorrow, %(time)s") % {"time": f"{local:%H:%M}"}
    form = "EEEE, d MMMM" if local.year == today.year else "EEEE, d MMMM y"
    words = {"day": formats.day(local.date(), form, _locale()), "time": f"{local:%H:%M}", "left": left}
    return ngettext("until %(day)s, %(time)s (%(left)d day)", "until %(day)s, %(time)s (%(left)d days)", left) % words


def birthday(born: date | None, today: date) -> str:
    """Return what to say of a birthday in this week, from Monday to Sunday; empty in all others."""
    monday = today - timedelta(days=today.weekday())
    week = [monday + timedelta(days=ahead) for ahead in range(_WEEK)]
    when = next((one for one in week if born and born < one and _comes_round(born, one)), None)
    if when is None:
        return ""
    if when >= today - _DAY:
        return _("Birthday %(day)s") % {"day": day(when, today)}
    return _("Birthday was on %(day)s") % {"day": formats.day(when, "EEEE", _locale())}


def _comes_round(born: date, when: date) -> bool:
    # As everywhere in the house: 29 February comes round on 28 February in common years.
    is_eve = (born.month, born.day) == (2, 29) and (when.month, when.day) == (2, 28) and not isleap(when.year)
    return is_eve or (born.month, born.day) == (when.month, when.day)


def churn(standing: Standing | None) -> str:
    """Return how the member's silence compares with what is usual for them."""
    if standing is None or not standing.purchases:
        return _("Has not bought yet.")
    return {
        Churn.LIGHT: _("Has stayed away a little longer than usual."),
        Churn.MODERATE: _("Has stayed away much longer than usual."),
        Churn.SEVERE: _("Was nearly lost: has stayed away very long. A warm welcome counts."),
    }.get(Churn(standing.churn), _("Comes as often as usual."))


def _locale() -> str:
    return get_language() or "en"
