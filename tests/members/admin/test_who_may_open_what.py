"""The admin's pages about members open for the roles that need them, and for nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from members import segments
from members.models import Member, Segment, Store
from tests import cast
from tests.roles import ROLES, signed_in

pytestmark = pytest.mark.django_db

EVERYBODY = set(ROLES)
OFFICE = {"Marketer", "Sales rep", "Manager", "Administrator"}
PAGES = {
    "/admin/members/member/": EVERYBODY,
    "/admin/members/member/{member}/change/": EVERYBODY,
    "/admin/members/member/add/": set(),
    "/admin/members/member/{member}/delete/": set(),
    "/admin/members/segment/": {"Marketer", "Manager", "Administrator"},
    "/admin/members/segment/add/": {"Marketer", "Administrator"},
    "/admin/members/segment/{segment}/change/": {"Marketer", "Manager", "Administrator"},
    "/admin/members/segment/{segment}/why/?member=M-ADA": {"Marketer", "Manager", "Administrator"},
    "/admin/members/segment/{segment}/refresh/": {"Marketer", "Administrator"},
    "/admin/members/segment/{segment}/delete/": {"Marketer", "Administrator"},
    "/admin/members/consent/": OFFICE,
    "/admin/members/consent/add/": {"Sales rep", "Store clerk", "Manager", "Administrator"},
    "/admin/members/suppression/": OFFICE,
    "/admin/members/suppression/add/": {"Administrator"},
    "/admin/members/suppression/{suppression}/lift/": {"Administrator"},
    "/admin/members/standingpolicy/1/change/": {"Marketer", "Administrator"},
    "/admin/members/store/": EVERYBODY,
    "/admin/members/store/{store}/change/": EVERYBODY,
    "/admin/members/store/add/": {"Administrator"},
    "/admin/members/zone/": {"Marketer", "Administrator"},
    "/admin/members/user/": {"Manager", "Administrator"},
    "/admin/members/user/add/": {"Administrator"},
    "/admin/auth/group/": {"Administrator"},
    "/admin/django_celery_beat/periodictask/": {"Administrator"},
}


@pytest.fixture
def there() -> dict[str, int]:
    """One of each thing that pages are about, by name."""
    from members import consent
    from members.models import Suppression

    ada = cast.ada()
    regulars = segments.save(Segment(key="regulars", name="Regulars", rule={"tag": {"name": "regular"}}))
    consent.suppress("email", "gone@example.com", "no such user", cast.NOW)
    gone = Suppression.objects.get(address="gone@example.com")
    return {"member": ada.pk, "segment": regulars.pk, "suppression": gone.pk, "store": cast.berlin().pk}


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_page_opens_for_its_roles_alone(role: str, there: dict[str, int]) -> None:
    client = signed_in(role)
    answers = {page: client.get(page.format(**there)).status_code for page in PAGES}
    assert answers == {page: 200 if role in roles else 403 for page, roles in PAGES.items()}


def test_nobody_gets_in_who_is_no_staff(there: dict[str, int]) -> None:
    client = Client()
    client.force_login(cast.rep())
    answers = {client.get(page.format(**there)).status_code for page in PAGES}
    assert answers == {302}, "to the login"


def test_who_may_only_look_changes_nothing(there: dict[str, int]) -> None:
    client = signed_in("Manager")
    written = {"name": "Mine", "key": "regulars", "rule": '{"tag": {"name": "x"}}', "description": ""}
    answer = client.post(f"/admin/members/segment/{there['segment']}/change/", written)
    assert answer.status_code == 403
    assert client.post(f"/admin/members/segment/{there['segment']}/refresh/").status_code == 403
    segment = Segment.objects.get()
    assert (segment.name, segment.refreshed_at) == ("Regulars", None)


def test_the_standing_policy_is_one_page(there: dict[str, int]) -> None:
    client = signed_in("Administrator")
    assert client.get("/admin/members/standingpolicy/").headers["Location"] == "/admin/members/standingpolicy/1/change/"
    assert client.get("/admin/members/standingpolicy/add/").status_code == 403


def test_a_store_with_members_stays_until_they_have_another(there: dict[str, int]) -> None:
    """A member's home store is optional, so the store goes and the members stay."""
    client = signed_in("Administrator")
    assert client.post(f"/admin/members/store/{there['store']}/delete/", {"post": "yes"}).status_code == 302
    assert not Store.objects.exists()
    assert Member.objects.get().home_store is None
