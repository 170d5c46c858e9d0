"""What a member wished for at the counter, for the rep who calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from channels.models import Message
from channels.vocabulary import OriginKind
from members.models import Event


def explain(messages: Sequence[Message]) -> Mapping[int, str]:
    """Return in which store a call was asked for at the counter and what the clerk noted, by message id."""
    wished = {one.origin_id: one.pk for one in messages if one.origin_kind == OriginKind.COUNTER}
    found = Event.objects.filter(pk__in=wished).values_list("pk", "properties") if wished else ()
    return {wished[pk]: _in_words(said) for pk, said in found}


def _in_words(said: Mapping[str, str]) -> str:
    asked = (
        _("Asked for a call at the counter (%(store)s).")
        if said.get("store")
        else _("Asked for a call at the counter.")
    )
    return " ".join(filter(None, [asked % {"store": said.get("store")}, said.get("note")]))
