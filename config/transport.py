"""Kombu's Redis transport, whose channels say so when their connection was given up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    """A channel that raises a connection error once it has no connection any more.

    A worker whose broker dies gives the connection up while tasks run. It closes the channel once more, and later
    acknowledges those tasks there. Kombu raises an AttributeError then, which ends the worker; a connection error is
    what it expects and survives.
    """

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Give a client of the server. Raises ConnectionLost."""
        if client is None and (self.connection is None or self.connection.client is None):
            raise ConnectionLost("The connection of this channel was given up.")
        with super().conn_or_acquire(client) as found:
            yield found


class Transport(redis.Transport):
    """The transport with these channels."""

    Channel = Channel
