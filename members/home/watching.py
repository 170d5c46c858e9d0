"""What members must be woken for: standings that nobody has drawn anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from members.home import Alarm
from members.models import Member, StandingRun

STALE = timedelta(hours=36)  # beat draws them every night


def alarms(now: datetime) -> Iterable[Alarm]:
    """Return an alarm when the latest run over everybody is too long ago."""
    run = StandingRun.objects.filter(as_of__lte=now).order_by("-as_of").values_list("as_of", flat=True).first()
    if run is None and Member.objects.exists():
        yield Alarm(_("Standings were never drawn; run the task members.tasks.refresh_standing, or wait for tonight."))
    elif run and now - run > STALE:
        yield Alarm(_("Tiers, scores and churn levels were not drawn anew; look whether beat and a worker run."), run)
