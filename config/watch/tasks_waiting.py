"""How many tasks wait in the broker, asked of RabbitMQ and Redis alike."""

from __future__ import annotations

from typing import Any

from amqp.exceptions import NotFound
from django.conf import settings
from kombu import Connection
from kombu.exceptions import ChannelError

from config import broker

TIMEOUT = 2  # seconds: whoever asks has a time limit of their own


def count() -> int:
    """Return how many tasks nobody has taken yet. Raises OSError or the client's error where the broker is away."""
    url = settings.CELERY_BROKER_URL
    options = {**broker.transport_options(url), "socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
    amqp = broker.kind(url) in broker.AMQP
    options = {"connect_timeout": TIMEOUT} if amqp else options
    with Connection(url, transport_options=options, connect_timeout=TIMEOUT, ssl=broker.tls(url)) as connection:
        connection.ensure_connection(max_retries=1, timeout=TIMEOUT)
        try:
            name = settings.CELERY_TASK_DEFAULT_QUEUE
            channel: Any = connection.default_channel
            return int(channel.queue_declare(queue=name, passive=True).message_count)
        except (ChannelError, NotFound):
            return 0  # an empty queue of Redis is none, and RabbitMQ has none before the first worker came
