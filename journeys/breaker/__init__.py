"""The circuit breaker: a journey that is about to send too much is held, before anything of that leaves."""

from journeys.breaker.counting import forget, used
from journeys.breaker.forecast import Forecast, forecast
from journeys.breaker.holding import NotHeld, forgo, held_now, most_today, release, standing
from journeys.breaker.sending import send

__all__ = [
    "Forecast",
    "NotHeld",
    "forecast",
    "forget",
    "forgo",
    "held_now",
    "most_today",
    "release",
    "send",
    "standing",
    "used",
]
