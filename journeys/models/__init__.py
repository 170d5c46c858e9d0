"""The tables of journeys."""

from journeys.models.admission import HoldoutPolicy, RampDay
from journeys.models.enrollments import Enrollment, StepCount, Trace
from journeys.models.journeys import Edge, Journey, Step, Version
from journeys.models.playback import Playback

__all__ = [
    "Edge",
    "Enrollment",
    "HoldoutPolicy",
    "Journey",
    "Playback",
    "RampDay",
    "Step",
    "StepCount",
    "Trace",
    "Version",
]
