"""A store's country and phone number are ones that can be called and by which members' numbers can be read."""

import pytest

from members.models import Store
from tests.roles import signed_in

pytestmark = pytest.mark.django_db
GOOD = {"code": "berlin", "name": "Berlin", "zone": "Europe/Berlin", "address": ""}


@pytest.mark.parametrize(
    ("country", "phone", "kept"),
    [
        ("de", "030 123456", ("DE", "+4930123456")),
        ("", "+49 30 123456", ("", "+4930123456")),
        ("PT", "", ("PT", "")),
        ("", "", ("", "")),
    ],
)
def test_a_store_is_kept_in_one_form(country: str, phone: str, kept: tuple[str, str]) -> None:
    sent = {**GOOD, "country": country, "phone": phone}
    assert signed_in("Administrator").post("/admin/members/store/add/", sent).status_code == 302
    assert Store.objects.values_list("country", "phone").get() == kept


@pytest.mark.parametrize(
    ("country", "phone", "sentence"),
    [
        ("ZZ", "", "There is no country “ZZ”; write one such as DE."),
        ("", "030 123456", "“030 123456” is not a phone number"),
        ("DE", "call us", "“call us” is not a phone number"),
    ],
)
def test_a_store_that_nobody_could_call_is_refused(country: str, phone: str, sentence: str) -> None:
    answer = signed_in("Administrator").post("/admin/members/store/add/", {**GOOD, "country": country, "phone": phone})
    assert sentence in answer.content.decode()
    assert not Store.objects.exists()
