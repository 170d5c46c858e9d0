"""axe-core in a page: what people with a screen reader, a keyboard or weak eyes would trip over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from axe_playwright_python import base
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
COLOURS = ("color-contrast", "link-in-text-block")
SIZES = ("target-size",)


def faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return what axe calls serious or critical, each with where it is; by these rules alone, if there are any."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    options: dict[str, Any] = {"resultTypes": ["violations"], "elementRef": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate(f"axe.run({json.dumps(options)})")
    return [
        f"{violation['id']}: {node['html'][:200]} ({'; '.join(_reasons(node))})"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def _reasons(node: dict[str, Any]) -> list[str]:
    return [check["message"] for kind in ("any", "all", "none") for check in node[kind]]


@cache
def _script() -> str:
    return (Path(base.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
