"""Contents in the admin: words that cannot be sent are refused at their field, and previews show what a member gets."""

from __future__ import annotations

from datetime import datetime
from html import unescape

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from content.admin import actions
from content.admin.actions import ContentAction
from content.models import Content, Offer, Variant
from members.admin.base import HouseAdmin
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db

MJML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ member.first_name }}</mj-text></mj-column></mj-section>"
    "</mj-body></mjml>"
)


@pytest.fixture
def client() -> Client:
    """A marketer's browser."""
    return signed_in("Marketer")


@pytest.fixture
def hello() -> Content:
    """A content for three channels."""
    made = Content.objects.create(key="hello", name="Hello")
    Variant.objects.create(
        content=made, channel="email", subject="Hello {{ member.first_name }}", text="Plain", mjml=MJML
    )
    Variant.objects.create(content=made, channel="sms", text="Hello {{ member.first_name }} – {{ offer.price }}")
    Variant.objects.create(content=made, channel="desk", text="Ask about {{ member.attributes.likes }}.")
    return made


def preview(client: Client, content: Content, query: str) -> str:
    answer = client.get(f"/admin/content/content/{content.pk}/preview/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_content_is_made_and_its_variants_added(client: Client) -> None:
    assert (
        client.post("/admin/content/content/add/", {"key": "tea", "name": "Tea", "purpose": "promotional"}).status_code
        == 302
    )
    content = Content.objects.get()
    page = client.get(f"/admin/content/content/{content.pk}/change/").content.decode()
    assert f"/admin/content/variant/add/?content={content.pk}" in page
    words = {"content": content.pk, "channel": "sms", "language": "de", "text": "Tee, {{ member.first_name }}?"}
    answer = client.post("/admin/content/variant/add/", words)
    assert answer.headers["Location"] == f"/admin/content/content/{content.pk}/change/"
    assert "GSM-7, 1 segment" in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("words", "field", "sentence"),
    [
        ({"channel": "sms", "text": "Hi\n{{ member.firstname }}"}, "text",
         "Text, line 2: there is no variable member.firstname; did you mean member.first_name?"),
        ({"channel": "email", "subject": "Hi {% if %}", "text": "x"}, "subject", "Subject, line 1"),
        ({"channel": "email", "subject": "Hi", "text": "x", "mjml": "<mjml><mj-body>"}, "mjml", "MJML"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_sent_are_refused_at_their_field(
    client: Client, hello: Content, words: dict[str, str], field: str, sentence: str
) -> None:
    before = Variant.objects.count()
    answer = client.post("/admin/content/variant/add/", {"content": hello.pk, "language": "fr", **words})
    assert answer.status_code == 200
    assert [error for error in answer.context["adminform"].form.errors[field] if error.startswith(sentence)]
    assert Variant.objects.count() == before


def test_previews_show_every_channel_as_the_member_gets_it(client: Client, hello: Content) -> None:
    cast.ada(attributes={"likes": "green tea"})
    Offer.objects.create(key="tea", name="Tea", slot="tea", price="9.50", currency="EUR")
    page = preview(client, hello, "?member=M-ADA")
    text = unescape(page)
    for seen in ("Hello Ada – €9.50", "Ask about green tea.", "UCS-2, 17 characters: 1 segment.", "GSM-7 lacks: –",
                 "with a made-up code"):  # fmt: skip
        assert seen in text, seen
    assert '<iframe class="ch-mail" sandbox="" ' in page
    assert "Dear Ada" not in page.partition("srcdoc=")[0]


def test_no_markup_of_a_mail_leaves_its_frame(client: Client, hello: Content) -> None:
    cast.ada(first_name='"><script>alert(1)</script>')
    assert "<script>alert(1)" not in preview(client, hello, "?member=M-ADA")


def test_what_cannot_be_shown_says_why(client: Client, hello: Content) -> None:
    cast.ada()
    assert "there is no offer" in unescape(preview(client, hello, "?member=M-ADA"))
    assert "There is no member with the code “M-EVE”." in unescape(preview(client, hello, "?member=M-EVE"))


def test_layers_above_add_what_can_be_done(client: Client, hello: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_actions", {})

    def view(screen: HouseAdmin[Content], request: HttpRequest, content: Content, now: datetime) -> HttpResponse:
        return screen.back(request, f"Sent {content}.", content)

    actions.register(ContentAction("test", "Send a test to myself", "content.change_content", view))
    path = f"/admin/content/content/{hello.pk}/do/test/"
    page = f"/admin/content/content/{hello.pk}/change/"
    assert path in client.get(page).content.decode()
    assert "Sent Hello." in client.post(path, follow=True).content.decode()
    assert client.get(path.replace("test", "nothing")).status_code == 404
    manager = signed_in("Manager")
    assert path not in manager.get(page).content.decode()
    assert manager.get(path).status_code == 404


def test_a_content_that_is_deleted_takes_its_variants_along(client: Client, hello: Content) -> None:
    path = f"/admin/content/content/{hello.pk}/delete/"
    assert "and its variants" in client.get(path).content.decode()
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not Variant.objects.exists()
