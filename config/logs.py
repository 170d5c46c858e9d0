"""What a line of the log says, as text or as JSON: which task and which messages it is about, and no personal data."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# What personal data looks like when it slips into a message or a traceback: what PostgreSQL repeats of a row or a line
# that it copies, addresses, and phone numbers. A value may have several lines, so its end is where Python goes on.
PATTERNS = [
    (
        re.compile(
            r"^(\s*(?:DETAIL|CONTEXT|LINE \d+):).*?"
            r"(?=^\s*(?:DETAIL|CONTEXT|HINT):|\n\n(?:The above exception|During handling)|\Z)",
            re.MULTILINE | re.DOTALL,
        ),
        r"\1 <left out>\n",
    ),
    (re.compile(r'(: )".*"$', re.MULTILINE), r"\1<left out>"),
    (re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]*\w"), "<address>"),
    (re.compile(r"\+\d[\d ()-]{6,18}\d"), "<number>"),
]
# What a line may be about, given as `extra`: ids and keys, which name nobody to whoever has the log alone.
FIELDS = ("journey", "step", "sender", "shards", "state", "reason", "count", "enrollments", "messages")
# The task that runs now, by name and id; the log's lines bear both.
task: ContextVar[tuple[str, str] | None] = ContextVar("task", default=None)


def without_personal_data(text: str) -> str:
    """Return a text with addresses, phone numbers and PostgreSQL's details left out."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text.rstrip("\n")


def about(record: logging.LogRecord) -> Mapping[str, Any]:
    """Return what a record is about: the task in which it was written, and its fields of FIELDS."""
    running = task.get()
    found = dict(zip(("task", "task_id"), running, strict=True)) if running else {}
    return {**found, **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)}}


class WithoutPersonalData(logging.Formatter):
    """Formats a record as text, traceback included, with what looks like personal data left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with what it is about at its end, and then the traceback."""
        return without_personal_data(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """Return the line itself."""
        said = super().formatMessage(record)
        fields = " ".join(f"{name}={_word(value)}" for name, value in about(record).items())
        return f"{said} [{fields}]" if fields else said


class Json(logging.Formatter):
    """Formats a record as one JSON object on one line, with what looks like personal data left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object: when, how grave, who says it, what, and what it is about."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_personal_data(record.getMessage()),
            **{name: _clean(value) for name, value in about(record).items()},
        }
        if record.exc_info:
            line["error"] = without_personal_data(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def _word(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _clean(value: object) -> object:
    return without_personal_data(value) if isinstance(value, str) else value
