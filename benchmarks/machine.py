"""The machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import connection

PACKAGES = ("Django", "psycopg", "celery", "python-liquid", "phonenumbers")
# What decides how durable a commit is, and how much memory PostgreSQL takes.
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "work_mem", "max_wal_size", "jit")


def described() -> dict[str, Any]:
    """Return processor, cores, memory and system."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    """Return the versions of what runs."""
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **_server("server_version"),
    }


def durability() -> dict[str, str]:
    """Return the settings of PostgreSQL that figures depend on."""
    return _server(*SETTINGS)


def load() -> float:
    """Return how many processes wanted a core on average in the last minute."""
    return round(os.getloadavg()[0], 1)


def _server(*names: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS s(name)", [list(names)])
        return {("PostgreSQL" if name == "server_version" else name): value for name, value in cursor.fetchall()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
