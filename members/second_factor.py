"""The second factor: a code of an authenticator app after the password, or a recovery code where the app is lost.

A code is good once: the row of the device is locked while it is checked, and its last code is kept. After each wrong
one, the wait until the next doubles. Recovery codes are stored as digests. `now` is of the real clock, by which apps
make their codes, and only says how long to wait.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import segno
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from members import audit_log
from members.models import User
from members.vocabulary import Deed

if TYPE_CHECKING:
    Device = Any  # django-otp brings no types
else:
    from django_otp.models import Device

CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_GROUPS, _LETTERS = 3, 4


class WrongCode(Exception):
    """The code does not open; the message is a sentence that says what to do."""


def demanded(user: User | AnonymousUser) -> bool:
    """Say whether somebody must use a second factor: whoever may publish, export or give rights, where it is set so."""
    return settings.CHORALE_TWO_FACTOR and any(user.has_perm(right) for right in settings.SECOND_FACTOR_FOR)


def is_set_up(user: User) -> bool:
    """Say whether somebody has a device."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def is_verified(user: User | AnonymousUser) -> bool:
    """Say whether the present session was opened with a second factor."""
    return bool(getattr(user, "otp_device", None))


def begun(user: User) -> Device:
    """Return the device that somebody is setting up; the key stays the same until it is done."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two tabs get one key
        known = TOTPDevice.objects.filter(user=user, confirmed=False).first()
        return known or TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def finish(user: User, typed: str, now: datetime) -> tuple[Device, list[str]]:
    """Take a device into use with its first code, in the place of any other; return it and new recovery codes.

    Raises WrongCode.
    """
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        good = device is not None and device.verify_token(_plain(typed))
        if good:
            TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
            device.confirmed = True
            device.save()
            codes = recovery_codes(user)
            audit_log.note(user, Deed.SECOND_FACTOR_SET_UP, user)
    if not good:
        raise WrongCode(_why(device, now))
    return device, codes


def check(user: User, typed: str, now: datetime) -> Device:
    """Return the device whose code somebody typed: the app's, or that of the recovery codes. Raises WrongCode."""
    code = _plain(typed)
    with transaction.atomic():
        device = _device(user, code)
        token = code if isinstance(device, TOTPDevice) else _digest(user, code)
        asked = device is None or device.verify_is_allowed()[0]  # while it waits, a code is not even looked at
        good = device is not None and device.verify_token(token)
        if asked and not good:
            audit_log.note(user, Deed.FAILED_SIGN_IN, user, "code")
    if not good:
        raise WrongCode(_why(device, now))
    return device


def recovery_codes(user: User) -> list[str]:
    """Return new recovery codes, to be shown once; those before are good no more."""
    codes = [_code() for _number in range(CODES)]
    with transaction.atomic():
        device, _new = StaticDevice.objects.select_for_update().get_or_create(user=user, defaults={"name": "recovery"})
        device.token_set.all().delete()
        StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(user, _plain(code))) for code in codes)
    return codes


def codes_left(user: User) -> int:
    """Return how many recovery codes are unused."""
    return int(StaticToken.objects.filter(device__user=user).count())


def remove(user: User, by: User) -> None:
    """Forget somebody's devices and codes. Whoever must have a second factor is asked to set one up again."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        audit_log.note(by, Deed.SECOND_FACTOR_RESET, user)


def picture(device: Device) -> SafeString:
    """Return the QR code for the app, as SVG in black on white, which cameras need whatever the page looks like."""
    code = segno.make(device.config_url, error="m")
    return mark_safe(code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S308


def key_in_groups(device: Device) -> str:
    """Return the key as people type it into the app."""
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def _device(user: User, code: str) -> Device | None:
    model = TOTPDevice if code.isdecimal() else StaticDevice
    return model.objects.select_for_update().filter(user=user, confirmed=True).first()


def _plain(typed: str) -> str:
    return "".join(letter for letter in typed.lower() if letter.isalnum())


def _code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _letter in range(_LETTERS)) for _group in range(_GROUPS))
    return "-".join(groups)


def _digest(user: User, code: str) -> str:
    return salted_hmac("chorale.recovery", f"{user.pk} {code}", algorithm="sha256").hexdigest()[:16]


def _why(device: Device | None, now: datetime) -> str:
    allowed, told = device.verify_is_allowed() if device is not None else (True, None)
    until = (told or {}).get("locked_until")
    wait = until - now if until else timedelta()
    seconds = round(wait.total_seconds())
    if allowed or seconds <= 1:
        return _("This code is wrong or was used already. Try the next one.")
    sentence = ngettext(
        "This code is wrong or was used already. Try again in %(seconds)s second.",
        "This code is wrong or was used already. Try again in %(seconds)s seconds.",
        seconds,
    )
    return sentence % {"seconds": seconds}
