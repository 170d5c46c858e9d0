"""Reading the log where the package carries it."""

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from journeys.demo import dataset
from journeys.demo.dataset import Bought, NoDataset
from tests.journeys.demo import log


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    log.install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_every_line_is_a_purchase_with_its_number_and_repeats_stay(installed: Path) -> None:
    read = dataset.read()

    assert len(read) == len(log.lines())
    assert read[0] == Bought(2, "00001", date(1997, 1, 7), 2, Decimal("2.94"))
    assert [bought.line for bought in read] == list(range(2, len(read) + 2))
    last, repeated = read[-2:]
    assert (last.customer, last.day, last.quantity, last.amount) == (
        repeated.customer,
        repeated.day,
        repeated.quantity,
        repeated.amount,
    )


def test_the_package_itself_is_never_imported(installed: Path) -> None:
    (installed / "lifetimes" / "__init__.py").write_text("raise AssertionError('imported')")

    dataset.read()

    assert "lifetimes" not in sys.modules


def test_a_missing_package_is_one_sentence_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "PACKAGE", "no-such-lifetimes")
    with pytest.raises(NoDataset, match=r"^The demo reads its purchases from .* which is missing; install it by `pip "):
        dataset.read()


def test_another_version_is_not_read(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "VERSION", "0.12")
    with pytest.raises(NoDataset, match=r"lifetimes 0\.12, and 0\.11\.3 is installed"):
        dataset.read()


@pytest.mark.parametrize("spoiled", ["not a log at all", log.HEADING + " 00001 19970101 1\n", None])
def test_a_spoiled_file_is_one_sentence_that_names_it(installed: Path, spoiled: str | None) -> None:
    file = installed / dataset.FILE
    file.unlink()
    if spoiled:
        file.write_text(spoiled + "\n00001 x y z\n")
    with pytest.raises(NoDataset, match=r"CDNOW_master\.txt cannot be read"):
        dataset.read()
