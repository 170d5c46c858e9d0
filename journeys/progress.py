"""A progress bar over played time."""

from __future__ import annotations

from datetime import datetime, timedelta

from tqdm import tqdm

_DAY = timedelta(days=1)


class Progress:
    """Shows on standard error how many of the days are played; `resumed` of them were played before."""

    def __init__(self, start: datetime, resumed: datetime, end: datetime) -> None:
        self._start = start
        self._bar = tqdm(
            total=(end - start) / _DAY,
            initial=(resumed - start) / _DAY,
            unit="day",
            bar_format="{desc}: {percentage:3.0f}% |{bar}| {n:.1f} of {total:.0f} days, {elapsed} (left: {remaining})",
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def reach(self, moment: datetime) -> None:
        """Show that this instant is done."""
        self._bar.set_description(f"Playing {moment:%d %b %H:%M}", refresh=False)
        self._bar.update((moment - self._start) / _DAY - self._bar.n)
