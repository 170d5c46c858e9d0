"""What the log says of messages: which ones came to what, with the enrollments that they come from."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import groupby

from channels.claims import Claimed
from channels.models import Sender
from channels.settling import Settlement
from channels.vocabulary import OriginKind, State

_log = logging.getLogger(__name__)
_GRAVE = (State.REFUSED, State.FAILED, State.UNCONFIRMED)


def fates(sender: Sender, settlements: Sequence[Settlement], messages: Mapping[int, Claimed]) -> None:
    """Log what a window's messages came to, a line for each state and reason; what never arrives is a warning."""
    if not settlements or not _log.isEnabledFor(logging.WARNING):
        return
    for (state, reason), alike in groupby(sorted(settlements, key=_fate), key=_fate):
        level = logging.WARNING if state in _GRAVE else logging.INFO
        if _log.isEnabledFor(level):
            ids = [settlement.id for settlement in alike]
            fields = {"sender": sender.pk, "state": state, "count": len(ids), "messages": ids}
            origins = [messages[pk].origin_id for pk in ids if messages[pk].origin_kind == OriginKind.ENROLLMENT]
            said = {**fields, "enrollments": origins, **({"reason": reason} if reason else {})}
            _log.log(level, "Messages came to %s.", state, extra=said)


def _fate(settlement: Settlement) -> tuple[str, str]:
    return str(settlement.state), str(settlement.reason)
