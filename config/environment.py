"""Reads settings from the environment, strictly: a bad value is one sentence that names the variable."""

import os
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

YES = {"1", "yes", "true", "on"}
NO = {"0", "no", "false", "off"}
HOST = re.compile(r"\*|\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)


class Environment:
    """The environment's variables, each read by the kind of its value. An empty variable counts as not set."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = os.environ if variables is None else variables

    def text(self, name: str, default: str = "") -> str:
        """Return the text of the variable, without spaces around it."""
        return self.variables.get(name, "").strip() or default

    def demanded(self, name: str, why: str) -> str:
        """Return the text of a variable that must be set; ``why`` completes the sentence "NAME must be set: …"."""
        value = self.text(name)
        if not value:
            raise ImproperlyConfigured(f"{name} must be set: {why}")
        return value

    def secret(self, name: str, least: int) -> str:
        """Return a secret of at least so many characters, or nothing if it is not set. Never echoes it."""
        value = self.text(name)
        if value and len(value) < least:
            raise ImproperlyConfigured(f"{name} is too short; write at least {least} characters that nobody can guess.")
        return value

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """Return one of several words."""
        value = self.text(name, default).lower()
        if value not in choices:
            raise ImproperlyConfigured(f"{name} is {value!r}; write {' or '.join(choices)}.")
        return value

    def yes(self, name: str, default: bool) -> bool:
        """Return whether the variable says yes."""
        value = self.text(name, "yes" if default else "no").lower()
        if value not in YES | NO:
            raise ImproperlyConfigured(f"{name} is {value!r}; write yes or no.")
        return value in YES

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number between ``least`` and ``most``."""
        value = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,12}", value) or not least <= int(value) <= most:
            raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number from {least} to {most}.")
        return int(value)

    def path(self, name: str) -> Path | None:
        """Return an absolute path (``~`` and relative ones are resolved), None if not set."""
        value = self.text(name)
        return Path(value).expanduser().absolute() if value else None

    def hosts(self, name: str, default: list[str]) -> list[str]:
        """Return host names, comma-separated, without schemes and ports."""
        values = [host.strip() for host in self.text(name).split(",") if host.strip()] or default
        for host in values:
            if not HOST.fullmatch(host):
                raise ImproperlyConfigured(f"{name} names {host!r}; write host names alone, without scheme and port.")
        return values

    def site(self, name: str, default: str) -> str:
        """Return the address of a site (``https://host[:port]``), without a closing slash."""
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            good = parts.scheme in {"http", "https"} and HOST.fullmatch(parts.hostname or "") and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.path or parts.query or parts.fragment or parts.username:
            raise ImproperlyConfigured(
                f"{name} is {value!r}; write the site's address, such as https://chorale.example."
            )
        return value

    def zone(self, name: str, default: str) -> str:
        """Return the name of a time zone, such as Europe/Paris: one of the pinned tzdata, as members have them."""
        value = self.text(name, default)
        if value not in resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split():
            raise ImproperlyConfigured(f"{name} is {value!r}; write a zone's name, such as Europe/Paris.")
        return value

    def currency(self, name: str, default: str) -> str:
        """Return an ISO 4217 currency code, such as EUR."""
        value = self.text(name, default)
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ImproperlyConfigured(f"{name} is {value!r}; write a currency's code of three capitals, such as EUR.")
        return value

    def field_keys(self, name: str, value: str) -> list[str]:
        """Return the Fernet keys in ``value``, comma-separated; the first one encrypts. Never echoes a key."""
        keys = [key.strip() for key in value.split(",") if key.strip()]
        for position, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError as error:
                raise ImproperlyConfigured(
                    f"{name}: key {position} is no Fernet key; write 32 bytes in URL-safe base64, comma-separated."
                ) from error
        return keys
