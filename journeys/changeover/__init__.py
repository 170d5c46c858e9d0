"""Changeovers: what becomes of members under way when a version is published. Planned, shown, then done."""

from journeys.changeover.mapping import END, OTHERS, SAME, STAY, BadMapping, resolved
from journeys.changeover.moving import Moved, begin, finish, finish_all
from journeys.changeover.planning import ChangePlan, Row, plan

__all__ = [
    "END",
    "OTHERS",
    "SAME",
    "STAY",
    "BadMapping",
    "ChangePlan",
    "Moved",
    "Row",
    "begin",
    "finish",
    "finish_all",
    "plan",
    "resolved",
]
