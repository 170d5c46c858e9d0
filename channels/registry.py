"""Which adapters there are: each app that brings one registers it in its AppConfig.ready."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.core.exceptions import ImproperlyConfigured

from channels.base import Adapter, BadSettings

_adapters: dict[str, type[Adapter]] = {}


def register(adapter: type[Adapter]) -> None:
    """Make an adapter known under its kind. Two adapters of one kind stop the program."""
    known = _adapters.setdefault(adapter.kind, adapter)
    if known is not adapter:
        raise ImproperlyConfigured(
            f"Adapters {known.__qualname__} and {adapter.__qualname__} are both of kind {adapter.kind}; rename one."
        )


def adapters() -> Mapping[str, type[Adapter]]:
    """Return all adapters by kind."""
    return MappingProxyType(_adapters)


def adapter(kind: str) -> type[Adapter]:
    """Return the adapter of a kind. Raises BadSettings for an unknown one."""
    try:
        return _adapters[kind]
    except KeyError:
        raise BadSettings(f"There is no adapter “{kind}”; there are {', '.join(sorted(_adapters))}.") from None
