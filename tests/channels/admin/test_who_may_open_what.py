"""The admin's pages about channels open for the roles that need them, and for nobody else."""

from __future__ import annotations

from datetime import time

import pytest

from channels import delivery, holds
from channels.models import FollowUp, Hold, QuietHours, Receipt
from tests import cast
from tests.cast import NOW
from tests.channels import departed, outbox
from tests.channels.test_desk import call, team
from tests.roles import ROLES, signed_in

pytestmark = pytest.mark.django_db

OFFICE = {"Marketer", "Manager", "Administrator"}
DESK = OFFICE | {"Sales rep"}
PAGES = {
    "/admin/channels/message/": DESK,
    "/admin/channels/message/add/": set(),
    "/admin/channels/message/{message}/change/": DESK,
    "/admin/channels/message/{message}/delete/": set(),
    "/admin/channels/message/{waiting}/cancel/": {"Administrator"},
    "/admin/channels/followup/": DESK,
    "/admin/channels/followup/{follow_up}/change/": DESK,
    "/admin/channels/followup/{follow_up}/delete/": set(),
    "/admin/channels/handoff/": {*DESK, "Store clerk"},
    "/admin/channels/handoff/add/": set(),
    "/admin/channels/sender/": OFFICE,
    "/admin/channels/sender/add/": {"Administrator"},
    "/admin/channels/sender/add/?adapter=email": {"Administrator"},
    "/admin/channels/sender/{sender}/change/": OFFICE,
    "/admin/channels/sender/{sender}/delete/": {"Administrator"},
    "/admin/channels/team/": DESK,
    "/admin/channels/team/{team}/change/": DESK,
    "/admin/channels/team/add/": {"Administrator"},
    "/admin/channels/quiethours/": OFFICE,
    "/admin/channels/quiethours/{quiet}/change/": OFFICE,
    "/admin/channels/quiethours/add/": {"Administrator"},
    "/admin/channels/pressurepolicy/": OFFICE,
    "/admin/channels/pressurepolicy/{policy}/change/": OFFICE,
    "/admin/channels/pressurepolicy/add/": {"Administrator"},
    "/admin/channels/hold/": OFFICE,
    "/admin/channels/hold/add/": {"Marketer", "Administrator"},
    "/admin/channels/hold/{hold}/change/": OFFICE,
    "/admin/channels/hold/{hold}/delete/": {"Marketer", "Administrator"},
    "/admin/channels/receipt/": OFFICE,
    "/admin/channels/receipt/{receipt}/change/": OFFICE,
    "/admin/channels/receipt/{receipt}/delete/": set(),
    "/admin/content/content/{content}/do/test/": {"Marketer", "Administrator"},
}


@pytest.fixture
def there() -> dict[str, int]:
    """One of each thing that pages are about, by name."""
    ada, mail, desk = cast.ada(), outbox.sender("email"), outbox.sender("desk")
    sent, waiting = departed.message(ada, mail), departed.message(ada, mail, state="queued")
    recovery = team()
    call(cast.dora(), recovery)
    delivery.deliver(desk, NOW)
    receipt = Receipt.objects.create(
        sender=mail, key="k", kind="delivered", message=sent, payload={}, happened_at=NOW, recorded_at=NOW
    )
    quiet = QuietHours.objects.create(channel="sms", opens=time(9), closes=time(20))
    return {
        "message": sent.pk,
        "waiting": waiting.pk,
        "follow_up": FollowUp.objects.get().pk,
        "sender": mail.pk,
        "team": recovery.pk,
        "quiet": quiet.pk,
        "policy": outbox.at_most(3, 7).pk,
        "hold": holds.place(Hold.Scope.ALL, "", "Moving.", NOW).pk,
        "receipt": receipt.pk,
        "content": sent.content_id or 0,
    }


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_page_opens_for_its_roles_alone(role: str, there: dict[str, int]) -> None:
    client = signed_in(role)
    answers = {page: client.get(page.format(**there)).status_code for page in PAGES}
    # An action of a content that is not for somebody does not exist for them.
    refused = (403, 404)
    wrong = {page: code for page, code in answers.items() if (code == 200) is not (role in PAGES[page])}
    assert wrong == {}
    assert {code for code in answers.values() if code != 200} <= set(refused)
