"""The page about the sandbox names every door, every misbehaviour, every act and every option."""

import re
from pathlib import Path

import pytest

from channels.management.commands.sandbox import Command
from channels.sandbox.behaviour import Deed
from channels.sandbox.panel import DOORS
from channels.sandbox.reactions import Act

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def listed(heading: str) -> list[str]:
    """The first column of the table under a heading."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Its doors", [f"{method} {path}" for method, path in DOORS]),
        ("Misbehaviour", list(Deed)),
        ("Reactions", list(Act)),
    ],
)
def test_tables_are_complete(heading: str, known: list[str]) -> None:
    assert listed(heading) == known


def test_options_of_the_command_are_explained() -> None:
    parser = Command().create_parser("manage.py", "sandbox")
    own = {"--reactions", "--pace", "--now", "--seed"}
    options = {option for action in parser._actions for option in action.option_strings}
    assert own <= options
    for option in own:
        assert f"`{option}" in PAGE
