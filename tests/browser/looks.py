"""How an open page looks to whoever opens it: to axe-core, in the dark, on a tablet and on a phone."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser import axe

WIDE, TABLET, PHONE = 1440, 768, 360


def faults(page: Page) -> list[str]:
    """Return what is wrong with a page: wide and light as a whole, then its colours in the dark, then its widths."""
    page.wait_for_function("!document.querySelector('.htmx-request')")
    # Pages that are drawn by a script, such as that of the API, say what they are when it is through.
    page.wait_for_function(
        "document.querySelector('h1') || document.readyState === 'complete' && !document.scripts.length"
    )
    found = _frame(page) + axe.faults(page)
    darken(page, dark=True)
    found += [f"dark: {told}" for told in axe.faults(page, axe.COLOURS)]
    darken(page, dark=False)
    for width in (TABLET, PHONE):
        resize(page, width)
        found += [f"{width}: {told}" for told in _sticking_out(page)]
    found += [f"{PHONE}: {told}" for told in axe.faults(page, axe.SIZES)]
    resize(page, WIDE)
    return found


def resize(page: Page, width: int) -> None:
    """Make the window this wide."""
    page.set_viewport_size({"width": width, "height": 900})


def darken(page: Page, *, dark: bool) -> None:
    """Change the colours, as the switch of the page or the system's would, and wait until none is between two."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", dark)
    # A page that listens to the system hears of it with the next frame, and its transitions begin with the one after.
    page.evaluate(
        """async () => {
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
            const changes = document.getAnimations().filter(each => each instanceof CSSTransition);
            await Promise.allSettled(changes.map(each => each.finished));
        }"""
    )


def _frame(page: Page) -> list[str]:
    heads = [text for text in page.locator("h1:visible").all_inner_texts() if text.strip()]
    found = [] if len(heads) == 1 else [f"it has {len(heads)} headings of the first level: {heads}"]
    return found + ([] if page.title().strip(" |") else ["it has no title"]) + _sticking_out(page)


def _sticking_out(page: Page) -> list[str]:
    over: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"the page is {over} pixels wider than the screen"] if over > 0 else []
