"""What tests of the admin of channels need: senders as the admin makes them."""

from __future__ import annotations

from typing import Any

from channels import senders
from channels.models import Sender

KANNEL = {
    "name": "Kannel",
    "rate": "50",
    "rank": "10",
    "active": "on",
    "setting_url": "http://kannel.example:13013/cgi-bin/sendsms",
    "setting_username": "chorale",
    "setting_password": "hush-hush",
    "setting_sender": "Chorale",
    "setting_timeout": "10",
    "setting_connections": "4",
}
ADD = "/admin/channels/sender/add/?adapter=sms"


def kannel(**given: Any) -> Sender:
    """An SMS sender with its settings."""
    made = Sender(name="Kannel", adapter="sms")
    known = {name.removeprefix("setting_"): value for name, value in KANNEL.items() if name.startswith("setting_")}
    senders.configure(made, {**known, **given})
    made.save()
    return made
