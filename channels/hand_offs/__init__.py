"""Hand-offs: a rep and a member agree on a store and a time; the store keeps the promise, and the rep is told.

A hand-off ends once: the member came, did not come, somebody called it off, or its offer ended first, in whatever
channel. Past its time it is overdue, and stays so until somebody says what became of it; only a person calls a member a
no-show.
"""

from channels.hand_offs.agreeing import Agreed, CannotHandOff, agree
from channels.hand_offs.asking import ended_by, of_member, of_rep, of_store, script_of, shown_to
from channels.hand_offs.ending import ENDS, CannotEnd, end, grants_closed, grants_reopened, how_ended, seen

__all__ = [
    "ENDS",
    "Agreed",
    "CannotEnd",
    "CannotHandOff",
    "agree",
    "end",
    "ended_by",
    "grants_closed",
    "grants_reopened",
    "how_ended",
    "of_member",
    "of_rep",
    "of_store",
    "script_of",
    "seen",
    "shown_to",
]
