"""The tables of journeys."""

from journeys.models.enrollments import Enrollment, StepCount, Trace
from journeys.models.journeys import Edge, Journey, Step, Version

__all__ = ["Edge", "Enrollment", "Journey", "Step", "StepCount", "Trace", "Version"]
