"""Changing the secret of a subscription without a call that its receiver cannot verify."""

from __future__ import annotations

from django.db import transaction

from channels import senders
from channels.models import Sender
from channels.webhook import signing


@transaction.atomic
def draw(subscription: Sender) -> str:
    """Give a subscription a new secret and return it; the one that it had goes on signing as the former one."""
    locked = Sender.objects.select_for_update().get(pk=subscription.pk)
    new = signing.drawn()
    senders.change_secrets(locked, secret=new, former_secret=senders.values(locked)["secret"])
    return new


@transaction.atomic
def retire(subscription: Sender) -> bool:
    """Let the former secret sign no more, and say whether there was one."""
    locked = Sender.objects.select_for_update().get(pk=subscription.pk)
    had = bool(senders.values(locked)["former_secret"])
    senders.change_secrets(locked, former_secret="")
    return had
