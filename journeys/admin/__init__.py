"""The screens of the admin for journeys."""

from journeys.admin import enrollment, holdout, journey, version  # noqa: F401 - importing registers the screens
