"""The web application, for gunicorn and other WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from config import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# 4 is what tells gunicorn that starting this worker again is no use.
with startup.sentences(status=4):
    startup.servers()
application = get_wsgi_application()
