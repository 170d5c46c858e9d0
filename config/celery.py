"""The Celery app: ``celery -A config worker`` and ``celery -A config beat``."""

import logging.config
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import import_modules, setup_logging, task_postrun, task_prerun, worker_init
from django.conf import settings
from django.db import close_old_connections

from config import logs, startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

with startup.sentences():
    settings.INSTALLED_APPS  # noqa: B018 - a bad setting is said here, and not as a traceback by Celery
app = Celery("chorale")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would close the connection after every task and PostgreSQL start a process for the next one. Here a task
# begins as a request does: a connection that is broken or too old is closed, a good one used again.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize


@import_modules.connect(sender=app)
def start_servers(**kwargs: Any) -> None:
    """Start or check the servers when a worker or beat starts, before either of them connects."""
    with startup.sentences():
        startup.servers()


@worker_init.connect
def keep_what_is_loaded(**kwargs: Any) -> None:
    """Do as the web server does with what is loaded, before the worker forks."""
    startup.keep_what_is_loaded()


@task_prerun.connect
def start_with_a_good_connection(task: Any, task_id: str, **kwargs: Any) -> None:
    """Close the connections of this process that are broken or older than CONN_MAX_AGE, and note that it works."""
    close_old_connections()
    logs.task.set((task.name, task_id))
    if task.name.endswith(".look"):
        from config.watch import working  # not at import: it needs the models

        working.note(task.name)


@task_postrun.connect
def leave_no_name_behind(**kwargs: Any) -> None:
    """Let what is logged between tasks bear the name of none."""
    logs.task.set(None)


@setup_logging.connect
def log_as_django_does(loglevel: int | str | None = None, **kwargs: Any) -> None:
    """Use Django's logging, which keeps personal data out, at the level that was asked for."""
    logging.config.dictConfig(settings.LOGGING)
    if loglevel:
        logging.getLogger().setLevel(loglevel)
