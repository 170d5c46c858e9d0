"""What holds for the house as a whole: its layers, its clock, and its docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands
from drf_spectacular.generators import SchemaGenerator

from channels import registry
from channels.vocabulary import FollowUpResult, HandOffReason, HandOffState, Intent, Reason, State
from config import schedule
from journeys.promises import CHECKS
from journeys.vocabulary import EndReason, NotEntered, NotNamed, Outcome, Whereabouts
from members import scopes
from members.api.problems import Kind
from members.vocabulary import Channel, Deed, Purpose, Through

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["members", "content", "channels", "journeys", "config"]
# Whoever stands at the house's doors reads the clock and hands it down.
DOORS = re.compile(r"(tasks|views|apps)\.py$|/(views|admin|api|management|demo|sandbox)/|members/clock\.py$")
CLOCKS = {
    ("timezone", "now"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("clock", "now"),
    ("time", "time"),
}


def modules() -> Iterator[Path]:
    """Every module of the house except migrations."""
    for layer in LAYERS:
        yield from (path for path in sorted((ROOT / layer).rglob("*.py")) if "migrations" not in path.parts)


def page(name: str) -> str:
    """A page of the docs."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_no_relation_of_a_model_points_up() -> None:
    """A layer's tables know those below only."""
    up = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for layer in LAYERS[:-1]
        for model in apps.get_app_config(layer).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and isinstance(field.related_model, type)
        if field.related_model._meta.app_label in LAYERS
        and LAYERS.index(field.related_model._meta.app_label) > LAYERS.index(layer)
    ]
    assert up == []


def test_no_import_runs_up_not_even_inside_a_function() -> None:
    """`lint-imports` says it of modules; this also reads what is imported late."""
    found = []
    for path in modules():
        layer = LAYERS.index(path.relative_to(ROOT).parts[0])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            tops = [name.split(".")[0] for name in names]
            found += [f"{path.relative_to(ROOT)}: {top}" for top in tops if top in LAYERS and LAYERS.index(top) > layer]
    assert found == []


def test_the_domain_reads_no_clock() -> None:
    """Only tasks, views, commands, the demo and the sandbox do."""
    found = []
    for path in modules():
        name = str(path.relative_to(ROOT))
        if name.startswith("config/") or DOORS.search(name):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name):
                continue
            if (called.value.id, called.attr) in CLOCKS:
                found.append(f"{name}:{called.lineno}")
    assert found == []


@pytest.mark.parametrize(
    "pattern", [r"\bnow\(\)", r"CURRENT_(DATE|TIMESTAMP)", r"auto_now", r"AT TIME ZONE", r"clock_timestamp"]
)
def test_neither_does_sql(pattern: str) -> None:
    """Nor does any field fill itself, nor does PostgreSQL convert a zone."""
    found = []
    for path in modules():
        name = str(path.relative_to(ROOT))
        if name.startswith("config/") or DOORS.search(name):
            continue
        texts = [
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "SELECT" in node.value
        ]
        found += [name for text in texts if re.search(pattern, text, re.IGNORECASE)]
        if pattern == "auto_now":
            found += [name] if re.search(r"auto_now(_add)?=", path.read_text(encoding="utf-8")) else []
    assert found == []


@pytest.mark.parametrize(
    ("vocabulary", "name"),
    [
        (Reason, "reasons.md"),
        (NotEntered, "reasons.md"),
        (EndReason, "reasons.md"),
        (Outcome, "reasons.md"),
        (NotNamed, "reasons.md"),
        (Whereabouts, "reasons.md"),
        (State, "reasons.md"),
        (FollowUpResult, "rep.md"),
        (HandOffState, "rep.md"),
        (Intent, "rep.md"),
        (HandOffReason, "rep.md"),
        (Channel, "glossary.md"),
        (Purpose, "glossary.md"),
        (Deed, "audit-log.md"),
        (Through, "audit-log.md"),
    ],
)
def test_every_word_of_a_closed_vocabulary_is_explained(vocabulary: type, name: str) -> None:
    """A reason that nobody explains helps nobody."""
    text = page(name)
    assert [value for value in vocabulary.values if f"`{value}`" not in text] == []  # type: ignore[attr-defined]


def test_every_command_is_explained() -> None:
    """Also those of beat."""
    ours = [name for name, app in get_commands().items() if app in LAYERS]
    text = page("commands.md")
    assert [name for name in ours if f"`{name}" not in text] == []
    assert [task for task in {**schedule.EVERY, **schedule.AT} if f"`{task}`" not in text] == []


def test_every_promise_of_the_audit_is_explained() -> None:
    """What it finds, an operator must understand."""
    text = page("operator.md")
    assert [check.name for check in CHECKS if f"`{check.name}`" not in text] == []


def test_every_adapter_and_its_settings_are_explained() -> None:
    """For operators who configure a sender."""
    text = page("senders.md")
    missing = [
        f"{kind}.{setting.name}"
        for kind, adapter in registry.adapters().items()
        for setting in adapter.settings
        if f"`{setting.name}`" not in text
    ]
    assert missing + [kind for kind in registry.adapters() if f"`{kind}`" not in text] == []


def test_every_part_of_the_api_is_explained() -> None:
    """Its addresses, scopes and problems, for those whose programs call it."""
    text = page("api.md")
    schema = SchemaGenerator().get_schema(public=True)
    calls = [f"`{method.upper()} {path}`" for path, methods in schema["paths"].items() for method in methods]
    assert [call for call in calls if call not in text] == []
    assert [key for key in scopes.known() if f"| `{key}` |" not in text] == []
    assert [kind.word for kind in Kind if f"| `{kind.word}` | {kind.status} |" not in text] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    """Relative links in the README and the docs."""
    broken = []
    for source in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", source.read_text(encoding="utf-8"))
        inside = [target for target in targets if not target.startswith(("http://", "https://", "mailto:"))]
        broken += [f"{source.relative_to(ROOT)} → {found}" for found in inside if not (source.parent / found).exists()]
    assert broken == []
