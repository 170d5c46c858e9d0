"""What beat sends when. The entries are installed with the migrations; operators may change times in the admin."""

from __future__ import annotations

from typing import Any

# Task, every so many seconds. Two beats do no harm: every task may run twice at once.
EVERY = {
    "journeys.tasks.look": 1,
    "channels.tasks.look": 1,
    "channels.tasks.recover": 15,
    "channels.tasks.expire": 60,
    "journeys.tasks.name_dates": 60,
    "journeys.tasks.finish_changeovers": 60,
    "content.tasks.expire_grants": 300,
    "journeys.tasks.decide_splits": 300,
}
# Task, at minute and hour (UTC); `*` is every hour.
AT = {
    "members.tasks.refresh_segments": ("5", "*"),
    "members.tasks.expire_points": ("10", "1"),
    "members.tasks.refresh_standing": ("20", "1"),
    "channels.tasks.forget_webhooks": ("30", "1"),
    "members.tasks.refresh_names": ("35", "1"),
    "channels.tasks.compact_counts": ("40", "1"),
    "members.tasks.forget_sign_ins": ("50", "1"),
    "members.tasks.forget_tokens": ("55", "1"),
    "members.tasks.keep_partitions": ("15", "2"),
    "journeys.tasks.compact_counts": ("45", "1"),
    "journeys.tasks.forget_days": ("47", "1"),
}


def install(using: str = "default", **_signal: Any) -> None:
    """Add the entries that the database lacks; what an operator has changed stays."""
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

    tasks = PeriodicTask.objects.using(using)
    for task, seconds in EVERY.items():
        interval, _ = IntervalSchedule.objects.using(using).get_or_create(
            every=seconds, period=IntervalSchedule.SECONDS
        )
        tasks.get_or_create(name=task, defaults={"task": task, "interval": interval, "expire_seconds": seconds + 9})
    for task, (minute, hour) in AT.items():
        crontab, _ = CrontabSchedule.objects.using(using).get_or_create(
            minute=minute, hour=hour, day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
        )
        tasks.get_or_create(name=task, defaults={"task": task, "crontab": crontab, "expire_seconds": 3600})
