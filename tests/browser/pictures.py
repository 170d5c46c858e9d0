"""The pictures of the README and the docs, made at the moments that the tests of this folder play.

`make pictures` makes them anew. Every other run holds the tests to the pictures that are there.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
ASKED_BY = "PICTURES"
DESKTOP, PHONE = (1280, 800), (390, 844)
NARROW = 500
LARGEST = 160_000  # bytes: whoever reads the docs by a slow line waits for all pictures of a page


def picture(page: Page, name: str, *, top: Locator | None = None, about: Locator | None = None) -> None:
    """Keep what a page shows as docs/images/NAME.png: its beginning, or with `top` above, or `about` in the middle.

    Unless pictures are asked for, only see that the docs have this one.
    """
    path = IMAGES / f"{name}.png"
    if os.environ.get(ASKED_BY):
        path.write_bytes(_taken(page, top, about))
        size = path.stat().st_size
        assert size <= LARGEST, f"{path.name} has {size} bytes; at most {LARGEST} are wanted."
    assert path.is_file(), f"{path.name} is not among the docs' pictures: call `make pictures`, and show it somewhere."


def _taken(page: Page, top: Locator | None, about: Locator | None) -> bytes:
    before = page.viewport_size
    assert before
    width, height = PHONE if before["width"] < NARROW else DESKTOP
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("!document.querySelector('.htmx-request') && document.fonts.status == 'loaded'")
    page.evaluate("scrollTo(0, 0)")
    if top:
        top.evaluate("found => scrollTo(0, found.getBoundingClientRect().top - 72)")  # below a header that stays
    if about:
        about.evaluate("found => found.scrollIntoView({block: 'center'})")
    taken = page.screenshot(animations="disabled", caret="hide", scale="css")
    page.set_viewport_size(before)
    return taken
