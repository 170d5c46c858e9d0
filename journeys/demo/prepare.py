"""Preparing the stage: the database as it is when the first of the played days begins."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.core.management import call_command

from journeys import publishing
from journeys.demo import days, load, shop
from journeys.demo.dataset import Bought
from journeys.demo.days import Days
from journeys.models import Journey
from journeys.playbooks import installing, library
from members import pruning, standing
from members.models import Member, User
from members.standing import points


class NotOurs(Exception):
    """The database holds somebody's real members; the message says what to do."""


def claim() -> None:
    """Make sure that the database is empty or the demo's own. Raises NotOurs."""
    if not days.is_demo() and Member.objects.exists():
        raise NotOurs(
            "This database holds members that are not the demo's; name an empty one in DATABASE_URL, "
            "or another directory in CHORALE_HOME."
        )


def reset() -> None:
    """Empty the demo's database and forget what its sandbox carried. Raises NotOurs."""
    claim()
    with pruning.unlocked():
        call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(settings.CHORALE_HOME / "sandbox", ignore_errors=True)


def prepare(log: Sequence[Bought], when: Days, told: Callable[[str], None]) -> None:
    """Load everything up to the beginning of the play and publish the playbooks; what is done already is not repeated.

    `log` has its days moved; `told` hears what is being done.
    """
    if not days.loaded():
        _load(log, when.start, told)
        days.note_loaded(when.start)
    if not Journey.objects.filter(current__isnull=False).exists():
        told("Publishing the playbooks")
        _publish(when.start)


def _load(log: Sequence[Bought], now: datetime, told: Callable[[str], None]) -> None:
    told("Opening the stores and inventing members")
    shop.open_stores()
    shop.set_up()
    load.load_members(log, now)
    told("Loading the purchases")
    load.record((bought for bought in log if load.happened_at(bought) <= now), now)
    told("Computing standings")
    points.expire(now)
    standing.refresh(now)


def _publish(now: datetime) -> None:
    """Publish each playbook's journey as the marketer would."""
    who = User.objects.get(username="marketer")
    for key in library.shelf():
        journey = installing.install(library.load(key)).journey
        publishing.publish(journey, journey.draft, now, who)
    shop.join_teams()
