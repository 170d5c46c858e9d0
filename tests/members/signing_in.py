"""Signing in as a browser does: password, code, and what a session then opens."""

from __future__ import annotations

import time
from typing import Any

from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from members import second_factor
from members.models import User


def password(client: Client, name: str, typed: str = "", at: str = "127.0.0.1", **more: Any) -> Any:
    """Type name and password (that of the tests' people is their name) at an address of the network."""
    return client.post("/login/", {"username": name, "password": typed or name, **more}, REMOTE_ADDR=at)


def device_of(user: User, *, confirmed: bool = True) -> Any:
    """The user's device."""
    return TOTPDevice.objects.get(user=user, confirmed=confirmed)


def code_of(device: Any, steps: int = 0) -> str:
    """The code that the app shows now, or so many half minutes from now."""
    device.refresh_from_db()
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, device.drift + steps):06}"


def with_second_factor(user: User) -> list[str]:
    """Give the user a device, as set up long ago; return the recovery codes."""
    device = second_factor.begun(user)
    _device, codes = second_factor.finish(user, code_of(device), timezone.now())
    # The code that set it up is of the past, so that the present one is good.
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=int(time.time() // 30) - 5)
    return codes


def patient(user: User) -> None:
    """Let the wait after wrong codes be over."""
    TOTPDevice.objects.filter(user=user).update(throttling_failure_timestamp=None)
