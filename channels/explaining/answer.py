"""An explanation: what is the case, why, since and until when, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Explanation:
    """What is the case with a message, or with a member in a journey.

    `status` is a state of messages or a word of `journeys.vocabulary.Whereabouts`; `reason` comes from one of the
    closed sets of reasons, or is empty. `sentence` can be read out. `evidence` has what the answer rests on, as JSON
    has it. `parts` are the explanations of what belongs to it, in the order in which it happened.
    """

    status: str
    sentence: str
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Explanation, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it, with times in ISO 8601."""
        return {
            "status": self.status,
            "reason": self.reason,
            "sentence": self.sentence,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "evidence": dict(self.evidence),
            "parts": [part.as_json() for part in self.parts],
        }
