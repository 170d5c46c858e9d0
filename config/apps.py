"""Application settings of config: the top layer, which puts the others together."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    """Loads the Celery app with Django, so that a task sent from a view finds its broker."""

    name = "config"
    verbose_name = "Chorale"

    def ready(self) -> None:
        """Make Chorale's Celery app the current one."""
        from config import celery, roles, schedule  # noqa: F401 - not at import: Django's settings are complete only now

        # The signal is sent for apps with tables only; the entries stand in beat's.
        post_migrate.connect(schedule.install, sender=apps.get_app_config("django_celery_beat"))
        post_migrate.connect(roles.install, sender=apps.get_app_config("journeys"))
