"""Follow-ups: who sees which, who takes one, and what came of it, told to the history and the journeys."""

from channels.follow_ups.asking import Asked, Counts, counted, listed, shown_to, waiting, whole
from channels.follow_ups.taking import give_back, take
from channels.follow_ups.wanting import CannotCall, want_call
from channels.follow_ups.working import ENDING, BadContact, Contact, NotOpen, hand_over, how_ended, work

__all__ = [
    "ENDING",
    "Asked",
    "BadContact",
    "CannotCall",
    "Contact",
    "Counts",
    "NotOpen",
    "counted",
    "give_back",
    "hand_over",
    "how_ended",
    "listed",
    "shown_to",
    "take",
    "waiting",
    "want_call",
    "whole",
    "work",
]
