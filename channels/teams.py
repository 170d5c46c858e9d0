"""Teams: whose follow-ups somebody sees."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from channels.models import Team
from members import zones
from members.models import User

# Who may make teams sees them all; who may change them, those of the own store besides.
ALL, OF_STORE = "channels.add_team", "channels.change_team"


def of(user: User) -> QuerySet[Team]:
    """Return the teams whose follow-ups somebody sees: the own ones; managers also those of their store."""
    if user.has_perm(ALL):
        return Team.objects.all()
    mine = Q(pk__in=user.teams.all())
    if user.store_id and user.has_perm(OF_STORE):
        mine |= Q(store=user.store_id)
    return Team.objects.filter(mine)


def zone_of(user: User) -> str:
    """Return the name of the zone in which somebody works: the own store's, else a team's, else the house's."""
    if user.store:
        return user.store.zone_id
    found = user.teams.filter(store__isnull=False).order_by("pk").values_list("store__zone_id", flat=True).first()
    return found or zones.DEFAULT
