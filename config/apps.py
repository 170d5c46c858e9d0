"""Application settings of config: the top layer, which puts the others together."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Loads the Celery app with Django, so that a task sent from a view finds its broker."""

    name = "config"
    verbose_name = "Chorale"

    def ready(self) -> None:
        """Make Chorale's Celery app the current one."""
        from config import celery  # noqa: F401 - not at import: Django's settings are complete only now
