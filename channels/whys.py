"""Why this member: what a follow-up comes from, in plain words. Layers above that send messages register how they say
it, in AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from channels.models import Message

# From messages to a sentence for each that the explainer knows something about, by message id.
Explain = Callable[[Sequence[Message]], Mapping[int, str]]
_explainers: list[Explain] = []


def register(explain: Explain) -> None:
    """Ask this explainer too; a bounded number of queries for any number of messages."""
    if explain not in _explainers:
        _explainers.append(explain)


def whys(messages: Sequence[Message]) -> dict[int, str]:
    """Return why each message was sent, by its id: the journey's name at least, else what it comes from."""
    found = {message.pk: message.journey_name or str(message.get_origin_kind_display()) for message in messages}
    for explain in _explainers:
        found |= explain(messages)
    return found
