"""After a restore: the time between the backup and now is played again, and nothing leaves a second time.

The engine would do again what it did between the backup and the loss, for the database knows nothing of it. So it does,
with the clock handed in, and what would have left meanwhile becomes unconfirmed instead of leaving. Whatever is due
later leaves as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from channels import lost
from journeys.play import Outside, Played, play, played_until
from members import backdating, pulses
from members.models import Pulse

EVERY = timedelta(minutes=5)
# A worker notes a look in five seconds; one that was seen more recently than this runs.
_AT_WORK = timedelta(minutes=1)


class NotNow(Exception):
    """The lost time cannot be played; the message says why and what to do."""


def restored(backup: datetime, until: datetime, now: datetime, told: Callable[[datetime], None]) -> Played:
    """Play the time from a backup to `until`, with everything that would leave called unconfirmed. Raises NotNow.

    Facts that were told again meanwhile do what they did when they happened. `told` hears of each instant that is
    done. A run that was interrupted goes on where it was.
    """
    if not backup < until <= now:
        raise NotNow(_("The backup must be older than the end of the lost time, and that must not lie ahead."))
    if any(now - at < _AT_WORK for at in pulses.last(Pulse.Kind.TASK).values()):
        raise NotNow(_("Workers run on this database: stop them and beat, wait a minute, and restore it once more."))
    backdating.backdate(backup)
    lost.begin(backup)
    start = max(backup, played_until() or backup)
    return play(start, until, EVERY, Outside(carry=lost.deliver), told)
