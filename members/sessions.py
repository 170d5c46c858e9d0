"""Sessions: how long somebody stays signed in, idle and at most. Instants are seconds since 1970 of the real clock."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

_IDLE_UNTIL, _ENDS = "idle_until", "ends"
SLACK = 60  # seconds: not every click is worth a write


def forget(now: datetime) -> int:
    """Delete the sessions that ended before an instant, and return how many; nobody could come back to them."""
    return int(Session.objects.filter(expire_date__lt=now).delete()[0])


def why_over(session: SessionBase, now: float) -> str:
    """Return the sentence why a session is over, an empty text while it is not."""
    if now >= session.get(_ENDS, now + 1):
        return _("You were signed in for a long time. Please sign in again.")
    if now >= session.get(_IDLE_UNTIL, now + 1):
        return _("You were signed out because nothing was done here for a while.")
    return ""


def touch(session: SessionBase, now: float, *, shared: bool) -> None:
    """Note that somebody is at work; on a device that several people share, such as a till, that holds for less."""
    if _ENDS not in session:
        session[_ENDS] = now + settings.CHORALE_SESSION_HOURS * 3600
    minutes = settings.CHORALE_TILL_IDLE_MINUTES if shared else settings.CHORALE_IDLE_MINUTES
    until, known = now + minutes * 60, session.get(_IDLE_UNTIL, 0)
    if not 0 <= until - known < min(SLACK, minutes * 30):
        session[_IDLE_UNTIL] = until
