"""Fixtures for all tests: real servers, a database and a broker for each test process."""

import gc
from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from pytest_django import DjangoDbBlocker
from redis import Redis

from config import broker as brokers
from config.embedded import users
from tests import databases
from tests.settings import BROKER_DATABASE

pytest_plugins = ["tests.carrier"]

# The same examples in every run: what a change breaks is found with it. `--hypothesis-profile=default` draws others.
hypothesis.settings.register_profile("the same", derandomize=True)
hypothesis.settings.load_profile("the same")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays until the end: Python need not look for garbage in it, again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # A page makes tens of thousands of objects: by default Python looks through them fifty times.
        gc.set_threshold(10_000)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the walk, whose tests are long: begun last, one process waits while the other still walks."""
    items.sort(key=lambda item: "walk" not in item.path.parts)


@pytest.fixture(scope="session")
def servers() -> None:
    """PostgreSQL and Valkey of the tests' own; nothing in them must survive a power cut."""
    users.ensure(settings.HOME, durable=False)


@pytest.fixture(scope="session")
def django_db_setup(
    servers: None, django_test_environment: None, django_db_blocker: DjangoDbBlocker, worker_id: str
) -> Iterator[None]:
    """The database of this test process: a copy of the migrated template."""
    with django_db_blocker.unblock():
        name = databases.copied(databases.template(), worker_id)
        databases.use(name)
        databases.let_be_emptied("members_auditentry", "audit_entries_stay_all")
        emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
        with databases.refilled():
            yield
        databases.dropped(name)


@pytest.fixture
def broker(servers: None) -> str:
    """The address of a real, empty broker; what the test sends through Celery lands there and nowhere else."""
    with Redis(unix_socket_path=str(settings.HOME.valkey_socket), db=BROKER_DATABASE) as client:
        client.flushdb()
    return brokers.embedded_url(settings.HOME) + f"?virtual_host={BROKER_DATABASE}"


@pytest.fixture
def environment(transactional_db: None, broker: str) -> dict[str, str]:
    """Variables for a program started by a test, which then works on the test's own database and broker."""
    database = connection.settings_dict
    port = f"&port={database['PORT']}" if database["PORT"] else ""
    place = f"host={database['HOST']}{port}&user={database['USER']}&password={database['PASSWORD']}"
    return {
        **databases.plain_environment(),
        "DATABASE_URL": f"postgresql:///{database['NAME']}?{place}",
        "BROKER_URL": broker,
        "CHORALE_HOME": str(settings.CHORALE_HOME),
        "CHORALE_SECRET_KEY": settings.SECRET_KEY,
        "CHORALE_FIELD_KEYS": ",".join(settings.CHORALE_FIELD_KEYS),
        "CHORALE_PUBLIC_URL": settings.CHORALE_PUBLIC_URL,
        "CHORALE_TWO_FACTOR": "no",
    }
