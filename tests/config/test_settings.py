"""The settings: documented, safe by default, and refused with one sentence."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.home import Home
from config.keys import kept
from tests.config.conftest import PROJECT
from tests.databases import plain_environment

PRODUCTION = {
    "CHORALE_SECRET_KEY": "k7Yd0Zr3mQ8vB1xW5tN9pL2cF6hJ4gS0aE7uR3yT8iO1-and-some-more",
    "CHORALE_FIELD_KEYS": "dGhlLWtleS1vZi10aGUtdGVzdHMtaXMtbm8tc2VjcmU=",
    "CHORALE_PUBLIC_URL": "https://chorale.example",
    "DATABASE_URL": "postgresql://chorale:open-sesame@127.0.0.1:1/chorale",
    "BROKER_URL": "redis://:open-sesame@127.0.0.1:1/0",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py with these variables and no others of Chorale."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**plain_environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_variable_is_documented_and_nothing_else() -> None:
    read = set(re.findall(r'"(CHORALE_[A-Z_]+|DATABASE_URL|BROKER_URL)"', (PROJECT / "config/settings.py").read_text()))
    table = re.findall(r"^\| `([A-Z_]+)` \|", (PROJECT / "docs/settings.md").read_text(), re.MULTILINE)
    assert read == set(table)
    assert len(table) == len(set(table))


def test_the_deployment_check_is_clean_with_production_settings() -> None:
    done = manage("check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, ""), done


@pytest.mark.parametrize("name", ["CHORALE_SECRET_KEY", "CHORALE_FIELD_KEYS", "CHORALE_PUBLIC_URL"])
def test_a_server_installation_makes_nothing_up(name: str) -> None:
    done = manage("check", **{**PRODUCTION, name: ""})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} must be set: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("DATABASE_URL", "mysql://u:open-sesame@h/d", "does not begin with postgresql://"),
        ("DATABASE_URL", "postgresql://u:open-sesame@h", "names no database"),
        ("DATABASE_URL", "postgresql://u:open-sesame@h/d?nonsense=1", "is no address of a PostgreSQL server"),
        ("BROKER_URL", "http://u:open-sesame@h/", "begins with no known scheme"),
        ("BROKER_URL", "amqp://", "is no address of a broker"),
        ("BROKER_URL", "redis://:open-sesame@h:port/", "is no address of a broker"),
        ("BROKER_URL", "redis+socket://", "is no address of a broker"),
    ],
)
def test_a_wrong_url_is_one_sentence_without_its_password(name: str, url: str, words: str) -> None:
    done = manage("check", **{**PRODUCTION, name: url})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} {words}")
    assert len(done.stderr.splitlines()) == 1
    assert "open-sesame" not in done.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL"])
@pytest.mark.parametrize("program", [["manage.py", "migrate"], ["-m", "celery", "-A", "config", "worker"]])
def test_a_server_that_cannot_be_reached_is_one_sentence(
    name: str, program: list[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, *program],
        cwd=PROJECT,
        env={**environment, name: PRODUCTION[name]},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = [line for line in done.stderr.splitlines() if "cannot be reached" in line]
    assert done.returncode == 2
    assert line.startswith(f"{name}: ")
    assert "Traceback" not in done.stderr
    assert "open-sesame" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["help"], ["migrate", "--help"], ["version"], ["check"], ["makemigrations", "--check"]]
)
def test_looking_at_code_starts_no_server(arguments: list[str], tmp_path: Path) -> None:
    done = manage(*arguments, CHORALE_HOME=str(tmp_path / "home"))
    assert done.stderr == ""
    assert {path.name for path in (tmp_path / "home").iterdir()} <= {"secret.key", "field.keys"}


def test_a_home_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = manage("check", CHORALE_HOME=str(tmp_path / "file"))
    assert done.returncode == 2
    assert done.stderr.startswith("CHORALE_HOME: ")
    assert len(done.stderr.splitlines()) == 1


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first = kept(home, "key", lambda: "made first")
    assert kept(home, "key", lambda: "made second") == first == "made first"
    assert stat.S_IMODE((home.root / "key").stat().st_mode) == 0o600


def test_who_comes_second_takes_the_key_of_who_came_first(tmp_path: Path) -> None:
    home = Home(tmp_path)

    def made_while_another_process_makes_one() -> str:
        (tmp_path / "key").write_text("theirs\n")
        return "ours"

    assert kept(home, "key", made_while_another_process_makes_one) == "theirs"
    assert os.listdir(tmp_path) == ["key"]
