"""A task for the tests of Celery's workers."""

import os
import time
from pathlib import Path

from celery import shared_task
from django.db import connection


@shared_task(name="tests.probe")
def probe(path: str, seconds: float = 0, gate: str | None = None) -> None:
    """Append the process ids of this worker and of its PostgreSQL connection to the file ``path``, after some seconds.

    With a ``gate`` the task then goes on until there is a file of that name.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    time.sleep(seconds)
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()} {backend}\n")
    while gate and not Path(gate).exists():
        time.sleep(0.02)
