"""Application settings of config: the top layer, which puts the others together."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    """Loads the Celery app with Django, so that a task sent from a view finds its broker."""

    name = "config"
    verbose_name = "Chorale"

    def ready(self) -> None:
        """Make Chorale's Celery app the current one."""
        # Not at import: Django's settings are complete only now.
        from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

        from config import cache, celery, roles, schedule  # noqa: F401
        from members import audit_log

        audit_log.watch(PeriodicTask, without=["last_run_at", "total_run_count", "date_changed"])
        for model in (IntervalSchedule, CrontabSchedule):
            audit_log.watch(model)
        # The signal is sent for apps with tables only; the entries stand in beat's.
        post_migrate.connect(schedule.install, sender=apps.get_app_config("django_celery_beat"))
        post_migrate.connect(roles.install, sender=apps.get_app_config("journeys"))
        post_migrate.connect(cache.install, sender=apps.get_app_config("journeys"))
