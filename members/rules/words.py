"""Words that several leaves use to speak of themselves."""

from django.utils.translation import ngettext


def with_window(subject: str, within_days: int | None) -> str:
    """Return a subject with its window: "the number of purchases in the last 90 days"."""
    if within_days is None:
        return subject
    words = ngettext("%(subject)s in the last day", "%(subject)s in the last %(days)s days", within_days)
    return words % {"subject": subject, "days": within_days}
