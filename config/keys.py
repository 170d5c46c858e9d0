"""The keys that the embedded default makes for itself and keeps under CHORALE_HOME."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.embedded.home import Home


def kept(home: Home, name: str, make: Callable[[], str]) -> str:
    """Return the key in the file ``name`` of ``home``; make and keep it (mode 0600) when there is none yet.

    Two processes that start at once agree: the file is written aside and linked into place, and who comes second reads
    what the first one wrote.
    """
    path = home.root / name
    try:
        if not path.exists():
            home.make()
            _keep(path, make())
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"CHORALE_HOME: {path} cannot be read or written ({error.strerror}); "
            "name a directory of yours in CHORALE_HOME, or run this as the user whom it belongs to."
        ) from error


def _keep(path: Path, key: str) -> None:
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        os.unlink(draft)
