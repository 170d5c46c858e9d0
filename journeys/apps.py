"""Application settings of journeys."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    """What happens next: journeys, their versions and the members under way in them."""

    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        """Have the engine look as soon as news is committed."""
        from journeys import tasks
        from members import news

        news.on_commit(tasks.look_at)
