"""The Celery app: ``celery -A config worker`` and ``celery -A config beat``."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import import_modules, setup_logging
from django.conf import settings

from config import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

with startup.sentences():
    settings.INSTALLED_APPS  # noqa: B018 - a bad setting is said here, and not as a traceback by Celery
app = Celery("chorale")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@import_modules.connect(sender=app)
def start_servers(**kwargs: Any) -> None:
    """Start or check the servers when a worker or beat starts, before either of them connects."""
    with startup.sentences():
        startup.servers()


@setup_logging.connect
def log_as_django_does(loglevel: int | str | None = None, **kwargs: Any) -> None:
    """Use Django's logging, which keeps personal data out, at the level that was asked for."""
    logging.config.dictConfig(settings.LOGGING)
    if loglevel:
        logging.getLogger().setLevel(loglevel)
