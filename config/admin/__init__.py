"""The screens of the admin that need to know all layers: people with their roles and places, and beat's timetable."""

from config.admin import schedule, staff

__all__ = ["schedule", "staff"]
