"""The web server of the run: every call to it is answered by two, as carriers do that call again when unsure."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Twice:
    """Hands every call to an application two times and gives the answer of the second; `calls` counts the calls."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.calls = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.calls += 1
        for last in (False, True):
            answer = self._application({**environ, "wsgi.input": io.BytesIO(body)}, start if last else _unheard)
            if not last:
                list(answer)
                if hasattr(answer, "close"):
                    answer.close()
        return answer


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
        """Say nothing."""


@contextmanager
def running() -> Iterator[Twice]:
    """Serve at CHORALE_PUBLIC_URL for as long as the block lasts."""
    address = urlsplit(settings.CHORALE_PUBLIC_URL)
    application = Twice(WSGIHandler())
    server = ThreadedWSGIServer((str(address.hostname), int(address.port or 80)), _Quiet, allow_reuse_address=True)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, name="web", daemon=True)
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _unheard(*_words: Any) -> Callable[[bytes], object]:
    return lambda _more: None
