"""Signing in and out, as Django and django-axes tell it, into the audit log. What was typed is never kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from members import audit_log
from members.models import User
from members.vocabulary import Deed

# Addresses and programs of people are not kept longer than guessing needs; each lock is over after minutes.
KEPT = timedelta(days=1)


def forget(now: datetime) -> int:
    """Delete the failed attempts of more than a day ago, and return how many; the audit log tells of them.

    `now` is of the real clock, by which guessing is counted.
    """
    return int(AccessAttempt.objects.filter(attempt_time__lt=now - KEPT).delete()[0])


def connect() -> None:
    """Listen. For AppConfig.ready, after that of django-axes: a failure is counted before it is noted."""
    user_logged_in.connect(_signed_in, dispatch_uid="members.sign_ins")
    user_logged_out.connect(_signed_out, dispatch_uid="members.sign_ins")
    user_login_failed.connect(_failed, dispatch_uid="members.sign_ins")
    user_locked_out.connect(_locked_out, dispatch_uid="members.sign_ins")


def _signed_in(user: User, **_signal: Any) -> None:
    audit_log.note(user, Deed.SIGNED_IN, user)


def _signed_out(user: User | None, **_signal: Any) -> None:
    if user is not None:
        audit_log.note(user, Deed.SIGNED_OUT, user)


def _failed(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    user = _named(credentials.get("username"))
    if user and not _was_locked_out(request):
        audit_log.note(None, Deed.FAILED_SIGN_IN, user)


def _locked_out(username: str | None, request: HttpRequest, **_signal: Any) -> None:
    user = _named(username)
    if user and not _was_locked_out(request):
        audit_log.note(None, Deed.LOCKED_OUT, user)


def _named(username: object) -> User | None:
    return User.objects.filter(username=username).first() if username else None


def _was_locked_out(request: HttpRequest | None) -> bool:
    """Say whether the attempt was not even looked at; noting each of those would let anybody fill the log."""
    return getattr(request, "axes_locked_out", False) and getattr(request, "axes_failures_since_start", None) is None
