"""The live count: for how many members a rule holds, while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg.errors import QueryCanceled

from members import segments
from members.admin.rule_field import BadJson, read
from members.rules import BadRule, Rule

SECONDS = 5  # somebody waits in front of the screen, and the database has other work


@dataclass(frozen=True)
class Live:
    """`words` describe the rule; `count` is None where it was not counted, and `sentence` says so or says the count."""

    good: bool
    sentence: str
    words: str = ""
    count: int | None = None


def live(text: str, now: datetime, seconds: float = SECONDS) -> Live:
    """Return what to show beside a rule that is being typed."""
    try:
        rule = read(text)
    except (BadJson, BadRule) as error:
        return Live(good=False, sentence=str(error))
    words = _("Members for whom %(rule)s.") % {"rule": rule.describe()}
    count = _counted(rule, now, seconds)
    if count is None:
        late = _("Counting takes longer than %(seconds)s seconds; save, and the refresh will tell the number.")
        return Live(good=True, sentence=late % {"seconds": f"{seconds:g}"}, words=words)
    sentence = ngettext("%(count)s member now.", "%(count)s members now.", count) % {"count": f"{count:,}"}
    return Live(good=True, sentence=sentence, words=words, count=count)


def _counted(rule: Rule, now: datetime, seconds: float) -> int | None:
    """Return the count, or None when the database did not come to an end in time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{int(seconds * 1000)}ms"])
            count = segments.count(rule, now)
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")  # where this is part of a larger transaction
            return count
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
