"""The workloads, in the order in which they run: each finds what those before it have left."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.workloads.base import Stage, Workload
from benchmarks.workloads.deliver import Deliver
from benchmarks.workloads.enter import Enter
from benchmarks.workloads.fact_to_message import FactToMessage
from benchmarks.workloads.idle import Idle
from benchmarks.workloads.import_members import ImportMembers
from benchmarks.workloads.import_purchases import ImportPurchases
from benchmarks.workloads.pages import Counter, History
from benchmarks.workloads.refresh_segment import RefreshSegment
from benchmarks.workloads.send import SendStep
from benchmarks.workloads.steps import Steps

__all__ = ["ALL", "Stage", "Workload"]

ALL: Sequence[type[Workload]] = (
    ImportMembers,
    ImportPurchases,
    RefreshSegment,
    Enter,
    Steps,
    SendStep,
    Deliver,
    FactToMessage,
    History,
    Counter,
    Idle,
)
