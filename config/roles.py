"""The roles as Django groups, each with the rights it needs; installed with the migrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

APPS = ("members", "content", "channels", "journeys")
_EDIT = ("view", "add", "change", "delete")
_FACTS = "event purchase purchaseline pointsentry"
_SEE_MEMBERS = f"member identity tag consent suppression {_FACTS} standing membership touchpoint store"
_SEE_SENDING = "message rendering receipt followup handoff team sender quiethours pressurepolicy hold"
_SEE_JOURNEYS = "journey version step enrollment trace"
_SEE_PLANS = "segment content variant offer"

# Role → what its people may do → the models. Publishing, pausing and stopping are changes of a journey;
# what one opens is a door.
ROLES: Mapping[str, Mapping[tuple[str, ...], str]] = {
    "Marketer": {
        ("view",): f"{_SEE_MEMBERS} {_SEE_SENDING} {_SEE_JOURNEYS} grant redemption link standingpolicy zone",
        _EDIT: "segment content variant offer",
        ("add", "change"): "journey hold",
    },
    "Sales rep": {
        ("view",): f"{_SEE_MEMBERS} message rendering offer grant redemption team",
        ("view", "change"): "followup handoff",
        ("add",): "touchpoint consent handoff",
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
        ("add",): "redemption touchpoint consent",
        ("open",): "contacts counter",
        ("undo",): "redemption",
    },
}
ADMINISTRATOR = "Administrator"


def install(using: str = "default", **_signal: Any) -> None:
    """Make the groups and give each its rights; rights that an operator added stay."""
    # The signal that makes permissions may reach the same app later than this one.
    for name in APPS:
        create_permissions(apps.get_app_config(name), verbosity=0, using=using)
    known = {
        permission.codename: permission
        for permission in Permission.objects.using(using).filter(content_type__app_label__in=APPS)
    }
    for role, rights in ROLES.items():
        wanted = [
            known[f"{verb}_{model}"] for verbs, models in rights.items() for model in models.split() for verb in verbs
        ]
        _grant(role, wanted, using)
    _grant(ADMINISTRATOR, Permission.objects.using(using).all(), using)


def _grant(role: str, permissions: Iterable[Permission], using: str) -> None:
    group, _ = Group.objects.using(using).get_or_create(name=role)
    group.permissions.add(*permissions)
