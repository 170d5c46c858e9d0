"""Senders that lead to the sandbox: the real adapters, pointed at it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.db import transaction

from channels import senders
from channels.addresses import hook_url
from channels.models import Sender
from channels.sandbox.hooks import is_loopback
from channels.sandbox.server import HOST, Ports

BOT_TOKEN = "2425:the-sandbox-knows-no-secrets"  # noqa: S105 - it opens nothing
# What Kannel's sms-service group says in its get-url.
REPLY_PLACES = "?from=%p&to=%P&text=%b&charset=%C&at=%T&id=%I"
RATE = 2000
# Something to look at, and little of it.
HEARD = ["grant.redeemed", "enrollment.converted"]


@dataclass(frozen=True)
class Installed:
    """The senders."""

    email: Sender
    sms: Sender
    chat: Sender
    desk: Sender
    webhook: Sender


class CannotReport(Exception):
    """The sandbox cannot reach Chorale; the message says what to change."""


def install(ports: Ports) -> Installed:
    """Make the senders, and tell the sandbox where to report. Raises CannotReport. Called again, it mends both."""
    if not is_loopback(settings.CHORALE_PUBLIC_URL):
        raise CannotReport(
            f"CHORALE_PUBLIC_URL is {settings.CHORALE_PUBLIC_URL}; the sandbox reports to this machine only: "
            f"set it to http://{HOST} with the port of the web server."
        )
    installed = create(ports)
    connect(ports, installed)
    return installed


def create(ports: Ports) -> Installed:
    """Make the senders, or point the ones of an earlier run at these ports."""
    sms = {"url": f"{ports.url}/cgi-bin/sendsms", "username": "chorale", "password": "sandbox", "sender": "Chorale"}
    chat = {"url": ports.url, "token": BOT_TOKEN, "webhook_secret": secrets.token_urlsafe(32)}
    mail = {
        "host": HOST,
        "port": ports.smtp,
        "security": "none",
        "from_address": "hello@chorale.example",
        "from_name": "Chorale",
        "bounce_secret": secrets.token_urlsafe(32),
    }
    hears = {"url": f"{ports.url}/webhooks", "events": HEARD, "allow_private": True}
    with transaction.atomic():
        return Installed(
            email=_sender("email", "Sandbox e-mail", mail),
            sms=_sender("sms", "Sandbox SMS", sms),
            chat=_sender("chat", "Sandbox chat", chat),
            desk=_sender("desk", "Desk", {}),
            webhook=_sender("webhook", "Sandbox webhook", hears),
        )


def connect(ports: Ports, installed: Installed) -> None:
    """Enter the senders' webhooks at the sandbox."""
    mail, chat = senders.values(installed.email), senders.values(installed.chat)
    hooks = {
        "email": {"url": hook_url(installed.email.token), "secret": mail["bounce_secret"]},
        "sms": {"url": hook_url(installed.sms.token) + REPLY_PLACES},
    }
    bot = {"url": hook_url(installed.chat.token), "secret_token": chat["webhook_secret"]}
    with httpx.Client(base_url=ports.url, trust_env=False) as client:
        client.post("/control", json={"hooks": hooks}).raise_for_status()
        client.post(f"/bot{BOT_TOKEN}/setWebhook", json=bot).raise_for_status()


def _sender(kind: str, name: str, given: Mapping[str, Any]) -> Sender:
    sender = Sender.objects.filter(name=name).first() or Sender(name=name, adapter=kind)
    sender.rate = RATE
    senders.configure(sender, given)
    sender.save()
    return sender
