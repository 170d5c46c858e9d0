"""Releasing a journey that its circuit breaker holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys import breaker
from journeys.breaker import NotHeld
from journeys.definitions import MOST_A_DAY
from journeys.models import Journey
from members import clock
from members.admin.base import HouseAdmin, object_action
from members.models import User

if TYPE_CHECKING:
    _Admin = HouseAdmin[Journey]
else:
    _Admin = object


class Releasing(_Admin):
    """Adds the release to a journey's page."""

    @object_action(gettext_lazy("Release"), permission="journeys.change_journey", icon="lock_open")
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what holds the journey on a GET; release it on a POST, today's maximum raised where the form says so."""
        journey = self.allowed(request, object_id, "change")
        error = ""
        if request.method == "POST":
            try:
                breaker.release(
                    journey, clock.now(), cast(User, request.user), _most(request.POST.get("most_today", ""))
                )
            except NotHeld as refused:
                error = str(refused)
            else:
                return self.back(request, _("“%(journey)s” goes on.") % {"journey": journey.name}, journey)
        now = clock.now()
        context = {
            "original": journey,
            "held": breaker.standing(journey),
            "used": breaker.used(journey.pk, now),
            "most": breaker.most_today(journey, now),
            "error": error,
        }
        return self.page(request, "journeys/admin/release.html", _("Release"), context, 400 if error else 200)


def _most(text: str) -> int | None:
    """Return a maximum for today; None where none is given. Raises NotHeld for what is no number."""
    given = text.strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and 0 < int(given[:12]) <= MOST_A_DAY):
        sentence = _("The maximum for today must be a whole number from 1 to %(most)d.")
        raise NotHeld(sentence % {"most": MOST_A_DAY})
    return int(given)
