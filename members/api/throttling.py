"""How many calls a token may make in a minute, counted in the cache that all processes share."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from members.tokens import Shown

MINUTE = 60

log = logging.getLogger(__name__)


class PerMinute(BaseThrottle):
    """Counts the calls of the running minute: one step in the cache a call, where DRF's own keeps a list of all times.

    It goes by the machine's clock: load is real, also while past days are played. A cache that is away stops nobody.
    """

    def __init__(self) -> None:
        self.left = float(MINUTE)

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Say whether this call is still within the limit."""
        minute, into = divmod(time.time(), MINUTE)
        self.left = MINUTE - into
        try:
            return _count(f"api:{_who(request)}:{minute:.0f}") <= settings.CHORALE_API_RATE
        except (RedisError, DatabaseError, OSError):
            log.warning("The cache cannot be reached; calls of the API are not counted.")
            return True

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return self.left


def _who(request: Request) -> str:
    auth: Any = request.auth
    return f"token:{auth.token.pk}" if isinstance(auth, Shown) else f"user:{request.user.pk}"


def _count(key: str) -> int:
    """Add one to a count that lives for two minutes, and return it."""
    try:
        return cache.incr(key)
    except ValueError:
        # There is none yet; of those who say so at once, one begins it and the others add to it.
        return 1 if cache.add(key, 1, timeout=2 * MINUTE) else cache.incr(key)
