"""An offer that is redeemed at the counter is gone from every open screen at once, and its SMS never leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from channels import letters
from channels.models import Message
from config.embedded.server import wait_until
from content.models import Grant
from journeys.demo.people import external_id
from members.models import Member, User
from members.vocabulary import Channel
from tests.browser import house
from tests.browser.conftest import PHONE, Visitor
from tests.browser.house import clara
from tests.browser.pictures import picture
from tests.carrier import Carrier

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.pictures]

OFFER = "Come back"
# Half past eight in New York, where both members live: SMS leave from nine.
EARLY = house.NOW + timedelta(hours=21, minutes=30)
AFTER_OPENING = timedelta(hours=1)  # after quiet hours, departures are spread over half an hour


def test_redeemed_at_the_counter_silent_everywhere(
    visitor: Visitor,
    furnished: Carrier,
    later: Callable[[datetime], None],
    at_work: Callable[[], None],
) -> None:
    later(EARLY)
    Member.objects.filter(pk=clara().pk).update(preferred_channel=Channel.SMS)
    rep = visitor.page("rep")
    rep.goto(f"/contacts/members/{clara().public_id}/")
    card(rep).get_by_role("button", name="Send it with its link").click()
    expect(rep.get_by_text("It leaves by SMS")).to_be_visible()
    other = also_waits()

    second, clerk = visitor.page("clerk"), visitor.page("clerk", size=PHONE, has_touch=True)
    for page in (second, clerk):
        page.goto(f"/counter/members/{clara().public_id}/")
        expect(card(page).get_by_text("Redeem").first).to_be_visible()
    card(clerk).get_by_text("Redeem").first.tap()
    card(clerk).get_by_role("button", name="Yes, redeem it").tap()
    expect(clerk.get_by_text(f"Redeemed: {OFFER}")).to_be_visible()
    expect(card(second).get_by_role("button", name="Yes, redeem it")).to_have_count(0)
    expect(card(rep)).to_have_count(0)
    picture(second, "clerk-second-screen")

    later(EARLY + AFTER_OPENING)
    at_work()
    assert wait_until(lambda: bool(furnished.taken(channel="sms", key=str(other.public_id))), 90)
    mine = Message.objects.get(member=clara(), channel="sms", origin_kind="rep")
    assert mine.planned_at <= EARLY + AFTER_OPENING
    assert (mine.state, mine.reason) == ("cancelled", "grant_closed")
    assert furnished.log(channel="sms", key=str(mine.public_id)) == []


def card(page: Page) -> Locator:
    """Return what a page shows of the offer."""
    return page.get_by_role("article", name=OFFER)


def also_waits() -> Message:
    """Have an SMS wait that does leave at nine, so that the other one had every chance to."""
    grant = Grant.objects.get(member__external_id=external_id(house.LEO), offer__name=OFFER)
    rep = User.objects.get(username="rep")
    return letters.send_offer(grant, who=rep, request_key="other", now=EARLY, channel=Channel.SMS)
