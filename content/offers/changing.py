"""Who hears of every change of a grant, in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Change(TextChoices):
    """What became of a grant."""

    GRANTED = "granted", _("Granted")
    REDEEMED = "redeemed", _("Redeemed")
    UNDONE = "undone", _("Redemption undone")  # it is live again, or has expired
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DECLINED = "declined", _("Declined")


Listening = Callable[[list[int], Change, datetime], None]
_listening: list[Listening] = []


def on_changed(callback: Listening) -> None:
    """Have `callback(grant ids, change, now)` called inside each transaction that changes grants.

    For AppConfig.ready.
    """
    if callback not in _listening:
        _listening.append(callback)


def deaf(callback: Listening) -> None:
    """Undo `on_changed`."""
    _listening.remove(callback)


def changed(grants: list[int], change: Change, now: datetime) -> None:
    """Tell those who registered what became of these grants; called inside the transaction that did it."""
    for callback in _listening if grants else ():
        callback(grants, change, now)
