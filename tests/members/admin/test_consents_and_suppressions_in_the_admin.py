"""Decisions are appended, never changed; suppressed addresses are lifted with a reason that is kept."""

from __future__ import annotations

from html import unescape

import pytest

from members import consent, news
from members.models import AuditEntry, Consent, News, Suppression
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db

ADD = "/admin/members/consent/add/"


def test_a_decision_is_appended_and_told() -> None:
    ada = cast.ada()
    news.listen("test", ["consent"])
    client = signed_in("Sales rep")
    assert 'value="M-ADA"' in client.get(f"{ADD}?member=M-ADA").content.decode()
    said = {"member_code": "M-ADA", "channel": "sms", "purpose": "promotional", "source": "call", "wording": "No more."}
    answer = client.post(ADD, said)
    assert answer.headers["Location"] == f"/admin/members/member/{ada.pk}/change/"
    latest = Consent.objects.latest("pk")
    assert (latest.member, latest.channel, latest.granted, latest.wording) == (ada, "sms", False, "No more.")
    assert Consent.objects.filter(channel="sms").count() == 2, "the grant before it stays"
    assert News.objects.filter(member=ada, topic="consent").exists()


def test_a_code_that_nobody_has_is_told_at_its_field() -> None:
    said = {"member_code": "M-EVE", "channel": "sms", "purpose": "promotional", "source": "call"}
    answer = signed_in("Sales rep").post(ADD, said)
    assert "There is no member with the code “M-EVE”." in unescape(answer.content.decode())
    assert not Consent.objects.exists()


def test_what_was_said_stays() -> None:
    cast.ada()
    said = Consent.objects.latest("pk")
    client = signed_in("Administrator")
    path = f"/admin/members/consent/{said.pk}"
    assert client.get(f"{path}/change/").status_code == 200
    assert client.post(f"{path}/change/", {"granted": ""}).status_code == 403
    assert client.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    said.refresh_from_db()
    assert said.granted


def test_an_address_is_suppressed_in_its_stored_form() -> None:
    client = signed_in("Administrator")
    add = "/admin/members/suppression/add/"
    answer = client.post(add, {"channel": "sms", "address": "12", "reason": "asked"})
    assert "“12” is not a phone number" in unescape(answer.content.decode())
    client.post(add, {"channel": "email", "address": "Gone@Example.com", "reason": "asked"})
    assert [one.address for one in Suppression.objects.all()] == ["gone@example.com"]


def test_lifting_needs_a_reason_and_keeps_it() -> None:
    ada = cast.ada()
    news.listen("test", ["consent"])
    consent.suppress("email", "ada@example.com", "550 no such user", cast.NOW)
    News.objects.all().delete()
    client = signed_in("Administrator")
    path = f"/admin/members/suppression/{Suppression.objects.get().pk}/lift/"
    assert client.get(path).status_code == 200
    assert "This field is required." in client.post(path, {"reason": ""}).content.decode()
    assert Suppression.objects.exists()
    assert client.post(path, {"reason": "She called, it works again"}).status_code == 302
    assert not Suppression.objects.exists()
    assert News.objects.filter(member=ada, topic="consent").exists()
    entry = AuditEntry.objects.get(deed="lifted")
    assert (entry.actor_name, entry.detail, entry.object_repr) == (
        "administrator-at-work",
        "She called, it works again",
        "email ada@example.com: 550 no such user",
    )


def test_an_address_is_found_as_people_write_it() -> None:
    consent.suppress("sms", "+4915550100001", "stop", cast.NOW)
    consent.suppress("email", "gone@example.com", "bounce", cast.NOW)
    client = signed_in("Manager")
    page = client.get("/admin/members/suppression/", {"q": "+49 1555 0100001"}).content.decode()
    assert "+4915550100001" in page
    assert "gone@example.com" not in page
