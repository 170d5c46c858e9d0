"""The tables of journeys."""

from journeys.models.admission import HoldoutPolicy, RampDay
from journeys.models.breaker import BreakerHold, SendDay
from journeys.models.changeovers import Changeover
from journeys.models.enrollments import Enrollment, StepCount, Trace
from journeys.models.journeys import Edge, Journey, Step, Version
from journeys.models.playback import Playback
from journeys.models.splits import Arm, ArmCount, SplitDecision

__all__ = [
    "Arm",
    "ArmCount",
    "BreakerHold",
    "Changeover",
    "Edge",
    "Enrollment",
    "HoldoutPolicy",
    "Journey",
    "Playback",
    "RampDay",
    "SendDay",
    "SplitDecision",
    "Step",
    "StepCount",
    "Trace",
    "Version",
]
