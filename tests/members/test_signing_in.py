"""Signing in: guessing is slowed down, sessions end, and it never leads to another site."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.test.utils import override_settings

from members import sessions
from members.models import AuditEntry
from members.views.guarding import TIMER
from members.vocabulary import Deed
from tests import cast
from tests.members.signing_in import password
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


def guessed(client: Client, times: int, name: str = "mara", at: str = "127.0.0.1") -> int:
    """Guess so often; return the last status."""
    answers = [password(client, name, "guess", at=at) for _guess in range(times)]
    return int(answers[-1].status_code)


# Guessing ------------------------------------------------------------------------------------------------------------


def test_the_fifth_wrong_password_locks_out_for_a_quarter_of_an_hour_and_says_so() -> None:
    cast.marketer()
    client = Client()
    assert guessed(client, 4) == 200
    answer = client.post("/login/", {"username": "mara", "password": "guess"})
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert "for 15 minutes, until" in page
    assert "Back to sign in" in page


def test_the_right_password_does_not_help_whoever_is_locked_out_and_does_after_the_time() -> None:
    cast.marketer()
    client = Client()
    guessed(client, 5)
    assert password(client, "mara").status_code == 429
    assert client.get("/").status_code == 302
    AccessAttempt.objects.update(attempt_time=AccessAttempt.objects.get().attempt_time - timedelta(minutes=16))
    assert password(client, "mara").headers["Location"] == "/"


def test_trying_on_while_locked_out_does_not_move_the_end_that_was_told() -> None:
    cast.marketer()
    client = Client()
    guessed(client, 5)
    at = AccessAttempt.objects.get().attempt_time
    guessed(client, 3)
    assert AccessAttempt.objects.get().attempt_time == at


def test_a_name_that_nobody_has_is_answered_just_the_same() -> None:
    cast.marketer()
    client = Client()
    for name in ("mara", "nobody"):
        pages = [client.post("/login/", {"username": name, "password": "guess"}) for _ in range(5)]
        assert [page.status_code for page in pages] == [200, 200, 200, 200, 429]


def test_others_and_the_same_user_from_elsewhere_still_get_in() -> None:
    cast.marketer(), cast.rep()
    client = Client()
    assert guessed(client, 5, at="198.51.100.7") == 429
    answer = client.post("/login/", {"username": "rosa", "password": "rosa"}, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 302
    assert (
        Client().post("/login/", {"username": "mara", "password": "mara"}, REMOTE_ADDR="198.51.100.8").status_code
        == 302
    )


def test_a_visitor_does_not_get_around_it_by_writing_another_address_into_a_header() -> None:
    cast.marketer()
    client = Client()
    for number in range(5):
        last = client.post(
            "/login/", {"username": "mara", "password": "guess"}, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}"
        )
    assert last.status_code == 429


def test_behind_a_trusted_proxy_the_address_is_what_the_proxy_saw() -> None:
    cast.marketer()
    with override_settings(MIDDLEWARE=["config.proxy.BehindProxy", *settings.MIDDLEWARE]):
        for number in range(5):
            # The visitor writes the first address; the proxy appends the one that it sees.
            answer = Client().post(
                "/login/",
                {"username": "mara", "password": "guess"},
                HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.7",
            )
        assert answer.status_code == 429
        assert AccessAttempt.objects.get().ip_address == "198.51.100.7"
        other = Client().post(
            "/login/", {"username": "mara", "password": "mara"}, HTTP_X_FORWARDED_FOR="198.51.100.7, 198.51.100.9:4711"
        )
        assert other.status_code == 302
        assert AuditEntry.objects.get(deed=Deed.SIGNED_IN).remote_addr == "198.51.100.9"


@pytest.mark.parametrize("header", ["", "unknown", ",,", "198.51.100.7, <script>"])
def test_a_proxy_that_tells_no_address_breaks_nothing(header: str) -> None:
    with override_settings(MIDDLEWARE=["config.proxy.BehindProxy", *settings.MIDDLEWARE]):
        assert Client().get("/login/", HTTP_X_FORWARDED_FOR=header).status_code == 200


def test_the_log_says_who_failed_and_who_was_locked_out_once_and_not_what_was_typed() -> None:
    cast.marketer()
    client = Client()
    guessed(client, 8)
    guessed(client, 2, name="my-password")
    told = AuditEntry.objects.filter(deed__in=[Deed.FAILED_SIGN_IN, Deed.LOCKED_OUT]).order_by("id")
    assert [(entry.deed, entry.object_repr) for entry in told] == [
        *[("failed_sign_in", "mara")] * 4,
        ("locked_out", "mara"),
        ("failed_sign_in", "mara"),
    ]
    everything = "".join(f"{entry.detail}{entry.object_repr}{entry.changes}" for entry in AuditEntry.objects.all())
    assert "guess" not in everything
    assert "my-password" not in everything


def test_odd_browsers_are_answered_too() -> None:
    odd = {"HTTP_USER_AGENT": "x" * 9000, "HTTP_ACCEPT": "y" * 9000, "REMOTE_ADDR": ""}
    guess = {"username": "mara", "password": "guess"}
    assert [Client().post("/login/", guess, **odd).status_code for _guess in range(5)][-1] == 429  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["x" * 151, "x" * 5000, "a\x00b", "", "ｍａｒａ", "' OR 1=1 --"])
def test_odd_names_are_answered_by_the_form(name: str) -> None:
    assert Client().post("/login/", {"username": name, "password": "guess"}).status_code == 200


# Sessions ------------------------------------------------------------------------------------------------------------


def test_signing_in_gives_the_session_a_new_key_and_signing_out_ends_it() -> None:
    cast.marketer()
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    password(client, "mara")
    mine = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert mine != planted
    assert not Session.objects.filter(session_key=planted).exists()
    client.post("/logout/")
    assert not Session.objects.filter(session_key=mine).exists()


def test_cookies_cannot_be_read_by_scripts_nor_sent_along_from_other_sites() -> None:
    cast.marketer()
    client = Client()
    password(client, "mara")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert client.cookies[settings.CSRF_COOKIE_NAME]["samesite"] == "Lax"


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """Let so many minutes pass on the clock that sessions go by."""
    now = time.time() + minutes * 60
    monkeypatch.setattr("members.views.guarding.time", SimpleNamespace(time=lambda: now))


def test_whoever_does_nothing_for_an_hour_is_signed_out_and_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.marketer()
    client = Client()
    password(client, "mara")
    client.get("/admin/")
    later(monkeypatch, 59)
    assert client.get("/admin/").status_code == 200
    later(monkeypatch, 118)
    assert client.get("/admin/").status_code == 200, "the last click counts"
    later(monkeypatch, 179)
    answer = client.get("/admin/members/segment/?q=x")
    assert answer.headers["Location"] == "/login/?next=/admin/members/segment/%3Fq%3Dx"
    assert "nothing was done here for a while" in client.get(answer.headers["Location"]).content.decode()


def test_nobody_stays_signed_in_for_longer_than_half_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.marketer()
    client = Client()
    password(client, "mara")
    for minutes in range(0, 720, 45):
        later(monkeypatch, minutes)
        assert client.get("/admin/").status_code == 200
    later(monkeypatch, 720.5)
    assert client.get("/admin/").status_code == 302


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("Marketer")
    client.get("/admin/")
    later(monkeypatch, 40)
    timer = {TIMER: "1", "HX-Request": "true", "HX-Current-URL": "http://testserver/admin/"}
    assert client.get("/home/alarms/", headers=timer).status_code == 200
    later(monkeypatch, 61)
    answer = client.get("/home/alarms/", headers=timer)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/login/?next=%2Fadmin%2F")


def test_whoever_taps_inside_of_what_asks_by_itself_stays_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("Store clerk")
    client.get("/counter/")
    # A form sends the header of the part around it along: htmx hands it down.
    timer = {TIMER: "1", "HX-Request": "true", "HX-Current-URL": "http://testserver/counter/"}
    for minutes in (14, 28, 42):
        later(monkeypatch, minutes)
        assert client.post("/counter/find/", {"q": "nobody"}, headers=timer).status_code == 200
    later(monkeypatch, 56)
    assert client.get("/counter/").status_code == 200


def test_a_till_that_several_people_share_is_left_for_less_long() -> None:
    session: dict[str, float] = {}
    sessions.touch(session, 1000, shared=True)  # type: ignore[arg-type]
    assert sessions.why_over(session, 1000 + 14 * 60) == ""  # type: ignore[arg-type]
    assert sessions.why_over(session, 1000 + 15 * 60) != ""  # type: ignore[arg-type]
    sessions.touch(session, 1100, shared=False)  # type: ignore[arg-type]
    assert sessions.why_over(session, 1100 + 59 * 60) == ""  # type: ignore[arg-type]
    sessions.touch(session, 1200, shared=True)  # type: ignore[arg-type]
    assert sessions.why_over(session, 1200 + 15 * 60) != "", "back at the till"  # type: ignore[arg-type]


def test_a_form_that_is_sent_too_late_leads_to_signing_in_and_then_to_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast.marketer()
    client = Client()
    password(client, "mara")
    client.get("/admin/")
    later(monkeypatch, 61)
    assert client.post("/account/password/", {}).headers["Location"] == "/login/?next=/"


# Where it leads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "https://testserver.evil.example/",
        "https://testserver@evil.example/",
    ],
)
def test_it_never_leads_to_another_site(elsewhere: str) -> None:
    cast.marketer()
    client = Client()
    assert password(client, "mara", next=elsewhere).headers["Location"] == "/"
    assert client.get("/login/", {"next": elsewhere}).headers["Location"] == "/"


def test_it_leads_back_to_where_somebody_wanted_to_go() -> None:
    cast.marketer()
    client = Client()
    assert (
        password(client, "mara", next="/admin/members/segment/?q=x").headers["Location"]
        == "/admin/members/segment/?q=x"
    )


def test_the_page_to_sign_in_never_leads_to_itself() -> None:
    cast.marketer()
    client = Client()
    assert password(client, "mara", next="/login/").headers["Location"] == "/"
    assert client.get("/login/", {"next": "/login/"}).headers["Location"] == "/"
    assert client.get("/login/", {"next": "/login/?next=/login/"}).headers["Location"] == "/"


def test_the_admin_has_no_page_to_sign_in_of_its_own() -> None:
    led = Client().get("/admin/members/segment/", follow=True)
    assert led.redirect_chain[-1][0] == "/login/?next=/admin/members/segment/"
    assert led.status_code == 200
    assert Client().get("/admin/password_change/").headers["Location"] == "/account/password/"
    assert Client().post("/admin/logout/").headers["Location"] == "/login/"


def test_whoever_is_signed_in_and_may_not_open_the_admin_is_told_so_and_not_sent_in_circles() -> None:
    client = Client()
    client.force_login(cast.rep())
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403


# The password --------------------------------------------------------------------------------------------------------


def test_everybody_changes_their_password_and_other_sessions_end() -> None:
    cast.rep()
    here, there = Client(), Client()
    password(here, "rosa")
    password(there, "rosa")
    new = {"old_password": "rosa", "new_password1": "tea-for-two-41", "new_password2": "tea-for-two-41"}
    assert here.get("/account/password/").status_code == 200
    answer = here.post("/account/password/", new)
    assert answer.headers["Location"] == "/account/"
    assert "Your password is changed" in here.get("/account/").content.decode()
    assert there.get("/account/").headers["Location"] == "/login/?next=/account/"
    assert password(Client(), "rosa", "tea-for-two-41").status_code == 302
    assert AuditEntry.objects.get(deed=Deed.PASSWORD_CHANGED).actor_name == "rosa"


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ({"old_password": "wrong"}, "old password was entered incorrectly"),
        ({"new_password2": "tea-for-two-42"}, "didn’t match"),
        ({"new_password1": "password", "new_password2": "password"}, "too common"),
    ],
)
def test_a_bad_new_password_is_refused_with_a_sentence(new: dict[str, str], told: str) -> None:
    client = Client()
    client.force_login(cast.rep())
    good = {"old_password": "rosa", "new_password1": "tea-for-two-41", "new_password2": "tea-for-two-41"}
    answer = client.post("/account/password/", {**good, **new})
    assert answer.status_code == 400
    assert told in answer.content.decode()
