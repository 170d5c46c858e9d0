"""The guides show the product: pictures that tests make, and words that the screens say."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS, IMAGES = ROOT / "docs", ROOT / "docs" / "images"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
GUIDES = ("marketer.md", "rep.md", "clerk.md")
LAYERS = ("members", "content", "channels", "journeys", "config")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
WORDS = 5
KINDS = {
    ".html": re.compile(r'{% translate "([^"]*)"|{% blocktranslate[^%]*%}([^{]*)'),
    ".py": re.compile(r'\b(_|_now|gettext|gettext_lazy)\(\s*"([^"]*)"'),
}


def shown() -> dict[Path, str]:
    """Every picture that a page shows, with the words for those who cannot see it."""
    return {
        (page.parent / path).resolve(): words
        for page in PAGES
        for words, path in IMAGE.findall(page.read_text(encoding="utf-8"))
    }


def made() -> set[str]:
    """The pictures that the browser tests make, by name."""
    calls = [
        node
        for path in (ROOT / "tests" / "browser").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "picture"
    ]
    return {str(name.value) for call in calls if isinstance(name := call.args[1], ast.Constant)}


def test_pages_show_the_pictures_that_tests_make_and_no_others() -> None:
    pictures = {path.name for path in IMAGES.iterdir()}
    assert pictures == {f"{name}.png" for name in made()}
    assert {path for path in shown() if path.parent == IMAGES} == {IMAGES / name for name in pictures}


def test_every_picture_is_there_and_told_in_words() -> None:
    assert [str(path) for path in shown() if not path.is_file()] == []
    assert [path.name for path, words in shown().items() if len(words.split()) < WORDS] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_sets_in_bold_stands_on_a_screen(guide: str) -> None:
    """Bold is for what a screen says, word by word; → leads from one to the next, and + is the button of lists."""
    bold = BOLD.findall((DOCS / guide).read_text(encoding="utf-8"))
    words = [word.strip(" .:“”") for text in bold for word in text.split("→") if word.strip(" .") != "+"]
    assert [word for word in words if not re.search(rf"\n{re.escape(word.casefold())}(?!\w)", said())] == []
    assert len(words) > WORDS


@pytest.mark.parametrize("guide", [*GUIDES, "operator.md", "api.md"])
def test_a_guide_leads_to_the_roles_and_has_pictures(guide: str) -> None:
    text = (DOCS / guide).read_text(encoding="utf-8")
    assert "(roles.md" in text
    assert IMAGE.search(text)


@cache
def said() -> str:
    """What screens say, a line each: the strings of templates, up to what is filled in, and those of the code."""
    files = [path for layer in LAYERS for path in (ROOT / layer).rglob("*") if "migrations" not in path.parts]
    texts = {kind: "".join(path.read_text(encoding="utf-8") for path in files if path.suffix == kind) for kind in KINDS}
    lines = [text for kind, pattern in KINDS.items() for found in pattern.findall(texts[kind]) for text in found]
    return "\n".join(["", *(text.strip().casefold() for text in lines if text)])
