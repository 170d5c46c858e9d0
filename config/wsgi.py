"""The web application, for gunicorn and other WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# 4 is what tells gunicorn that starting this worker again is no use.
with startup.sentences(status=4):
    startup.servers()
application = get_wsgi_application()
_ = get_resolver().url_patterns  # all that a page needs is loaded, before somebody waits for one
startup.keep_what_is_loaded()
