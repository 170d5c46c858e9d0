"""A real browser, the live web server behind it, and people who are signed in."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as conf
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from journeys.demo.outside import write_clock
from members.models import User
from tests.browser import house
from tests.browser.furnished import lived_in
from tests.carrier import Carrier

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Milliseconds until something is given up that a machine under load does late.
PATIENCE = 30_000
WIDE, PHONE = (1440, 900), (360, 740)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program: what CHROMIUM names, which must be one, or what is found; skips where nothing is."""
    named = os.environ.get("CHROMIUM")
    if named is not None:
        assert _runs(named), f"CHROMIUM is “{named}”, which is no browser that starts."
        return named
    found = next((path for path in map(shutil.which, NAMES) if path and _runs(path)), None)
    if found is None:
        pytest.skip(f"no browser: install Chromium ({', '.join(NAMES)} are looked for), or name one in CHROMIUM")
    return found


def _runs(path: str) -> bool:
    # What Ubuntu puts there in the place of its snap is found, and does not run.
    return bool(path) and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser of this test process, for as long as it runs tests of this folder."""
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the tests' own queries do not run in it.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        opened = playwright.chromium.launch(executable_path=chromium, args=["--font-render-hinting=none"])
        expect.set_options(timeout=PATIENCE)
        yield opened
        opened.close()


@pytest.fixture
def clock(tmp_path: Path, settings: Settings) -> Path:
    """The file with the time in which the house lives: NOW, until a test lets it pass."""
    path = tmp_path / "clock"
    write_clock(path, house.NOW)
    settings.CHORALE_CLOCK = path
    return path


@pytest.fixture
def furnished(
    carrier: Carrier, clock: Path, live_server: LiveServer, settings: Settings, worker_id: str
) -> Iterator[Carrier]:
    """The furnished house, with its web server and its carriers, which do nothing by themselves."""
    settings.CHORALE_PUBLIC_URL = live_server.url
    with lived_in(lambda: house.furnish(carrier, clock), worker_id):
        write_clock(clock, house.NOW)
        carrier.reset()
        carrier.clock(house.NOW)
        carrier.install()
        yield carrier


class Visitor:
    """Opens pages for people. What goes wrong in a page fails the test in the end."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self._browser = browser
        self._opened: list[BrowserContext] = []
        self.faults: list[str] = []

    def page(self, username: str = "", size: tuple[int, int] = WIDE, **options: Any) -> Page:
        """Return an empty page of a browser of its own, in which somebody is signed in."""
        known: dict[str, Any] = {
            "base_url": self.address,
            "locale": "en-GB",
            "timezone_id": "Europe/Paris",
            "viewport": {"width": size[0], "height": size[1]},
            "reduced_motion": "reduce",
        }
        context = self._browser.new_context(**{**known, **options})
        self._opened.append(context)
        context.set_default_timeout(PATIENCE)
        if username:
            client = Client()
            client.force_login(User.objects.get(username=username))
            value = client.cookies[conf.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": conf.SESSION_COOKIE_NAME, "value": value, "url": self.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("response", self._answered)
        return page

    def leave(self) -> None:
        """Close everything."""
        for context in self._opened:
            context.close()

    def _answered(self, response: Response) -> None:
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.faults.append(f"{response.url}: {response.status}")


@pytest.fixture
def visitor(browser: Browser, furnished: Carrier, live_server: LiveServer) -> Iterator[Visitor]:
    """Whoever comes to the furnished house."""
    found = Visitor(browser, live_server.url)
    yield found
    found.leave()
    assert found.faults == []


@pytest.fixture
def later(clock: Path, furnished: Carrier) -> Callable[[datetime], None]:
    """Let it be a later time everywhere in the house: at its doors, its workers and its carriers."""

    def be(moment: datetime) -> None:
        write_clock(clock, moment)
        furnished.clock(moment)

    return be


@pytest.fixture
def at_work(
    furnished: Carrier, clock: Path, live_server: LiveServer, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], None]]:
    """Starts a real Celery worker and beat, which live in the house until the test is over."""
    environment = request.getfixturevalue("environment")  # of the furnished house, not of the empty database before
    here = {"CHORALE_CLOCK": str(clock), "CHORALE_PUBLIC_URL": live_server.url}
    with ExitStack() as running:

        def start() -> None:
            worker = ["worker", "--concurrency=2", f"--hostname=browser{os.getpid()}"]
            beat = ["beat", "--pidfile=", "--schedule", str(tmp_path / "beat")]
            for program in (worker, beat):
                running.enter_context(_celery([*program, "--loglevel=WARNING"], {**environment, **here}, tmp_path))

        yield start


@contextmanager
def _celery(arguments: list[str], environment: dict[str, str], place: Path) -> Iterator[None]:
    with (place / f"{arguments[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", *arguments],
            cwd=conf.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
