"""The page about imports names every column, option and kind of value."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class

from members.importing import cells, members, purchases

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("column", [*members.KNOWN, *purchases.KNOWN])
def test_every_column(column):
    assert f"`{column}`" in PAGE


@pytest.mark.parametrize("kind", list(cells.KINDS))
def test_every_kind_of_attribute(kind):
    assert re.search(rf"`[^`]*:{kind}`", PAGE)


@pytest.mark.parametrize("command", ["import_members", "import_purchases"])
def test_every_option(command):
    parser = load_command_class("members", command).create_parser("manage.py", command)
    django_s = load_command_class("django.core", "check").create_parser("manage.py", "check")
    known = {option for action in django_s._actions for option in action.option_strings}
    own = {option for action in parser._actions for option in action.option_strings} - known
    own.remove("--skip-checks")  # Django's as well
    assert {"--encoding", "--zone"} < own
    assert [option for option in sorted(own) if f"`{option}" not in PAGE] == []
