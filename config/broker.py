"""BROKER_URL: which broker Celery talks to, RabbitMQ or Redis/Valkey."""

import ssl
from typing import Any
from urllib.parse import urlsplit

from amqp.exceptions import AMQPError
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES
from redis.exceptions import RedisError

from config.database import masked
from config.embedded.errors import ServerError
from config.embedded.home import Home

AMQP = {"amqp", "amqps"}
REDIS = {"redis", "rediss", "redis+socket"}
TIMEOUT = 5  # seconds until a broker that does not answer is given up
TRANSPORT_ALIASES.update(redis="config.transport:Transport", rediss="config.transport:Transport")
EXAMPLE = "amqp://user:password@host:5672/vhost or redis://host:6379/0"


def embedded_url(home: Home) -> str:
    """Return the address of the embedded Valkey below ``home``."""
    return f"redis+socket://{home.valkey_socket}"


def kind(url: str) -> str:
    """Return the scheme of the broker's address, checked."""
    scheme = url.partition("://")[0].lower()
    if scheme not in AMQP | REDIS:
        raise ImproperlyConfigured(f"BROKER_URL begins with no known scheme; write {EXAMPLE}.")
    try:
        parts = urlsplit(url)
        good = parts.path if scheme == "redis+socket" else parts.hostname and parts.port != 0
    except ValueError:
        good = None
    if not good:
        raise ImproperlyConfigured(f"BROKER_URL is no address of a broker; write {EXAMPLE}.")
    return scheme


def transport_options(url: str) -> dict[str, Any]:
    """Return what Celery's transport for ``url`` needs to notice a dead broker, and never to lose a task for good."""
    if kind(url) in AMQP:
        return {"confirm_publish": True, "connect_timeout": TIMEOUT}
    return {
        # A task that its worker did not acknowledge is delivered again after this time. No task runs that long.
        "visibility_timeout": 900,
        "socket_connect_timeout": TIMEOUT,
        "socket_timeout": 10,  # less than a web server allows a request, which may send a task
        "socket_keepalive": True,
        "health_check_interval": 25,
    }


def tls(url: str) -> dict[str, Any]:
    """Return how Celery secures its connection to ``url``, nothing where the scheme asks for no TLS.

    Left alone, Kombu takes any certificate of a Redis, and that of any host for a RabbitMQ. None means the URL's host.
    """
    ways: dict[str, dict[str, Any]] = {
        "rediss": {"ssl_cert_reqs": ssl.CERT_REQUIRED},
        "amqps": {"server_hostname": None},
    }
    return ways.get(kind(url), {})


def check(url: str) -> None:
    """Return when the broker at ``url`` takes connections.

    Raises ServerError with a sentence that names BROKER_URL and no password.
    """
    options = {**transport_options(url), **({} if kind(url) in AMQP else {"socket_timeout": TIMEOUT})}
    connection = Connection(url, transport_options=options, connect_timeout=TIMEOUT, ssl=tls(url))
    try:
        connection.ensure_connection(max_retries=1, timeout=TIMEOUT)
    except (AMQPError, RedisError, OperationalError, OSError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise ServerError(
            f"BROKER_URL: the broker cannot be reached: {masked(words, connection.password or '')}; "
            "make sure that it runs and that this address is right."
        ) from error
    finally:
        connection.release()
