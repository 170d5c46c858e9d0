"""The invented company: its stores, its people, and the hours in which it speaks to members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from channels.models import PressurePolicy, QuietHours, Team
from journeys.demo.regions import REGIONS, SHOPS
from members.models import Store, User
from members.vocabulary import Channel, Purpose

# The logins stand on the screen of whoever runs the demo; the server listens on this machine alone.
PASSWORD = "invented"  # noqa: S105
HOURS = {
    Channel.EMAIL: (time(8), time(21)),
    Channel.SMS: (time(9), time(20)),
    Channel.CHAT: (time(9), time(21)),
    Channel.DESK: (time(9), time(18)),
}


@dataclass(frozen=True)
class Login:
    """Somebody who works with Chorale in the demo."""

    username: str
    first_name: str
    role: str


LOGINS = (
    Login("marketer", "Mara", "Marketer"),
    Login("rep", "Rosa", "Sales rep"),
    Login("clerk", "Carl", "Store clerk"),
    Login("manager", "Miro", "Manager"),
    Login("administrator", "Alma", "Administrator"),
)

# Reps and clerks never open the admin.
AT_THE_DESK = ("Sales rep", "Store clerk")
OF_A_STORE = ("Store clerk", "Manager")


def open_stores() -> None:
    """Make the stores that are missing; called before members come, who live near them."""
    for region in REGIONS:
        for shop in region.shops:
            told = {"name": shop.name, "address": shop.address, "phone": shop.phone, "country": region.country}
            Store.objects.get_or_create(code=shop.code, defaults={**told, "zone_id": shop.zone})


def set_up() -> None:
    """Make the logins, the quiet hours and the contact pressure policy where they are missing."""
    password = make_password(PASSWORD)  # hashed once: that takes its time on purpose
    for login in LOGINS:
        _employ(login, password)
    for channel, (opens, closes) in HOURS.items():
        QuietHours.objects.get_or_create(channel=channel, country="", defaults={"opens": opens, "closes": closes})
    if not PressurePolicy.objects.exists():
        PressurePolicy.objects.create(messages=3, days=7, purpose=Purpose.PROMOTIONAL)


def join_teams() -> None:
    """Let rep and manager work the follow-ups of all teams; called when the playbooks have made them."""
    people = list(User.objects.filter(username__in=["rep", "manager"]))
    for team in Team.objects.all():
        team.users.add(*people)


def _employ(login: Login, password: str) -> None:
    user, new = User.objects.get_or_create(
        username=login.username,
        defaults={
            "password": password,
            "first_name": login.first_name,
            "last_name": "(invented)",
            "email": f"{login.username}@example.com",
            "is_staff": login.role not in AT_THE_DESK,
            "is_superuser": login.role == "Administrator",
            "store": Store.objects.get(code=SHOPS[0].code) if login.role in OF_A_STORE else None,
        },
    )
    if new:
        user.groups.set(Group.objects.filter(name=login.role))
