"""“Send a test to myself” on the page of a content."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from channels.models import Message
from content.models import Content
from tests import cast
from tests.channels import outbox
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


def page(content: Content) -> str:
    return f"/admin/content/content/{content.pk}/do/test/"


@pytest.fixture
def hello() -> Content:
    outbox.sender("email")
    cast.dora()
    return outbox.content(channels=("email", "desk"))


def asked(client: Client, content: Content) -> str:
    """Open the page and return the name that it gives to the test."""
    [test] = re.findall(r'name="test" value="(\d+)"', client.get(page(content)).content.decode())
    return str(test)


def test_the_page_of_a_content_leads_there_and_knows_who_asks(hello: Content) -> None:
    client = signed_in("Marketer")
    assert page(hello) in client.get(f"/admin/content/content/{hello.pk}/change/").content.decode()
    shown = client.get(page(hello)).content.decode()
    assert 'value="marketer-at-work@example.com"' in shown
    assert re.findall(r'<option value="(\w+)"', shown) == ["email"], "channels with words, and no desk"


def test_a_test_is_queued_once_however_often_it_is_clicked(hello: Content) -> None:
    client = signed_in("Marketer")
    given = {"member": "M-DORA", "channel": "email", "address": "Me@Example.com", "test": asked(client, hello)}
    for _ in range(2):
        assert client.post(page(hello), given).status_code == 302
    sent = Message.objects.get()
    assert (sent.origin_kind, sent.address, sent.member.external_id) == ("test", "me@example.com", "M-DORA")
    client.post(page(hello), {**given, "test": asked(client, hello)})
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"member": "M-NOBODY"}, "There is no member with the code “M-NOBODY”."),
        ({"channel": "sms"}, "not one of the available choices"),
        ({"address": "nowhere"}, "is not an e-mail address"),
        ({"address": ""}, "This field is required."),
        ({"test": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_a_sentence(hello: Content, given: dict[str, str], sentence: str) -> None:
    whole = {"member": "M-DORA", "channel": "email", "address": "me@example.com", "test": "5", **given}
    answer = signed_in("Marketer").post(page(hello), whole)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Message.objects.exists()


def test_a_content_for_people_alone_has_nothing_to_test() -> None:
    shown = signed_in("Marketer").get(page(outbox.content(channels=("desk",)))).content.decode()
    assert "It has no variant for e-mail, SMS or chat" in shown
