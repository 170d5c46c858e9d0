"""Keeps personal data out of the logs."""

import logging
import re

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


class WithoutPersonalData(logging.Formatter):
    """Formats a record, traceback included, with what looks like personal data left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without addresses, phone numbers and PostgreSQL's details."""
        line = super().format(record)
        for pattern, instead in PATTERNS:
            line = pattern.sub(instead, line)
        return line.rstrip("\n")
