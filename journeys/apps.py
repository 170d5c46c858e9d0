"""Application settings of journeys."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


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


def look_at(_shards: set[int]) -> None:
    """Send a look at once after a commit with news; beat's next one would come within a second."""
    from journeys import tasks

    tasks.look.apply_async(expires=tasks.STALE_SECONDS)
