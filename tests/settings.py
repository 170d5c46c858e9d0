"""Settings of the tests: Chorale's own ones on servers of the tests' own.

A module and not fixtures, since pytest-django reads the settings before any conftest. A developer's DATABASE_URL is
used; nothing else of the environment reaches the tests.
"""

import os
from pathlib import Path

for name in [name for name in os.environ if name.startswith("CHORALE_") or name == "BROKER_URL"]:
    del os.environ[name]
os.environ["CHORALE_HOME"] = str(Path(__file__).resolve().parent.parent / "var" / "tests")
os.environ["CHORALE_SECRET_KEY"] = "only-the-tests-know-this-key-and-so-does-everybody-who-reads-them"
os.environ["CHORALE_FIELD_KEYS"] = "dGhlLWtleS1vZi10aGUtdGVzdHMtaXMtbm8tc2VjcmU="
os.environ["CHORALE_PUBLIC_URL"] = "http://testserver"
# Tests of the second factor demand it themselves, whichever database the others run on.
os.environ["CHORALE_TWO_FACTOR"] = "no"

from config import cache  # noqa: E402 - as above
from config.settings import *  # noqa: E402, F403 - the environment is what it reads
from config.settings import CELERY_BROKER_URL as BROKER  # noqa: E402

# Each test process has a database of the broker to itself.
BROKER_DATABASE = os.getpid() % 1024
CELERY_BROKER_URL = f"{BROKER}?virtual_host={BROKER_DATABASE}"
CACHES = {"default": cache.settings(CELERY_BROKER_URL)}
# The usual hasher is slow on purpose; tests log in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Every client of a test makes the middleware anew, which else looks for all static files each time.
WHITENOISE_AUTOREFRESH = True
