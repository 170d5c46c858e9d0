"""The screens of the admin for channels, one module a model, and what they add to the page of a content."""

from channels.admin import follow_up, hand_off, hold, message, pressure, quiet_hours, receipt, sender, team, trying

__all__ = ["follow_up", "hand_off", "hold", "message", "pressure", "quiet_hours", "receipt", "sender", "team", "trying"]
