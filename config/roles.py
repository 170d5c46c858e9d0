"""The roles as Django groups, each with the rights it needs; installed with the migrations.

A role is given each right once, and that is kept (GivenRight). So a right that it needs no more is taken away, what an
operator added stays, and what an operator took away is not given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext_lazy as _

from members.models import GivenRight

APPS = ("members", "content", "channels", "journeys")
# What an administrator also looks after.
BESIDES = ("auth", "django_celery_beat")
_EDIT = ("view", "add", "change", "delete")
_FACTS = "event purchase purchaseline pointsentry"
_SEE_MEMBERS = f"member identity tag consent suppression {_FACTS} standing membership touchpoint store"
_SEE_SENDING = "message rendering receipt followup handoff team sender quiethours pressurepolicy hold"
_SEE_JOURNEYS = "journey version step enrollment trace holdoutpolicy"
_SEE_PLANS = "segment content variant offer"

# Role → what its people may do → the models. Publishing, pausing and stopping are changes of a journey;
# what one opens is a door.
ROLES: Mapping[str, Mapping[tuple[str, ...], str]] = {
    "Marketer": {
        ("view",): f"{_SEE_MEMBERS} {_SEE_SENDING} {_SEE_JOURNEYS} grant redemption link standingpolicy zone",
        _EDIT: "segment content variant offer",
        ("add", "change"): "journey hold",
        ("export",): "member",
    },
    "Sales rep": {
        ("view",): f"{_SEE_MEMBERS} message rendering offer grant redemption team",
        ("view", "change"): "followup handoff",
        ("add",): "touchpoint consent handoff letter",
        ("open",): "contacts",
    },
    "Store clerk": {
        ("view",): "member identity standing touchpoint store offer grant redemption",
        ("view", "change"): "handoff identity",
        ("add",): "redemption touchpoint consent",
        ("open",): "counter",
    },
    "Manager": {
        ("view",): f"{_SEE_MEMBERS} {_SEE_SENDING} {_SEE_JOURNEYS} {_SEE_PLANS} grant redemption user auditentry",
        ("view", "change"): "followup handoff team store grant identity",  # changing a grant is withdrawing it
        ("add",): "redemption touchpoint consent handoff letter",
        ("open",): "contacts counter",
        ("undo",): "redemption",
    },
}
ADMINISTRATOR = "Administrator"
# The admin is open to staff alone; reps and clerks work at doors of their own.
STAFF = ("Marketer", "Manager", ADMINISTRATOR)
ABOUT = {
    "Marketer": _("Draws segments, contents, offers and journeys, and publishes them"),
    "Sales rep": _("Works the follow-ups of their teams"),
    "Store clerk": _("Serves members at the counter of their store"),
    "Manager": _("Looks after stores and teams, sees everything, publishes nothing"),
    ADMINISTRATOR: _("Looks after users, senders and settings; may do everything"),
}


def install(using: str = "default", **_signal: Any) -> None:
    """Make the groups, give each the rights that it needs, and take away those that it was given and needs no more."""
    # The signal that makes permissions may reach the same app later than this one.
    for name in APPS:
        create_permissions(apps.get_app_config(name), verbosity=0, using=using)
    known = Permission.objects.using(using).filter(content_type__app_label__in=APPS)
    ids = dict(known.values_list("codename", "pk"))
    for role, rights in ROLES.items():
        _settle(role, {ids[name] for name in _names(rights)}, using)
    besides = Permission.objects.using(using).filter(content_type__app_label__in=BESIDES)
    _settle(ADMINISTRATOR, {*ids.values(), *besides.values_list("pk", flat=True)}, using)


def _names(rights: Mapping[tuple[str, ...], str]) -> list[str]:
    return [f"{verb}_{model}" for verbs, models in rights.items() for model in models.split() for verb in verbs]


def _settle(role: str, needed: set[int], using: str) -> None:
    group, _new = Group.objects.using(using).get_or_create(name=role)
    kept = GivenRight.objects.using(using).filter(group=group)
    given, has = set(kept.values_list("permission", flat=True)), set(group.permissions.values_list("pk", flat=True))
    # A right that an operator gave before Chorale did stays the operator's; at first there is nobody but Chorale.
    ours = needed - given - (has if given else set())
    group.permissions.remove(*(given - needed))
    group.permissions.add(*ours)
    kept.filter(permission__in=given - needed).delete()
    rows = [GivenRight(group=group, permission_id=right) for right in ours]
    GivenRight.objects.using(using).bulk_create(rows, ignore_conflicts=True)
