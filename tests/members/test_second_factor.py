"""The second factor: demanded of those who may publish or export, each code once, guessing slowed down."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from members import second_factor
from members.models import AuditEntry, User
from members.second_factor import WrongCode
from members.vocabulary import Deed
from tests import cast
from tests.members.signing_in import code_of, device_of, password, patient, with_second_factor
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def demanded(settings):
    """Chorale as it is with a database of one's own."""
    settings.CHORALE_TWO_FACTOR = True


def marketer():
    mara = cast.marketer()
    mara.groups.set([Group.objects.get(name="Marketer")])
    return mara


def codes_on(page: str) -> list[str]:
    return re.findall(r"<li>([a-z0-9-]{14})</li>", page)


# Setting it up -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("demanded")
def test_whoever_may_publish_sets_it_up_at_the_first_sign_in_and_is_not_in_before() -> None:
    mara = marketer()
    client = Client()
    assert password(client, "mara", next="/admin/members/segment/").headers["Location"] == "/account/second-factor/"
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/login/?next=/admin/"
    page = client.get("/account/second-factor/").content.decode()
    assert "<svg" in page
    assert second_factor.key_in_groups(device_of(mara, confirmed=False)) in page
    done = client.post("/account/second-factor/", {"code": code_of(device_of(mara, confirmed=False))})
    assert len(codes_on(done.content.decode())) == 10
    assert 'href="/admin/members/segment/"' in done.content.decode()
    assert client.get("/admin/members/segment/").status_code == 200
    assert AuditEntry.objects.get(deed=Deed.SECOND_FACTOR_SET_UP).actor_name == "mara"


@pytest.mark.usefixtures("demanded")
def test_the_key_stays_the_same_until_it_is_done_and_a_wrong_code_is_told() -> None:
    marketer()
    client = Client()
    password(client, "mara")
    first, second = (client.get("/account/second-factor/").content.decode() for _time in range(2))
    key = re.search(r"dr-key\">([A-Z2-7 ]+)<", first)
    assert key
    assert key[1] in second
    wrong = client.post("/account/second-factor/", {"code": "000000"})
    assert wrong.status_code == 400
    assert "wrong" in wrong.content.decode()


@pytest.mark.parametrize("role", ["Marketer", "Administrator"])
@pytest.mark.usefixtures("demanded")
def test_the_admin_and_the_home_open_to_nobody_by_the_password_alone(role: str) -> None:
    """Even where a session was opened by another way, or rights came while it was open."""
    client = signed_in(role)
    for page in ("/admin/", "/admin/members/member/", "/home/alarms/", "/account/", "/"):
        assert client.get(page).headers["Location"] == "/account/second-factor/", page
    part = client.get("/home/alarms/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/account/second-factor/")
    machine = client.get("/api/anything/")
    assert (machine.status_code, machine.headers["Content-Type"]) == (403, "application/problem+json")
    assert machine.json()["type"] == "urn:chorale:problem:second-factor"
    assert client.post("/logout/").status_code == 302


@pytest.mark.parametrize("role", ["Sales rep", "Store clerk", "Manager"])
@pytest.mark.usefixtures("demanded")
def test_others_sign_in_by_the_password(role: str) -> None:
    assert signed_in(role).get("/account/").status_code == 200


def test_with_the_embedded_servers_nobody_must_and_everybody_can() -> None:
    mara = marketer()
    client = Client()
    assert password(client, "mara").headers["Location"] == "/"
    assert client.get("/admin/").status_code == 200
    assert "Your password alone signs you in" in client.get("/account/").content.decode()
    client.get("/account/second-factor/")
    client.post("/account/second-factor/", {"code": code_of(device_of(mara, confirmed=False))})
    client.post("/logout/")
    assert password(client, "mara").headers["Location"] == "/login/code/"


# Signing in ----------------------------------------------------------------------------------------------------------


def test_the_code_is_asked_at_each_sign_in_and_leads_on_to_where_somebody_wanted() -> None:
    mara = marketer()
    with_second_factor(mara)
    client = Client()
    for steps in (0, 1):
        assert password(client, "mara", next="/admin/members/segment/").headers["Location"] == "/login/code/"
        assert client.get("/admin/members/segment/").status_code == 302
        before = client.session.session_key
        answer = client.post("/login/code/", {"code": code_of(device_of(mara), steps)})
        assert answer.headers["Location"] == "/admin/members/segment/"
        assert client.session.session_key != before
        assert client.get("/admin/members/segment/").status_code == 200
        client.post("/logout/")


def test_it_never_leads_to_another_site_either() -> None:
    mara = marketer()
    with_second_factor(mara)
    client = Client()
    password(client, "mara", next="//evil.example/")
    assert client.post("/login/code/", {"code": code_of(device_of(mara))}).headers["Location"] == "/"


def test_nobody_gets_to_the_code_without_a_password_or_long_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mara = marketer()
    with_second_factor(mara)
    client = Client()
    assert client.get("/login/code/").headers["Location"] == "/login/"
    assert client.post("/login/code/", {"code": code_of(device_of(mara))}).headers["Location"] == "/login/"
    password(client, "mara")
    late = time.time() + 601
    monkeypatch.setattr("members.views.signing_in.time", SimpleNamespace(time=lambda: late))
    assert client.get("/login/code/").headers["Location"] == "/login/"


def test_a_password_that_changed_meanwhile_is_asked_again() -> None:
    mara = marketer()
    with_second_factor(mara)
    client = Client()
    password(client, "mara")
    mara.set_password("another")
    mara.save()
    assert client.post("/login/code/", {"code": code_of(device_of(mara))}).headers["Location"] == "/login/"


def test_whoever_was_switched_off_meanwhile_does_not_get_in() -> None:
    mara = marketer()
    with_second_factor(mara)
    client = Client()
    password(client, "mara")
    mara.is_active = False
    mara.save()
    assert client.post("/login/code/", {"code": code_of(device_of(mara))}).headers["Location"] == "/login/"


def test_the_code_of_somebody_else_does_not_open() -> None:
    mara, rosa = marketer(), cast.rep()
    with_second_factor(mara)
    with_second_factor(rosa)
    client = Client()
    password(client, "mara")
    assert client.post("/login/code/", {"code": code_of(device_of(rosa))}).status_code == 400
    assert client.get("/account/").status_code == 302


# Codes ---------------------------------------------------------------------------------------------------------------


def test_a_code_is_good_once() -> None:
    rosa = cast.rep()
    with_second_factor(rosa)
    code = code_of(device_of(rosa))
    second_factor.check(rosa, f" {code[:3]} {code[3:]} ", timezone.now())
    with pytest.raises(WrongCode, match="used already"):
        second_factor.check(rosa, code, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_many_who_show_one_code_at_once_one_gets_in() -> None:
    rosa = cast.rep()
    recovery = with_second_factor(rosa)
    for code in (code_of(device_of(rosa)), recovery[0]):

        def shown(_number: int, code: str = code) -> bool:
            try:
                second_factor.check(rosa, code, timezone.now())
            except WrongCode:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(shown, range(6))) == 1


def test_after_wrong_codes_even_the_right_one_has_to_wait_and_the_page_says_how_long() -> None:
    rosa = cast.rep()
    with_second_factor(rosa)
    client = Client()
    password(client, "rosa")
    for _guess in range(4):
        assert client.post("/login/code/", {"code": "000000"}).status_code == 400
        patient(rosa)
    wrong = client.post("/login/code/", {"code": "000000"})
    assert "Try again in 16 seconds." in wrong.content.decode()
    assert client.post("/login/code/", {"code": code_of(device_of(rosa))}).status_code == 400
    patient(rosa)
    assert client.post("/login/code/", {"code": code_of(device_of(rosa))}).status_code == 302
    assert AuditEntry.objects.filter(deed=Deed.FAILED_SIGN_IN, detail="code").count() == 5


def test_a_recovery_code_opens_once_however_it_is_typed() -> None:
    rosa = cast.rep()
    code = with_second_factor(rosa)[0]
    client = Client()
    password(client, "rosa")
    assert "Recovery code" in client.get("/login/code/?recovery").content.decode()
    assert client.post("/login/code/", {"code": code.upper().replace("-", " ")}).status_code == 302
    assert "9 recovery codes are left" in client.get("/account/").content.decode()
    client.post("/logout/")
    password(client, "rosa")
    assert client.post("/login/code/", {"code": code}).status_code == 400


def test_recovery_codes_are_stored_as_digests_and_are_of_no_use_to_others() -> None:
    rosa, mara = cast.rep(), marketer()
    codes = with_second_factor(rosa)
    with_second_factor(mara)
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert not stored & {code.replace("-", "") for code in codes}
    with pytest.raises(WrongCode):
        second_factor.check(mara, codes[0], timezone.now())


@pytest.mark.parametrize("typed", ["", " ", "x", "１２３４５６", "-1", "9" * 5000, "a\x00b", "１"])
def test_odd_codes_are_answered_by_a_sentence(typed: str) -> None:
    rosa = cast.rep()
    with_second_factor(rosa)
    client = Client()
    password(client, "rosa")
    assert client.post("/login/code/", {"code": typed}).status_code == 400


# Changing it ---------------------------------------------------------------------------------------------------------


def entered(name: str) -> Client:
    """A browser in which somebody signed in with a code."""
    user = User.objects.get(username=name)
    client = Client()
    password(client, name)
    assert client.post("/login/code/", {"code": code_of(device_of(user))}).status_code == 302
    return client


def test_new_recovery_codes_take_the_place_of_the_old_ones_for_whoever_shows_a_code() -> None:
    rosa = cast.rep()
    old = with_second_factor(rosa)
    client = entered("rosa")
    assert client.post("/account/second-factor/codes/", {"code": "000000"}).status_code == 400
    patient(rosa)
    new = codes_on(client.post("/account/second-factor/codes/", {"code": code_of(device_of(rosa), 1)}).content.decode())
    assert len(new) == 10
    with pytest.raises(WrongCode):
        second_factor.check(rosa, old[0], timezone.now())
    StaticDevice.objects.update(throttling_failure_timestamp=None)
    second_factor.check(rosa, new[0], timezone.now())


def test_another_device_takes_the_place_of_the_present_one_for_whoever_shows_a_code() -> None:
    rosa = cast.rep()
    with_second_factor(rosa)
    client, old = entered("rosa"), device_of(rosa)
    assert client.get("/account/second-factor/").headers["Location"] == "/account/second-factor/another/"
    shown = client.post("/account/second-factor/another/", {"code": code_of(old, 1)})
    assert shown.headers["Location"] == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200
    done = client.post("/account/second-factor/", {"code": code_of(device_of(rosa, confirmed=False))})
    assert len(codes_on(done.content.decode())) == 10
    assert device_of(rosa).pk != old.pk
    assert client.get("/account/second-factor/").status_code == 302


def test_it_is_removed_by_whoever_shows_a_code_where_it_is_not_demanded(settings) -> None:
    rosa, mara = cast.rep(), marketer()
    for user in (rosa, mara):
        with_second_factor(user)
    client = entered("rosa")
    assert client.post("/account/second-factor/remove/", {"code": code_of(device_of(rosa), 1)}).status_code == 302
    assert not second_factor.is_set_up(rosa)
    settings.CHORALE_TWO_FACTOR = True
    client = entered("mara")
    assert client.post("/account/second-factor/remove/", {"code": code_of(device_of(mara), 1)}).status_code == 302
    assert second_factor.is_set_up(mara)
