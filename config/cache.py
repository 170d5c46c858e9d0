"""The cache that all processes share: Valkey or Redis where the broker is one, else a table of the database."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.management import call_command

from config import broker

TIMEOUT = 1  # seconds: nobody waits for a cache that is away
TABLE = "chorale_cache"


def settings(url: str) -> dict[str, Any]:
    """Return Django's settings for the cache beside the broker at ``url``."""
    if broker.kind(url) in broker.AMQP:
        return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": TABLE}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _location(url),
        "KEY_PREFIX": "chorale",
        "OPTIONS": {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT},
    }


def install(using: str = "default", **_signal: Any) -> None:
    """Make the table of the cache, where the cache is one."""
    call_command("createcachetable", database=using, verbosity=0)


def _location(url: str) -> str:
    """Return the address as redis-py writes it; Celery's word for a socket is its own."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "redis+socket":
        return url
    [database] = parse_qs(parts.query).get("virtual_host", ["0"])
    return f"unix://{parts.netloc}{parts.path}?db={database}"
