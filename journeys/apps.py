"""Application settings of journeys."""

import logging
import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


class JourneysConfig(AppConfig):
    """What happens next: journeys, their versions and the members under way in them."""

    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        """Make the step kinds known, and have the engine look as soon as news is committed."""
        from channels import whys as explaining
        from channels.explaining import ends
        from journeys import home, whys
        from journeys.api import SCOPES
        from journeys.models import HoldoutPolicy, Journey
        from journeys.panels import ENROLLMENTS, UNDER_WAY
        from journeys.steps import house
        from members import audit_log, news, panels, partitions, scopes
        from members import home as cards

        house.register_all()
        news.on_commit(look_at)
        partitions.register(partitions.Partitioned("journeys_trace", "at", "CHORALE_KEEP_TRACE_MONTHS"))
        panels.register(ENROLLMENTS)
        scopes.register(*SCOPES)
        panels.register(UNDER_WAY, page=panels.CONTACTS)
        explaining.register(whys.explain)
        ends.register(whys.left)
        cards.watch(home.alarms)
        cards.register(
            cards.Card(
                "journeys", _("Journeys"), 30, "journeys/home/results.html", home.results, "journeys.view_journey"
            )
        )
        # Publishing, pausing and stopping are deeds with names of their own.
        audit_log.watch(HoldoutPolicy)
        audit_log.watch(Journey, without=["state", "current", "dates_until"])


# Seconds for which no look is sent after one that failed. A request that stores a fact must not wait, again and again,
# for a broker that does not answer; meanwhile beat's looks, a second later, do the same work.
PAUSE = 60.0
_failed: dict[str, float] = {}


def look_at(_shards: set[int]) -> None:
    """Send a look at once after a commit with news; beat's next one would come within a second."""
    from journeys import tasks

    if time.monotonic() - _failed.get("look", -PAUSE) < PAUSE:
        return
    try:
        tasks.look.apply_async(expires=tasks.STALE_SECONDS)
    except (OperationalError, OSError) as error:
        _failed["look"] = time.monotonic()
        log.warning("The broker takes no look; those of beat do for the next minute: %s", error)
