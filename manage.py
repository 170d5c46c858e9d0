#!/usr/bin/env python
"""Chorale's command line."""

import os
import sys
import warnings


def main() -> None:
    """Run a command; the servers it needs are started or checked first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from config import startup

    with startup.sentences():
        settings.INSTALLED_APPS  # noqa: B018 - a bad setting is said here, before any command runs
        if startup.needs_servers(sys.argv):
            startup.servers()
    if "makemigrations" in sys.argv:
        # It reads the models; the database, which it also asks for its history, need not run for that.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
