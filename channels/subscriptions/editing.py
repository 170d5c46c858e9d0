"""Adding and changing subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels import senders
from channels.models import Sender
from channels.vocabulary import WEBHOOK

# What is changed by hand; delivery writes the rest of the row meanwhile.
_BY_HAND = ("name", "rate", "active", "channel", "settings", "secrets")


class NameTaken(Exception):
    """Another sender has this name; the message says so."""


def add(name: str, settings: Mapping[str, Any], **basics: Any) -> tuple[Sender, str]:
    """Add a subscription and return it with its secret, which is drawn where `settings` have none.

    `basics` are `rate` and `active`. Raises BadSettings and NameTaken.
    """
    made = Sender(name=name, adapter=WEBHOOK, **basics)
    senders.configure(made, settings)
    _save(made)
    return made, senders.values(made)["secret"]


def change(subscription: Sender, settings: Mapping[str, Any], **basics: Any) -> Sender:
    """Change these settings and basics of a subscription, leave the others, and return it.

    One that is switched off has been seen to: its failure is no alarm any more. Raises BadSettings and NameTaken.
    """
    with transaction.atomic():
        locked = Sender.objects.select_for_update().get(pk=subscription.pk)
        for name, value in basics.items():
            setattr(locked, name, value)
        senders.configure(locked, {**locked.settings, **settings})
        _save(locked, update_fields=_BY_HAND)
        if not locked.active:
            senders.recovered(locked)
    locked.refresh_from_db()
    return locked


def _save(subscription: Sender, **how: Any) -> None:
    try:
        with transaction.atomic():
            subscription.save(**how)
    except IntegrityError as error:  # all else that is unique was drawn by lot
        sentence = _("There is a sender “%(name)s” already; write another name.")
        raise NameTaken(sentence % {"name": subscription.name}) from error
