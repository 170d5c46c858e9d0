"""What is deleted each night: sessions that are over, failed attempts to sign in, tokens that have long been over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from members import clock, tasks, tokens
from members.models import ApiToken, AuditEntry
from tests import cast

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_sessions_that_are_over_go_and_the_others_stay_signed_in() -> None:
    here, gone = Client(), Client()
    for client in (here, gone):
        client.force_login(cast.rep())
    Session.objects.filter(pk=gone.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.forget_sign_ins()
    assert list(Session.objects.values_list("pk", flat=True)) == [here.session.session_key]
    assert here.get("/account/").status_code == 200


def test_failed_attempts_are_forgotten_after_a_day_and_not_while_somebody_is_locked_out() -> None:
    cast.rep()
    client = Client()
    for _guess in range(5):
        client.post("/login/", {"username": "rosa", "password": "guessed"})
    tasks.forget_sign_ins()
    assert client.post("/login/", {"username": "rosa", "password": "rosa"}).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - DAY - timedelta(seconds=1))
    tasks.forget_sign_ins()
    assert not AccessAttempt.objects.exists()
    assert client.post("/login/", {"username": "rosa", "password": "rosa"}).status_code == 302
    assert AuditEntry.objects.filter(deed="failed_sign_in").exists()


def test_tokens_stay_in_the_list_for_ninety_days_after_they_were_over() -> None:
    now, owner = clock.now(), cast.administrator()
    names = ("holds", "expired", "revoked", "long expired", "long revoked")
    for name in names:
        tokens.make(owner, name, ["facts:write"], now + 400 * DAY, now)
    of = ApiToken.objects.filter
    of(name="expired").update(expiry=now - 89 * DAY)
    of(name="revoked").update(revoked_at=now - 89 * DAY)
    of(name="long expired").update(expiry=now - 91 * DAY)
    of(name="long revoked").update(revoked_at=now - 91 * DAY)
    tasks.forget_tokens()
    assert set(ApiToken.objects.values_list("name", flat=True)) == {"holds", "expired", "revoked"}
    assert AuditEntry.objects.filter(deed="token_made").count() == len(names)
