"""The parts of the marketer's home, each loaded by a request of its own."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from members import clock, doors, home


@doors.behind("")
def card(request: HttpRequest, key: str) -> HttpResponse:
    """Return a card as a part of the page; one that is not there or not theirs to see is not found."""
    found = next((one for one in home.cards(request) if one.key == key), None)
    if found is None:
        raise Http404
    return render(request, found.template, found.load(clock.now()))


@doors.behind("")
def alarms(request: HttpRequest) -> HttpResponse:
    """Return what somebody must look at, for those who see the home at all."""
    if not home.cards(request):
        raise Http404
    return render(request, "members/home/alarms.html", {"alarms": home.alarms(clock.now())})
