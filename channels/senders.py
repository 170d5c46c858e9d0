"""Senders: their settings, their secrets, and how they fare.

Secrets are stored as JSON under MultiFernet with the keys of the setting CHORALE_FIELD_KEYS: the first encrypts, all
decrypt, so a key is retired by putting a new one before it and saving each sender once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

from channels import registry
from channels.base import Adapter, BadSettings, Setting
from channels.models import Sender
from channels.receiving import storable
from members.sql import execute

_NOTHING: tuple[Any, ...] = (None, "", [])
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def configure(sender: Sender, given: Mapping[str, Any]) -> None:
    """Check settings by name, secrets included, and lay them into the sender, which the caller then saves.

    A secret that is missing or empty keeps the stored one. Raises BadSettings.
    """
    kind = registry.adapter(sender.adapter)
    unknown = sorted(set(given) - {setting.name for setting in kind.settings})
    if unknown:
        raise BadSettings(_("%(kind)s has no setting “%(name)s”.") % {"kind": kind.label, "name": "”, “".join(unknown)})
    kept = _decrypted(sender) if sender.secrets and not _all_secrets_given(kind, given) else {}
    values = {setting.name: _value(setting, given, kept) for setting in kind.settings}
    kind.check(values)
    hidden = {setting.name for setting in kind.settings if setting.secret}
    sender.channel = kind.channel
    sender.settings = {name: value for name, value in values.items() if name not in hidden}
    sender.secrets = _encrypted({name: value for name, value in values.items() if name in hidden}, sender.secrets)
    sender.token = sender.token or secrets.token_urlsafe(32)


def values(sender: Sender) -> dict[str, Any]:
    """Return all settings of a sender, secrets included. Raises BadSettings when its secrets cannot be decrypted."""
    kind = registry.adapter(sender.adapter)
    stored = {**sender.settings, **_decrypted(sender)}
    return {setting.name: stored.get(setting.name, setting.default) for setting in kind.settings}


def adapter_of(sender: Sender) -> Adapter:
    """Return the sender's adapter, ready to send. Raises BadSettings."""
    return registry.adapter(sender.adapter)(values(sender))


def setting_named(kind: type[Adapter], sentence: str) -> str:
    """Return the setting whose label the sentence of a BadSettings quotes first, empty where it quotes none."""
    quoted = {sentence.find(f"“{one.label}”"): one.name for one in kind.settings}
    places = sorted(place for place in quoted if place >= 0)
    return quoted[places[0]] if places else ""


def change_secrets(sender: Sender, **changed: str) -> None:
    """Store these secrets in place of those that a saved sender has, also empty ones; the others stay.

    Raises BadSettings when the stored ones cannot be decrypted.
    """
    sender.secrets = _encrypted({**_decrypted(sender), **changed}, sender.secrets)
    sender.save(update_fields=["secrets"])


# The pause grows with the outage, from a second to a minute: a carrier that comes back is noticed soon, one that is
# down for hours is not hammered. It stands on the sender, not on the messages: their order stays as it was.
_FAILED = """
UPDATE channels_sender
SET failing_since = COALESCE(failing_since, %(now)s),
    failing_words = %(words)s,
    free_at = %(now)s + make_interval(secs => GREATEST(
        %(wait)s, LEAST(60, GREATEST(1, extract(epoch FROM %(now)s - COALESCE(failing_since, %(now)s)) / 2))))
WHERE id = %(sender)s
"""


def failed(sender: Sender, words: str, now: datetime, wait: float = 0) -> None:
    """Note that the carrier as a whole fails, with its words, and pause the sender for at least `wait` seconds."""
    execute(_FAILED, {"sender": sender.pk, "words": storable(words)[:500], "now": now, "wait": wait})


# As it is, a sender that was switched off keeps since when and why, until somebody saves it.
_SWITCHED_OFF = """
UPDATE channels_sender
SET active = false, failing_since = COALESCE(failing_since, %(now)s), failing_words = %(words)s
WHERE id = %(sender)s
"""


def switched_off(sender: Sender, words: str, now: datetime) -> None:
    """Switch a sender off whose carrier wants nothing more of it, and note its words, which are an alarm."""
    execute(_SWITCHED_OFF, {"sender": sender.pk, "words": storable(words)[:500], "now": now})


def recovered(sender: Sender) -> None:
    """Note that the carrier works."""
    Sender.objects.filter(pk=sender.pk, failing_since__isnull=False).update(failing_since=None, failing_words="")


def _all_secrets_given(kind: type[Adapter], given: Mapping[str, Any]) -> bool:
    return all(given.get(setting.name) for setting in kind.settings if setting.secret)


def _value(setting: Setting, given: Mapping[str, Any], kept: Mapping[str, Any]) -> Any:
    value = given.get(setting.name)
    if setting.secret and value in _NOTHING:
        value = kept.get(setting.name) or (setting.drawn and setting.drawn())
    value = setting.default if value in _NOTHING else _typed(setting, value)
    if setting.required and value in _NOTHING:
        raise BadSettings(_("“%(label)s” is missing.") % {"label": setting.label})
    return "" if value is None and setting.kind is str else value


def _typed(setting: Setting, value: Any) -> Any:
    if setting.kind is list:
        return _several(setting, value)
    text = str(value).strip()
    if setting.kind is int:
        if not text.lstrip("-").isdecimal():
            raise BadSettings(_("“%(label)s” must be a whole number.") % {"label": setting.label})
        return int(text)
    if setting.kind is bool:
        if text.lower() not in _YES | _NO:
            raise BadSettings(_("“%(label)s” must be yes or no.") % {"label": setting.label})
        return text.lower() in _YES
    return text


def _several(setting: Setting, value: Any) -> list[str]:
    given = value.replace(",", " ").split() if isinstance(value, str) else value
    known = [name for name, _label in setting.choices]
    strange = [f"{one}" for one in given if one not in known] if isinstance(given, list) else [f"{given}"]
    if strange:
        raise BadSettings(
            _("“%(label)s” knows no “%(strange)s”; there are %(known)s.")
            % {"label": setting.label, "strange": "”, “".join(strange), "known": ", ".join(known)}
        )
    return [name for name in known if name in given]


def _keys() -> list[Fernet]:
    return [Fernet(key) for key in settings.CHORALE_FIELD_KEYS]


def _read(stored: str, fernet: MultiFernet) -> dict[str, Any] | None:
    """Return the secrets, None where they were encrypted with another key."""
    try:
        return dict(json.loads(fernet.decrypt(stored.encode())))
    except InvalidToken:
        return None


def _encrypted(hidden: Mapping[str, Any], stored: str) -> str:
    """Return secrets encrypted with the first key; the `stored` ones where they are the same, for nothing changed."""
    if not hidden or (stored and _read(stored, MultiFernet(_keys()[:1])) == hidden):
        return stored if hidden else ""
    return MultiFernet(_keys()).encrypt(json.dumps(hidden).encode()).decode()


def _decrypted(sender: Sender) -> dict[str, Any]:
    if not sender.secrets:
        return {}
    found = _read(sender.secrets, MultiFernet(_keys()))
    if found is None:
        raise BadSettings(
            _(
                "The secrets of sender “%(name)s” cannot be read with the keys in CHORALE_FIELD_KEYS; "
                "put back the key that they were stored with, or enter them again."
            )
            % {"name": sender.name}
        )
    return found
