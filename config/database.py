"""DATABASE_URL: which PostgreSQL Django talks to."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import OperationalError, ProgrammingError, connect
from psycopg.conninfo import conninfo_to_dict

from config.embedded.errors import ServerError
from config.embedded.home import Home

NAME = USER = "chorale"
OLDEST = 15  # of PostgreSQL, by its major version
PARTS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
# A cable that was pulled is noticed within two minutes, where the system itself would wait for hours. A new connection
# is waited for less long than a web server allows a request; the driver alone would wait for more than two minutes.
NOTICES = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
EXAMPLE = "postgresql://user:password@host:5432/database"


def settings(url: str, home: Home, *, prepared: bool = True) -> dict[str, Any]:
    """Return Django's settings for the database at ``url``, or for the embedded one below ``home``.

    ``prepared`` says whether statements may be prepared there. Only those of `members.sql.prepared` ever are, each at
    once; Django's own bind their parameters before they are sent.
    """
    found: dict[str, Any] = _server(url) if url else {"HOST": str(home.sockets), "NAME": NAME, "USER": USER}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **found,
        "OPTIONS": {**found.get("OPTIONS", {}), "prepare_threshold": 0 if prepared else None},
    }


def _server(url: str) -> dict[str, Any]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(f"DATABASE_URL does not begin with postgresql://; write {EXAMPLE}.")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        # libpq's own words repeat the address with its password, so they are left out.
        raise ImproperlyConfigured(f"DATABASE_URL is no address of a PostgreSQL server; write {EXAMPLE}.") from error
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"DATABASE_URL names no database; write {EXAMPLE}.")
    found = {key: str(parts.pop(name, "") or "") for key, name in PARTS.items()}
    return {**found, "OPTIONS": {**NOTICES, **parts}}


def check(database: dict[str, Any], seconds: int = 5) -> None:
    """Return when the server of ``database`` takes connections and is recent enough; it has so many seconds for it.

    Raises ServerError with a sentence that names DATABASE_URL and no password.
    """
    parts = {name: database[key] for key, name in PARTS.items() if database[key]}
    try:
        with connect(**{**parts, **database["OPTIONS"], "connect_timeout": seconds}) as connection:
            version = connection.info.server_version // 10000
    except OperationalError as error:
        words = " ".join(str(error).partition("Is the server running")[0].split())
        raise ServerError(
            f"DATABASE_URL: PostgreSQL cannot be reached: {masked(words, database['PASSWORD'])}; "
            "make sure that it runs and that this address is right."
        ) from error
    if version < OLDEST:
        raise ServerError(f"DATABASE_URL: this is PostgreSQL {version}; Chorale needs {OLDEST} or newer.")


def masked(words: str, secret: str) -> str:
    """Return the words of a server or a library with the secret left out."""
    return words.replace(secret, "***") if secret else words
