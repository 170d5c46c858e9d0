"""Files of purchases: rows of one key are lines of one purchase, and every purchase lands once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from members.importing import running
from members.models import Purchase, PurchaseLine
from tests import cast
from tests.members.importing import run

pytestmark = pytest.mark.django_db

HEADER = "key,member,happened_at,store,currency,sku,category,quantity,unit_price\n"


@pytest.fixture
def file(tmp_path):
    cast.ada()
    cast.lisbon()
    return tmp_path / "purchases.csv"


def load(file, text, **options):
    file.write_text(text, encoding="utf-8")
    return run("import_purchases", file, **options)


def test_rows_of_one_key_are_the_lines_of_one_purchase(file):
    ran = load(
        file,
        HEADER + "1,M-ADA,2026-03-01T12:00:00Z,lisbon,USD,tea-100,tea,2,4.50\n"
        "1,M-ADA,2026-03-01T12:00:00Z,lisbon,USD,mug,,1,8\n"
        "2,M-ADA,2026-03-02T12:00:00Z,,,,,,3.10\n",
    )
    assert (ran.code, ran.words) == (0, "Purchases: 2 new, 0 known already.\n")
    first, second = Purchase.objects.order_by("key")
    assert (first.total, first.quantity, first.currency, first.store) == (Decimal("17.00"), 3, "USD", cast.lisbon())
    assert list(first.lines.order_by("id").values_list("sku", "category")) == [("tea-100", "tea"), ("mug", "")]
    assert (second.total, second.quantity, second.currency, second.store) == (Decimal("3.10"), 1, "EUR", None)
    assert (second.source, second.member.external_id) == ("import", "M-ADA")


def test_again_is_harmless(file):
    text = HEADER + "1,M-ADA,2026-03-01,,,a,,1,2\n1,M-ADA,2026-03-01,,,a,,1,2\n2,M-ADA,2026-03-01,,,a,,1,2\n"
    load(file, text)
    ran = load(file, text)
    assert (ran.code, ran.words) == (0, "Purchases: 0 new, 2 known already.\n")
    assert PurchaseLine.objects.count() == 3


def test_keys_are_of_a_source(file):
    text = HEADER + "1,M-ADA,2026-03-01,,,a,,1,2\n"
    load(file, text)
    assert load(file, text, source="tills").words == "Purchases: 1 new, 0 known already.\n"


@pytest.mark.parametrize(
    ("written", "store", "instant"),
    [
        ("2026-03-01T12:00:00Z", "lisbon", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01T12:00:00+05:30", "lisbon", "2026-03-01T06:30:00+00:00"),
        ("2026-07-01 12:00:00", "lisbon", "2026-07-01T11:00:00+00:00"),
        ("2026-07-01T12:00", "", "2026-07-01T03:00:00+00:00"),  # the default zone is Tokyo here
        ("2026-07-01", "lisbon", "2026-06-30T23:00:00+00:00"),
        ("2026-07-01", "", "2026-06-30T15:00:00+00:00"),
        ("2026-03-29T01:30", "lisbon", "2026-03-29T01:00:00+00:00"),  # in the gap
        ("2026-10-25T01:30", "lisbon", "2026-10-25T00:30:00+00:00"),  # in the fold
    ],
)
def test_a_time_without_offset_is_the_store_s_else_the_default_one(file, written, store, instant):
    assert load(file, HEADER + f"1,M-ADA,{written},{store},,a,,1,2\n", zone="Asia/Tokyo").code == 0
    assert Purchase.objects.get().happened_at == datetime.fromisoformat(instant).astimezone(UTC)


def test_a_decimal_comma_is_read_where_commas_do_not_separate(file):
    text = HEADER.replace(",", ";") + "1;M-ADA;2026-03-01;;;a;;2;4,5\n2;M-ADA;2026-03-01;;;a;;1;1,234\n"
    ran = load(file, text)
    assert Purchase.objects.get().total == Decimal("9.00")
    assert [row["reason"] for row in ran.rejects] == ["unit_price is “1,234”; write it like 12.50."]


def test_one_bad_line_refuses_its_purchase_whole(file):
    ran = load(
        file,
        HEADER + "1,M-ADA,2026-03-01,,,a,,1,2\n1,M-ADA,2026-03-01,,,b,,many,2\n2,M-ADA,2026-03-01,,,a,,1,2\n",
    )
    assert ran.code == 1
    reason = "Line 3: quantity is “many”; write it like 2."
    assert [(row["line"], row["sku"], row["reason"]) for row in ran.rejects] == [("2", "a", reason), ("3", "b", reason)]
    assert Purchase.objects.get().key == "2"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,M-EVE,2026-03-01,,,a,,1,2", "There is no member “M-EVE”."),
        (",M-ADA,2026-03-01,,,a,,1,2", "The key is missing."),
        ("1,,2026-03-01,,,a,,1,2", "The member is missing."),
        ("1,M-ADA,,,,a,,1,2", "happened_at is “”; write it like 2026-03-10T17:30:00+01:00."),
        ("1,M-ADA,2026-02-30,,,a,,1,2", "happened_at is “2026-02-30”"),
        ("1,M-ADA,0001-01-01,,,a,,1,2", "years 1900 to 2199"),
        ("1,M-ADA,9999-12-31T23:59:59-12:00,,,a,,1,2", "happened_at is “9999-12-31T23:59:59-12:00”"),
        ("1,M-ADA,2026-03-01,paris,,a,,1,2", "There is no store “paris”."),
        ("1,M-ADA,2026-03-01,,Euro,a,,1,2", "There is no currency 'Euro'"),
        ("1,M-ADA,2026-03-01,,,a,,1.5,2", "quantity is “1.5”; write it like 2."),
        ("1,M-ADA,2026-03-01,,,a,,1,", "unit_price is “”; write it like 12.50."),
        ("1,M-ADA,2026-03-01,,,a,,1,1.999", "The unit price is '1.999'"),
        ("1,M-ADA,2026-03-01,,,a,,1,1e3", "unit_price is “1e3”"),
        ("1,M-ADA,2026-03-01,,,a,,9999999999,2", "The quantity is 9999999999"),
        ("1,M-ADA,2026-03-01,,,a\x00,,1,2", "The sku is"),
        ("1,M-ADA,2026-03-01", "The row has 3 cells; the header names 9 columns."),
    ],
)
def test_a_bad_row_gets_its_reason_and_the_others_land(file, row, reason):
    ran = load(file, f"{HEADER}0,M-ADA,2026-03-01,,,a,,1,2\n{row}\n2,M-ADA,2026-03-01,,,a,,1,2\n")
    assert ran.code == 1
    assert Purchase.objects.count() == 2
    assert [rejected["line"] for rejected in ran.rejects] == ["3"]
    assert reason in ran.rejects[0]["reason"]


def test_rows_of_one_key_must_agree(file):
    ran = load(file, HEADER + "1,M-ADA,2026-03-01,,,a,,1,2\n1,M-BEN,2026-03-01,,,b,,1,2\n")
    assert {row["reason"] for row in ran.rejects} == {
        "The lines 2 and 3 are one purchase by their key, but differ in “member”."
    }


def test_rows_of_one_purchase_that_do_not_stand_together_are_not_lost_in_silence(file):
    ran = load(file, HEADER + "1,M-ADA,2026-03-01,,,a,,1,2\n2,M-ADA,2026-03-01,,,a,,1,2\n1,M-ADA,2026-03-01,,,b,,1,5\n")
    assert ran.code == 1
    assert [row["line"] for row in ran.rejects] == ["4"]
    assert ran.rejects[0]["reason"].startswith("The purchase “1” is known already, with another total")


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 50])
def test_batches_never_cut_a_purchase(file, monkeypatch, batch):
    monkeypatch.setattr(running, "BATCH_ROWS", batch)
    sizes = [1, 5, 2, 1, 9, 3, 1, 1, 4]
    rows = [f"{key},M-ADA,2026-03-01,,,s{line},,1,1\n" for key, size in enumerate(sizes) for line in range(size)]
    assert load(file, HEADER + "".join(rows)).code == 0
    assert list(Purchase.objects.order_by("key").values_list("quantity", flat=True)) == sizes


def test_an_endless_purchase_is_refused_piece_by_piece(file, monkeypatch):
    monkeypatch.setattr("members.importing.purchases.MOST_LINES", 3)
    monkeypatch.setattr(running, "BATCH_ROWS", 4)
    rows = [f"{key},M-ADA,2026-03-01,,,a,,1,1\n" for key in ("1", *"2" * 11, "3", "3", "3")]
    ran = load(file, HEADER + "".join(rows))
    assert set(Purchase.objects.values_list("key", flat=True)) == {"1", "3"}
    assert [row["line"] for row in ran.rejects] == [str(line) for line in range(3, 14)]
    assert {row["reason"] for row in ran.rejects} == {"The purchase has more than 3 lines."}


def test_a_large_file_is_stored_in_batches_of_bounded_size(file, monkeypatch):
    monkeypatch.setattr(running, "BATCH_ROWS", 100)
    sizes = []
    original = running._batches

    def counted(groups):
        for batch in original(groups):
            sizes.append(sum(len(group.rows) for group in batch))
            yield batch

    monkeypatch.setattr(running, "_batches", counted)
    rows = [f"{key},M-ADA,2026-03-01,,,a,,1,1\n" for key in range(1_000)]
    assert load(file, HEADER + "".join(rows)).code == 0
    assert sizes == [100] * 10
