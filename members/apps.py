"""Application settings of members."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.apps.registry import apps as everything
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """Who the members are, what they did, what they allow and when we met them."""

    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        """Register leaves of rules and panels, and have every migrated database filled with what the rest relies on."""
        from django.contrib.auth.models import Group

        from members import audit_log, doors, home, panels, partitions, scopes, sign_ins
        from members.api import SCOPES
        from members.home import customers, watching
        from members.models import Segment, StandingPolicy, Store, User
        from members.overview import PANELS
        from members.rules import register
        from members.rules.leaves import LEAVES

        register(*LEAVES)
        scopes.register(*SCOPES)
        partitions.register(*partitions.OF_MEMBERS)
        panels.register(*PANELS)
        home.watch(watching.alarms)
        home.register(
            home.Card(
                "customers", _("Customers"), 20, "members/home/customers.html", customers.load, "members.view_standing"
            )
        )
        doors.register(doors.Door("admin", _("Admin"), "tune", "admin:index", "", 90))
        audit_log.watch(User, without=["last_login"], hidden=["password"], many=["groups", "user_permissions"])
        audit_log.watch(Group, many=["permissions"])
        audit_log.watch(Segment, without=["size", "refreshed_at"])
        for model in (StandingPolicy, Store):
            audit_log.watch(model)
        sign_ins.connect()
        post_migrate.connect(fill, sender=self)


def fill(using: str, apps: Apps = everything, **_signal: Any) -> None:
    """Fill the zones from the pinned tzdata and make the one row of the standing policy."""
    if "zone" not in apps.all_models["members"]:
        return  # migrated back to before there were tables
    from members import zones
    from members.models import StandingPolicy

    zones.sync(using)
    StandingPolicy.objects.using(using).get_or_create(pk=1)
