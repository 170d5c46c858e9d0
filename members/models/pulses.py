"""Pulses: when the parts of an installation that run by themselves were last seen at work."""

from django.db import models


class Pulse(models.Model):
    """When a task ran last (`kind` task, by its name), or a host took a task (`kind` host, by its name)."""

    class Kind(models.TextChoices):
        """Whose pulse it is."""

        TASK = "task"
        HOST = "host"

    kind = models.CharField(max_length=4, choices=Kind.choices)
    name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="pulse_once")]
