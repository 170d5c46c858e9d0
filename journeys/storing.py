"""A definition that passed the check becomes the rows of a version."""

from __future__ import annotations

from datetime import datetime

from journeys.definitions import Checked
from journeys.models import Edge, Journey, Step, Version
from members import segments
from members.models import Segment, User


def store(journey: Journey, checked: Checked, now: datetime, who: User | None) -> Version:
    """Write the next version of a journey with its steps and ways."""
    latest = journey.versions.order_by("-number").values_list("number", flat=True).first()
    version = Version.objects.create(
        journey=journey,
        number=(latest or 0) + 1,
        definition=dict(checked.definition),
        priority=checked.priority,
        entry_segment=_entry_segment(checked, now),
        holdout=checked.holdout,
        published_at=now,
        published_by=who,
    )
    _store_steps(version, checked)
    return version


def _store_steps(version: Version, checked: Checked) -> None:
    steps = Step.objects.bulk_create(
        Step(
            version=version,
            key=step.key,
            kind=step.kind,
            position=step.position,
            depth=step.depth,
            settings=dict(step.settings),
        )
        for step in checked.steps
    )
    ids = {step.key: step.pk for step in steps}
    Edge.objects.bulk_create(
        Edge(
            step_id=ids[way.source],
            outcome=way.outcome,
            target_id=ids[way.target] if way.target else None,
            again=way.again,
        )
        for way in checked.ways
    )


def _entry_segment(checked: Checked, now: datetime) -> Segment | None:
    """Return the entry segment, kept up to date from now on; its first members are no news to the journey."""
    if checked.entry_segment is None:
        return None
    segment = Segment.objects.get(key=checked.entry_segment)
    segments.activate(segment)
    if segment.refreshed_at is None:
        segments.refresh(segment, now)
    return segment
