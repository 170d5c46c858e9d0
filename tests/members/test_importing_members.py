"""Files of members: good rows land, bad ones are told with line and reason, and again is harmless."""

from datetime import UTC, date, datetime

import pytest

from members.models import Consent, Identity, Member
from tests import cast
from tests.members.importing import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    return tmp_path / "members.csv"


def load(file, text, **options):
    file.write_text(text, encoding="utf-8")
    return run("import_members", file, **options)


FULL = """\
external_id,first_name,last_name,birthday,joined_on,locale,zone,home_store,preferred_channel,email,phone,chat,tags,\
email_promotional,sms_promotional,email_service,consented_at,consent_source,consent_wording,attribute.city,\
attribute.shoe:number,attribute.student:yesno,attribute.since:date
M-1,Ada,Berg,1990-03-14,2024-05-01,de-AT,Europe/Vienna,berlin,sms,Ada@Example.com,+44 7700 900123,1001,vip tea|new,\
yes,withdrawn,granted,2025-01-31T10:00:00+01:00,form 7,"Yes, ""please"".",Graz,38.5,no,2020-02-29
"""


def test_every_column_is_read(file):
    cast.berlin()
    ran = load(file, FULL)
    assert (ran.code, ran.words) == (0, "Members: 1 new, 0 changed, 0 as they were.\n")
    made = Member.objects.get()
    assert (made.first_name, made.last_name) == ("Ada", "Berg")
    assert (made.birthday, made.joined_on) == (date(1990, 3, 14), date(2024, 5, 1))
    assert (made.locale, made.zone_id, made.home_store, made.preferred_channel) == (
        "de-AT",
        "Europe/Vienna",
        cast.berlin(),
        "sms",
    )
    assert dict(made.identities.values_list("channel", "address")) == {
        "email": "ada@example.com",
        "sms": "+447700900123",
        "chat": "1001",
    }
    assert set(made.tags.values_list("name", flat=True)) == {"vip", "tea", "new"}
    assert set(made.consents.values_list("channel", "purpose", "granted")) == {
        ("email", "promotional", True),
        ("sms", "promotional", False),
        ("email", "service", True),
    }
    said = made.consents.get(channel="email", purpose="promotional")
    assert (said.happened_at, said.source, said.wording) == (
        datetime(2025, 1, 31, 9, tzinfo=UTC),
        "form 7",
        'Yes, "please".',
    )
    assert made.attributes == {"city": "Graz", "shoe": 38.5, "student": False, "since": "2020-02-29"}


def test_again_is_harmless(file):
    cast.berlin()
    load(file, FULL)
    ran = load(file, FULL)
    assert (ran.code, ran.words) == (0, "Members: 0 new, 0 changed, 1 as they were.\n")
    assert Consent.objects.count() == 3


def test_an_empty_cell_says_nothing(file):
    cast.ada()
    ran = load(file, "external_id,first_name,last_name,email,email_promotional\nM-ADA,,Cole,,\n")
    assert ran.words == "Members: 0 new, 1 changed, 0 as they were.\n"
    changed = Member.objects.get()
    assert (changed.first_name, changed.last_name) == ("Ada", "Cole")
    assert changed.identities.count() == 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_usual_dialect(file, delimiter, mark, newline):
    rows = [["External_ID", " first_name "], ["M-1", "Zoë"], [], ["M-2", "Ben"]]
    ran = load(file, mark + newline.join(delimiter.join(row) for row in rows))
    assert ran.code == 0
    assert list(Member.objects.order_by("pk").values_list("external_id", "first_name")) == [
        ("M-1", "Zoë"),
        ("M-2", "Ben"),
    ]


def test_another_encoding_can_be_named(file):
    file.write_bytes("external_id;first_name\nM-1;Zoë\n".encode("cp1252"))
    ran = run("import_members", file)
    assert ran.code == 1
    assert "The first name is" in ran.rejects[0]["reason"]
    assert run("import_members", file, encoding="cp1252").code == 0
    assert Member.objects.get().first_name == "Zoë"


def test_bad_rows_are_told_and_good_ones_land(file):
    ran = load(
        file,
        "external_id,first_name,phone,birthday\n"
        "M-1,Ada,+447700900123,1990-03-14\n"
        "M-2,Ben,12,\n"
        "\n"
        'M-3,"Chidi\nObi",,\n'
        "M-4,Dora,,1990-02-30\n"
        "M-5,Eva\n"
        ",Finn,,\n"
        "M-7,Gus,,\n",
    )
    assert ran.code == 1
    assert set(Member.objects.values_list("external_id", flat=True)) == {"M-1", "M-3", "M-7"}
    assert "4 rows were rejected; they stand in" in ran.words
    assert [(row["line"], row["reason"]) for row in ran.rejects] == [
        ("3", "“12” is not a phone number; write it with country code, such as +442079460123."),
        ("7", "birthday is “1990-02-30”; write it like 2026-03-10."),
        ("8", "The row has 2 cells; the header names 4 columns."),
        ("9", "The external id is missing."),
    ]
    assert ran.rejects[0]["first_name"] == "Ben"
    assert ran.rejects[1]["birthday"] == "1990-02-30"


def test_corrected_rejects_can_be_imported_as_they_are(file):
    load(file, "external_id;phone\nM-1;12\nM-2;13\n")
    again = file.with_suffix(".rejects.csv")
    again.write_text(again.read_text(encoding="utf-8").replace("M-1;12", "M-1;+447700900123"), encoding="utf-8")
    ran = run("import_members", again)
    assert ran.code == 1
    assert [(row["line"], row["external_id"]) for row in ran.rejects] == [("3", "M-2")]
    assert list(ran.rejects[0]) == ["line", "reason", "external_id", "phone"]
    assert Identity.objects.get().address == "+447700900123"


def test_rejects_of_a_former_import_do_not_stay(file):
    assert load(file, "external_id,phone\nM-1,12\n").rejects
    assert load(file, "external_id,phone\nM-1,+447700900123\n").rejects == []


def test_the_file_of_rejects_keeps_bytes_that_nobody_could_read(file):
    file.write_bytes(b"external_id,first_name\nM-1,Zo\xeb\n")
    run("import_members", file)
    assert b"Zo\xeb" in file.with_suffix(".rejects.csv").read_bytes()


@pytest.mark.parametrize("column", ["consent_wording", "consent_source", "attribute.city", "tags", "email", "zone"])
def test_bytes_that_nobody_can_read_spoil_their_row_alone_in_any_column(file, column):
    head = f"external_id,email_promotional,{column}\nM-1,yes,".encode()
    file.write_bytes(head + b"J\xe4\nM-2,yes,\n")
    ran = run("import_members", file)
    assert (ran.code, [row["line"] for row in ran.rejects]) == (1, ["2"])
    assert Member.objects.get().external_id == "M-2"


def test_the_files_of_two_days_keep_rejects_of_their_own(tmp_path):
    for day in ("sales.2026-03-09", "sales.2026-03-10", "SALES.CSV"):
        (tmp_path / day).write_text("external_id,phone\nM-1,12\n", encoding="utf-8")
        run("import_members", tmp_path / day)
    found = {file.name for file in tmp_path.glob("*.rejects.csv")}
    assert found == {"sales.2026-03-09.rejects.csv", "sales.2026-03-10.rejects.csv", "SALES.rejects.csv"}


def test_a_quotation_mark_that_is_never_closed_costs_no_more_than_its_lines(file):
    rows = "".join(f"M-{number},Ada\n" for number in range(20_000))
    ran = load(file, f'external_id,first_name\nM-A,Ada\nM-B,"Ben\n{rows}')
    assert ran.code == 1
    assert ran.rejects[0]["line"] == "3"
    assert "The lines 3 to" in ran.rejects[0]["reason"]
    assert Member.objects.filter(external_id="M-A").exists()
    assert Member.objects.filter(external_id="M-19999").exists()


def test_times_and_numbers_without_country_take_the_options(file):
    text = "external_id,phone,email_promotional,consented_at\nM-1,030 123456,yes,2026-03-01\n"
    assert load(file, text, region="DE", zone="Asia/Tokyo").code == 0
    assert Identity.objects.get().address == "+4930123456"
    assert Consent.objects.get().happened_at == datetime(2026, 2, 28, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("", {}, "has no header line"),
        ("\nM-1\n", {}, "has no header line"),
        ("first_name\nAda\n", {}, "The column “external_id” is missing; the header names: first_name."),
        ("external_id,emial\nM-1,a@example.com\n", {}, "There is no column “emial”; is “email” meant?"),
        ("external_id,kids\nM-1,2\n", {}, "There is no column “kids”; leave unknown ones out with --skip-unknown."),
        ("external_id,email,EMAIL\nM-1,,\n", {}, "The header names the column “email” twice."),
        ("external_id,attribute.x:money\nM-1,2\n", {}, "“attribute.x:money” names no kind of value"),
        ("external_id\nM-1\n", {"region": "ZZ"}, "There is no region “ZZ”"),
        ("external_id\nM-1\n", {"zone": "Europe/Berlim"}, "There is no zone “Europe/Berlim”"),
        ("external_id\nM-1\n", {"encoding": "klingon"}, "There is no encoding “klingon”"),
        ("x" * 200_000, {}, "names no columns: field larger than field limit"),
        ("external_id\nM-1\n", {"encoding": "base64"}, "There is no encoding “base64”"),
        ("external_id\nM-1\n", {"encoding": "utf-16"}, "is not in this encoding"),
        ("external_id\x00\nM-1\n", {}, "is not in this encoding"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence(file, text, options, sentence):
    ran = load(file, text, **options)
    assert ran.code == 2
    assert sentence in ran.words
    assert not Member.objects.exists()


def test_a_file_that_is_not_there_gets_one_sentence(file, tmp_path):
    assert "No such file" in run("import_members", file).words
    assert run("import_members", tmp_path).code == 2


def test_unknown_columns_can_be_left_out(file):
    assert load(file, "external_id,kids\nM-1,2\n", skip_unknown=True).code == 0


def test_rejects_that_cannot_be_written_get_one_sentence(file):
    file.with_suffix(".rejects.csv").mkdir()
    ran = load(file, "external_id,phone\nM-1,12\n")
    assert ran.code == 2
    assert "members.rejects.csv cannot be written" in ran.words
