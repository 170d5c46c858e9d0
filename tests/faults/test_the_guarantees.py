"""The page of guarantees names tests that exist, and every promise of the audit."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from journeys.promises import CHECKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_in(path: str) -> set[str]:
    """The names of the tests of a module."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def rows() -> list[list[str]]:
    """The cells of each promise."""
    promises, _title, _rest = PAGE.partition("## What it does not guarantee")
    lines = [
        line for line in promises.splitlines() if line.startswith("|") and not line.startswith(("| promise", "|---"))
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_promise_has_a_test_and_the_test_is_there() -> None:
    assert len(rows()) > 30
    assert [promise for promise, *_, held_by in rows() if not _TEST.search(held_by)] == []
    assert [f"{path}::{name}" for path, name in _TEST.findall(PAGE) if name not in names_in(path)] == []


def test_every_promise_of_the_audit_is_one_of_the_page() -> None:
    named = {name for _promise, audit, *rest in rows() if rest for name in re.findall(r"`(\w+)`", audit)}
    assert {check.name for check in CHECKS} == named
