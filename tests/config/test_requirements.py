"""What runs in production needs nothing that only the tests' requirements bring."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.config.conftest import PROJECT
from tests.databases import plain_environment

# Imports all there is but config.wsgi, which starts servers, and what Celery and gunicorn import when they run, where
# the modules named on the command line are not installed.
EVERYTHING = """
import importlib, os, pkgutil, sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
for package in ("config", "members", "content", "channels", "journeys"):
    for module in pkgutil.walk_packages([package], package + "."):
        if module.name != "config.wsgi":
            importlib.import_module(module.name)
from kombu import Connection
for scheme in ("redis", "amqp", "amqps"):
    Connection(scheme + "://").transport
for name in ("celery.bin.worker", "celery.bin.beat", "django_celery_beat.schedulers", "gunicorn.app.wsgiapp"):
    importlib.import_module(name)
"""


def needed(requirements: Path) -> Iterator[str]:
    """Yield the names of all packages that a file of requirements brings, and of those that they bring."""
    lines = [line.partition("#")[0].strip() for line in requirements.read_text().splitlines()]
    waiting, seen = [Requirement(line) for line in lines if line], set()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) not in seen:
            seen.add(str(requirement))
            yield canonicalize_name(requirement.name)
            for each in map(Requirement, requires(requirement.name) or []):
                extras = requirement.extras | {""}
                if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                    waiting.append(each)


def test_everything_can_be_imported_without_what_the_tests_need() -> None:
    brought = set(needed(PROJECT / "requirements.txt"))
    missing = [
        module
        for module, packages in packages_distributions().items()
        if not brought & {canonicalize_name(package) for package in packages}
    ]
    assert "pytest" in missing
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING, *missing],
        cwd=PROJECT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_requirement_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (PROJECT / name).read_text().splitlines():
            assert re.match(r"#|-r |[\w.\[\],-]+==[\w.]+( +#|$)", line), line
