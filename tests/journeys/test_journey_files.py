"""Journeys as files: loaded all or none, exported as the same text."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from journeys import definitions
from journeys.models import Journey, Version
from journeys.playbooks import installing, library
from tests.journeys.shop import definition, furnish, send

pytestmark = pytest.mark.django_db

CANONICAL = """\
key: second-cup
name: A second cup
kind: opportunity
priority: 20
entry:
  fact:
    topic: event
    name: checkout
    key: order
    rule:
      none:
        - tag:
            name: vip
            has: true
re_entry:
  after_days: 30
exit:
  tag:
    name: quiet
goal:
  rule:
    purchases:
      measure: count
      op: gte
      value: 1
      within_days: 7
      where:
        category: tea
  within_days: 14
holdout: 0.05
steps:
  - key: noon
    kind: wait
    local_time: '12:00'
  - key: offer
    kind: grant_offer
    offer: ten-off
    otherwise:
      - key: out
        kind: exit
  - key: who
    kind: branch
    paths:
      - key: regular
        when:
          standing:
            field: purchases
            op: gt
            value: 2
        steps:
          - key: call
            kind: follow_up
            content: script
            team: recovery
            due_in:
              days: 1
              hours: 12
    otherwise:
      - key: mail
        kind: send
        content: promise
        channels:
          - preferred
          - email
        deadline:
          days: 2
        losing: drop
"""


@pytest.fixture(autouse=True)
def shop() -> None:
    furnish()


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def exported(key: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    call_command("export_journey", key)
    return capsys.readouterr().out


def test_a_text_in_canonical_order_is_exported_as_it_was_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("load_journey", written(tmp_path, "tea.yaml", CANONICAL))
    assert exported("second-cup", capsys) == CANONICAL


def test_what_was_exported_is_loaded_as_the_same_journey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for key in library.shelf():
        journey = installing.install(library.load(key)).journey
        before = journey.draft
        file = written(tmp_path, f"{key}.yaml", exported(key, capsys))
        Journey.objects.filter(pk=journey.pk).update(draft={})
        call_command("load_journey", file)
        journey.refresh_from_db()
        assert journey.draft == before


def test_loading_stores_a_draft_and_publishes_on_demand_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "tea.yaml", CANONICAL)
    call_command("load_journey", file)
    journey = Journey.objects.get()
    assert (journey.name, journey.kind, journey.state) == ("A second cup", "opportunity", "draft")
    assert "draft of new journey second-cup stored" in capsys.readouterr().out
    call_command("load_journey", file, "--publish")
    assert "journey second-cup, version 1 published" in capsys.readouterr().out
    assert Version.objects.get().definition == definitions.read(CANONICAL)


def test_a_draft_leaves_what_is_published_as_it_is(tmp_path: Path) -> None:
    call_command("load_journey", written(tmp_path, "tea.yaml", CANONICAL), "--publish")
    changed = CANONICAL.replace("A second cup", "A third cup").replace("priority: 20", "priority: 30")
    call_command("load_journey", written(tmp_path, "tea.yaml", changed))
    journey = Journey.objects.get()
    assert (journey.name, journey.draft["name"], journey.current and journey.current.priority) == (
        "A second cup",
        "A third cup",
        20,
    )


def test_one_file_with_a_mistake_and_none_is_loaded(tmp_path: Path) -> None:
    good = written(tmp_path, "good.yaml", CANONICAL)
    bad = written(tmp_path, "bad.yaml", definitions.written(definition(send())).replace("hello", "helo"))
    with pytest.raises(CommandError, match=r"bad\.yaml: steps\[0\]\.content: there is no content `helo`"):
        call_command("load_journey", good, bad, "--publish")
    assert not Journey.objects.exists()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.yaml cannot be read: No such file or directory"):
        call_command("load_journey", tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: Café".encode("latin-1"))
    with pytest.raises(CommandError, match=r"latin\.yaml is not UTF-8 text: unexpected end of data at byte 9"):
        call_command("load_journey", tmp_path / "latin.yaml")


def test_exporting_what_is_not_there() -> None:
    with pytest.raises(CommandError, match="There is no journey tea; there is none yet"):
        call_command("export_journey", "tea")
    Journey.objects.create(key="empty", name="Empty", kind="greeting")
    with pytest.raises(CommandError, match="There is no journey tea; there are empty"):
        call_command("export_journey", "tea")
    with pytest.raises(CommandError, match="Journey empty has no draft yet"):
        call_command("export_journey", "empty")
