"""Why a member left what a message came from. Layers above that end things register how they say it, in
AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable

from channels.models import Message

# From a message that was cancelled for it to a sentence, empty where nothing is known.
Said = Callable[[Message], str]
_said: list[Said] = []


def register(said: Said) -> None:
    """Ask this one too."""
    if said not in _said:
        _said.append(said)


def why(message: Message) -> str:
    """Return why the member left, as a sentence."""
    return next((sentence for said in _said if (sentence := said(message))), "")
