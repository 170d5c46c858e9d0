"""The addresses that machines ask: /healthz, /readyz and /metrics."""

from __future__ import annotations

from http import HTTPStatus
from secrets import compare_digest

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import exposition

from config.watch import health, metrics
from members import clock


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process lives. It asks nobody: what is wrong elsewhere is mended by no restart of it."""
    if _wants_json(request):
        return JsonResponse({"status": "ok"})
    return _plain("ok")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say what works and what does not.

    The status is 503 where this process cannot work, with `?strict` also where anything else is wrong.
    """
    checks = health.ready(clock.now())
    wrong = [check for check in checks if check.wrong]
    fails = any(check.vital or "strict" in request.GET for check in wrong)
    word = "not ready" if fails else "degraded" if wrong else "ready"
    status = HTTPStatus.SERVICE_UNAVAILABLE if fails else HTTPStatus.OK
    if _wants_json(request):
        said = {check.name: check.wrong or "ok" for check in checks}
        return JsonResponse({"status": word, "checks": said}, status=status)
    return _plain("\n".join([word, *(f"{check.name}: {check.wrong or 'ok'}" for check in checks)]), status)


@never_cache
@require_safe
def exposed(request: HttpRequest) -> HttpResponse:
    """Tell Prometheus how things stand, if it has the token of CHORALE_METRICS_TOKEN; without one nobody is told."""
    token = settings.CHORALE_METRICS_TOKEN
    if not token:
        return _plain(_("Metrics are off; set CHORALE_METRICS_TOKEN."), HTTPStatus.NOT_FOUND)
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(given.strip().encode(), token.encode()):
        refused = _plain(_("Send the token of CHORALE_METRICS_TOKEN as a bearer."), HTTPStatus.UNAUTHORIZED)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    encode, media_type = exposition.choose_encoder(request.headers.get("Accept", ""))
    try:
        return HttpResponse(encode(metrics.registry(clock.now())), content_type=media_type)
    except (OperationalError, InterfaceError):  # the logs of PostgreSQL say more, and so does /readyz
        return _plain(_("The database cannot be asked; /readyz says more."), HTTPStatus.SERVICE_UNAVAILABLE)


def _plain(words: str, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")


def _wants_json(request: HttpRequest) -> bool:
    return request.GET.get("format") == "json" or request.headers.get("Accept", "").startswith("application/json")
