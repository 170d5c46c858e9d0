"""What reps see of journeys: why a member did or did not get something."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from channels.contacts.views.base import contacts, looked, named, without_nul
from journeys import explaining
from journeys.models import Journey
from members import clock, doors


@contacts
def why(request: HttpRequest, member: UUID) -> HttpResponse:
    """Explain one journey, chosen from those that were ever published, for the rep to read out."""
    found, key = named(member), without_nul(request.GET).get("journey", "")
    looked(request, found)
    offered = list(Journey.objects.filter(current__isnull=False))
    chosen = next((one for one in offered if one.key == key), None)
    context = {
        "here": "contacts",
        "member": found,
        "journeys": offered,
        "chosen": chosen,
        "explanation": explaining.explain(found, chosen, clock.now()) if chosen else None,
    }
    return doors.page(request, "journeys/why.html", _("Why? %(member)s") % {"member": found}, context)
