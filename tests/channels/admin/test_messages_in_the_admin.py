"""Messages in the admin: found by an index, explained in words, cancelled by hand while they wait."""

from __future__ import annotations

import pytest
from django.test import Client

from channels import delivery, holds
from channels.models import Hold, Message, MessageCount, Receipt, Rendering, Sender
from channels.vocabulary import Reason
from members.models import Member
from tests import cast
from tests.cast import DAY, NOW
from tests.channels import departed, outbox
from tests.channels.deliveries import Script, granted, message, sender, states
from tests.roles import asked, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/channels/message/"


@pytest.fixture
def mail() -> Sender:
    return outbox.sender("email")


def page(one: Message, name: str = "change") -> str:
    return f"{LIST}{one.pk}/{name}/"


def listed(client: Client, query: str) -> set[int]:
    return {one.pk for one in client.get(LIST + query).context["cl"].result_list}


def test_messages_are_found_by_id_member_and_address(mail: Sender) -> None:
    to_ada, to_ben = departed.message(cast.ada(), mail), departed.message(cast.ben(), mail)
    client = signed_in("Marketer")
    for typed in (str(to_ada.public_id), "M-ADA", "ada@example.com", "Ada Berg", "+4915550100001"):
        assert listed(client, f"?q={typed.replace('+', '%2B')}") == {to_ada.pk}
    assert listed(client, "?q=M-BEN") == {to_ben.pk}
    assert listed(client, "?q=nobody@example.com") == set()


def test_filters_narrow_the_list(mail: Sender) -> None:
    ada = cast.ada()
    sent = departed.message(ada, mail)
    failed = departed.message(ada, mail, state="failed", purpose="service", journey_id=8, journey_name="Birthday")
    client = signed_in("Marketer")
    assert listed(client, "?state__exact=failed") == {failed.pk}
    assert listed(client, "?reason__exact=bounced") == {failed.pk}
    assert listed(client, "?purpose__exact=promotional") == {sent.pk}
    assert listed(client, "?channel__exact=sms") == set()
    assert listed(client, "?journey=8") == {failed.pk}
    assert listed(client, "?journey=nonsense") == {sent.pk, failed.pk}


def test_journeys_to_filter_by_are_found_without_reading_the_messages(mail: Sender) -> None:
    client, ada = signed_in("Marketer"), cast.ada()
    for number in range(12):
        departed.message(ada, mail, journey_id=7 + number % 3, journey_name=f"Journey {number % 3}")
    departed.message(ada, mail, journey_id=None, journey_name="")
    [chosen] = [one for one in client.get(LIST).context["cl"].filter_specs if one.title == "journey"]
    assert chosen.lookup_choices == [(7, "Journey 0"), (8, "Journey 1"), (9, "Journey 2")]
    assert not [sql for sql in asked(client, LIST) if "DISTINCT" in sql]


def test_the_page_says_everything_in_words(mail: Sender) -> None:
    ada = cast.ada()
    grant = granted(ada)
    failed = departed.message(
        ada, mail, state="failed", words="550 no such user", grant=grant, price=grant.price, currency=grant.currency
    )
    client = signed_in("Marketer")
    shown = client.get(page(failed)).content.decode()
    for words in (
        "Failed",
        "The carrier reported that it did not arrive.",
        "550 no such user",
        "10.00 EUR",
        "Tea at ten",
    ):
        assert words in shown
    assert "Win back" in shown
    assert "ada@example.com" in shown


def test_html_is_shown_in_a_sandbox_where_it_can_do_nothing(mail: Sender) -> None:
    sent = departed.message(cast.ada(), mail)
    Rendering.objects.create(
        message=sent, subject="Hello", text="Plain", html='<b class="x">Bold</b><script>1</script>'
    )
    shown = signed_in("Marketer").get(page(sent)).content.decode()
    frame = shown.partition("<iframe")[2].partition("</iframe>")[0]
    assert ' sandbox srcdoc="&lt;b class=&quot;x&quot;&gt;Bold&lt;/b&gt;&lt;script&gt;' in frame
    assert "<script>1</script>" not in shown


def test_receipts_stand_in_their_order(mail: Sender) -> None:
    sent = departed.message(cast.ada(), mail)
    for day, kind in ((2, "bounced"), (1, "delivered")):
        at = NOW + day * DAY
        Receipt.objects.create(
            sender=mail, key=f"k{day}", kind=kind, message=sent, payload={"code": day}, happened_at=at, recorded_at=at
        )
    shown = signed_in("Marketer").get(page(sent)).content.decode()
    assert shown.index("delivered</td>") < shown.index("bounced</td>")
    single = signed_in("Marketer").get(f"/admin/channels/receipt/{sent.receipts.get(key='k1').pk}/change/")
    assert "&quot;code&quot;: 1" in single.content.decode()


def test_a_message_that_a_hold_keeps_says_so(mail: Sender) -> None:
    waiting = message(cast.ada(), expires_at=NOW + 36500 * DAY)
    holds.place(Hold.Scope.JOURNEY, "2", "Another journey.", NOW)
    client = signed_in("Marketer")
    assert "it is held since" not in client.get(page(waiting)).content.decode()
    holds.place(Hold.Scope.SENDER, str(mail.pk), "The server is moved.", NOW)
    shown = client.get(page(waiting)).content.decode()
    assert "it is held since 2026-03-10 12:00 (Europe/Berlin): The server is moved." in shown


def test_a_waiting_message_is_cancelled_by_hand_after_a_question(script: Script) -> None:
    carrier = sender()
    waiting = message(cast.ada())
    client = signed_in("Administrator")
    assert "will not leave" in client.get(page(waiting, "cancel")).content.decode()
    assert states(waiting) == [("queued", "")]
    assert client.post(page(waiting, "cancel")).status_code == 302
    assert states(waiting) == [("cancelled", Reason.CANCELLED_BY_HAND)]
    assert MessageCount.objects.get(state="cancelled").count == 1
    assert delivery.deliver(carrier, NOW).claimed == 0
    waiting.refresh_from_db()
    assert waiting.ended_at is not None
    assert "Somebody cancelled it by hand." in client.get(page(waiting)).content.decode()


@pytest.mark.parametrize("state", ["handed", "sent", "delivered", "cancelled"])
def test_what_has_left_or_ended_is_not_cancelled(mail: Sender, state: str) -> None:
    gone = departed.message(cast.ada(), mail, state=state, reason="expired" if state == "cancelled" else "")
    client = signed_in("Administrator")
    assert client.get(page(gone, "cancel")).status_code == 409
    assert client.post(page(gone, "cancel")).status_code == 409
    assert states(gone)[0][0] == state
    assert page(gone, "cancel") not in client.get(page(gone)).content.decode()


def test_only_who_may_change_messages_cancels(mail: Sender) -> None:
    waiting = message(cast.ada())
    for role in ("Marketer", "Sales rep", "Manager", "Store clerk"):
        assert signed_in(role).post(page(waiting, "cancel")).status_code == 403
    assert states(waiting) == [("queued", "")]


def test_a_page_of_messages_takes_as_many_queries_as_one(mail: Sender) -> None:
    client, ada = signed_in("Administrator"), cast.ada()
    client.get(LIST)
    departed.message(ada, mail)
    few = len(asked(client, LIST))
    for who in cast.crowd(20):
        departed.message(who, mail)
    assert len(asked(client, LIST)) == few


def test_the_members_page_lists_messages_with_reasons_and_no_tests(mail: Sender) -> None:
    ada = cast.ada()
    departed.message(ada, mail, state="failed")
    departed.message(ada, mail, origin_kind="test", state="refused")
    departed.message(cast.ben(), mail, state="unconfirmed")
    shown = signed_in("Marketer").get(f"/admin/members/member/{Member.objects.get(external_id='M-ADA').pk}/change/")
    panel = shown.content.decode().partition('id="messages"')[2].partition("</section>")[0]
    assert "The carrier reported that it did not arrive." in panel
    assert "Refused" not in panel
    assert "Unconfirmed" not in panel
