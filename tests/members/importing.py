"""Running an import command as people do, on a file that a test writes."""

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command


@dataclass
class Ran:
    """What came of an import: its exit code, its words, and the rejected rows by column."""

    code: int
    words: str
    rejects: list[dict[str, str]]


def run(command: str, file: Path, **options: Any) -> Ran:
    """Import a file and return what came of it."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(command, str(file), stdout=out, stderr=err, **options)
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    return Ran(code, out.getvalue() + err.getvalue(), rejects(file))


def rejects(file: Path) -> list[dict[str, str]]:
    """Return the rows of the file of rejects, none if there is no such file."""
    path = file.with_suffix(".rejects.csv")
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    return list(csv.DictReader(StringIO(text), delimiter=delimiter))
