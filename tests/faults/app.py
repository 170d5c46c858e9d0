"""The Celery app of the faults run: Chorale's own, whose workers can be told to die and that sends every task twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django
from celery import Task
from celery.signals import task_prerun

from config.celery import app

django.setup()  # what follows reads models

from tests.faults import boundaries  # noqa: E402 - as above

__all__ = ["app"]

PLACE = Path(os.environ["FAULTS_PLACE"])
_send = Task.apply_async


def _twice(task: Any, *args: Any, **given: Any) -> Any:
    """Send a task two times, as a broker does that redelivers: two processes do it at once, or one after another."""
    _send(task, *args, **given)
    return _send(task, *args, **given)


@task_prerun.connect
def _note(task: Any, **_given: Any) -> None:
    with (PLACE / "tasks").open("a") as log:
        log.write(f"{task.name}\n")


boundaries.install(PLACE)
setattr(Task, "apply_async", _twice)  # noqa: B010 - a method is not assigned to
