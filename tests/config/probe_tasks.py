"""A task for the tests of Celery's workers."""

import os
import time
from pathlib import Path

from celery import shared_task
from django.db import connection


@shared_task(name="tests.probe")
def probe(path: str, seconds: float = 0) -> None:
    """Append the process ids of this worker and of its PostgreSQL connection to the file ``path``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    time.sleep(seconds)
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()} {backend}\n")
