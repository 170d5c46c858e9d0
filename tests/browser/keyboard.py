"""Working a page by keyboard alone, as somebody does who cannot use a mouse and looks for where the focus is."""

from __future__ import annotations

from playwright.sync_api import Error, Locator, Page, expect

FARTHEST = 120  # stops that nobody would bear to go through
AT_ONCE = 5_000  # milliseconds; htmx settles within twenty
_SHOWN = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ringed = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return { place: one.outerHTML.slice(0, 160), ringed,
           seen: box.width > 0 && box.right > 0 && box.bottom > 0 };
}"""


def go(page: Page, to: Locator) -> None:
    """Press Tab until the focus is there; on the way it is nowhere lost or unseen."""
    expect(to).to_be_visible()
    trail: list[str] = []
    while len(trail) < FARTHEST and not to.evaluate("one => one === document.activeElement"):
        page.keyboard.press("Tab")
        trail.append(held(page))
    assert len(trail) < FARTHEST, f"Tab does not lead to {to}: {trail}"


def press(page: Page, on: Locator, key: str = "Enter") -> None:
    """Go there and press it."""
    go(page, on)
    page.keyboard.press(key)


def fill(page: Page, label: str, text: str) -> None:
    """Go to a field and type; in a list of choices that chooses the one that begins so."""
    go(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def held(page: Page) -> str:
    """Return where the focus is; it is somewhere at once after whatever was swapped, and to be seen there."""
    try:
        page.wait_for_function("document.activeElement !== document.body", timeout=AT_ONCE)
    except Error:
        raise AssertionError(f"{page.url}: the focus is lost") from None
    shown = page.evaluate(_SHOWN)
    assert shown["ringed"], f"{page.url}: the focus is not to be seen on {shown['place']}"
    assert shown["seen"], f"{page.url}: the focus is on what is not to be seen: {shown['place']}"
    return str(shown["place"])
