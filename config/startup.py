"""What happens before work begins: the settings are read, and the servers started or checked."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import broker, database
from config.embedded import users
from config.embedded.errors import ServerError

# Commands that look at code and files only.
WITHOUT_SERVERS = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "check",
    "makemessages",
    "makemigrations",
    "optimizemigration",
    "sandbox",
    "startapp",
    "startproject",
    "version",
}


@contextmanager
def sentences(status: int = 2) -> Iterator[None]:
    """Turn a bad setting or a missing server into its sentence on standard error and the exit status 2."""
    try:
        yield
    except (ImproperlyConfigured, ServerError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(status) from None


def servers() -> None:
    """Return when database and broker take work: the embedded ones are started, others are checked.

    Raises ServerError with a sentence that names the variable.
    """
    if not (settings.DATABASE_URL and settings.BROKER_URL):
        users.ensure(settings.HOME)
    if settings.DATABASE_URL:
        database.check(settings.DATABASES["default"])
    if settings.BROKER_URL:
        broker.check(settings.BROKER_URL)


def keep_what_is_loaded() -> None:
    """Have no collection of garbage look through what a program has loaded, nor the processes that it forks copy it.

    Each full collection would do so again, which took one page in some hundred a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def needs_servers(arguments: list[str]) -> bool:
    """Return whether the command line of manage.py runs a command that works with data."""
    command, *rest = arguments[1:] or ["help"]
    asks_for_help = not {"-h", "--help", "--version"}.isdisjoint([command, *rest])
    return not asks_for_help and (command not in WITHOUT_SERVERS or "--database" in rest)
