"""What tests of hand-offs need: one agreed on, as a rep would."""

from __future__ import annotations

from typing import Any

from channels import hand_offs
from channels.hand_offs import Agreed
from channels.models import HandOff
from members.models import Member, User
from tests import cast
from tests.cast import DAY, NOW


def agreed(who: Member, *, rep: User | None = None, key: str = "one", now: Any = NOW, **fields: Any) -> HandOff:
    """A hand-off of this member to Berlin, for tomorrow at this time."""
    plan = Agreed(who, **{"store": cast.berlin(), "due_at": NOW + DAY, **fields})
    return hand_offs.agree(plan, who=rep or cast.rep(), request_key=key, now=now)
