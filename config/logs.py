"""Keeps personal data out of the logs."""

import logging
import re

# What personal data looks like when it slips into a message or a traceback: addresses, phone numbers, and the detail
# lines in which PostgreSQL repeats a row's values.
PATTERNS = [
    (re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]*\w"), "<address>"),
    (re.compile(r"\+\d[\d ()-]{6,18}\d"), "<number>"),
    (re.compile(r"^(\s*DETAIL:).*$", re.MULTILINE), r"\1 <left out>"),
]


class WithoutPersonalData(logging.Formatter):
    """Formats a record, traceback included, with what looks like personal data left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without addresses, phone numbers and PostgreSQL's details."""
        line = super().format(record)
        for pattern, instead in PATTERNS:
            line = pattern.sub(instead, line)
        return line
