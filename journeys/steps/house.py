"""The step kinds of the house. A new kind is a file beside this one and a line here."""

from __future__ import annotations

from journeys.steps.base import register
from journeys.steps.branch import Branch
from journeys.steps.enter import Enter
from journeys.steps.exit import Exit
from journeys.steps.follow_up import FollowUp
from journeys.steps.go_to import GoTo
from journeys.steps.grant_offer import GrantOffer
from journeys.steps.send import Send
from journeys.steps.split import Split
from journeys.steps.update import Update
from journeys.steps.wait import Wait
from journeys.steps.wait_for import WaitFor
from journeys.steps.webhook import Webhook

KINDS = (
    *(Send(), GrantOffer(), Wait(), WaitFor(), Branch(), Split(), Update(), FollowUp(), Webhook()),
    *(GoTo(), Enter(), Exit()),
)


def register_all() -> None:
    """Register every kind of the house; called when the applications are ready."""
    for kind in KINDS:
        register(kind)
