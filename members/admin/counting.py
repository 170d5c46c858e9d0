"""The live count: for how many members a rule holds, while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members import segments
from members.admin.rule_field import BadJson, read
from members.rules import BadRule
from members.segments import SECONDS


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
    count = segments.count_within(rule, now, seconds)
    if count is None:
        late = _("Counting takes longer than %(seconds)s seconds; save, and the refresh will tell the number.")
        return Live(good=True, sentence=late % {"seconds": f"{seconds:g}"}, words=words)
    sentence = ngettext("%(count)s member now.", "%(count)s members now.", count) % {"count": f"{count:,}"}
    return Live(good=True, sentence=sentence, words=words, count=count)
