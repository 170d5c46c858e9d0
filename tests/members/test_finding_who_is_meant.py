"""Search forgives: slips, spellings, accents, the order of words; the likeliest come first, and always by an index."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members import facts, likeness, names, search
from members.facts import MemberRecord
from members.models import Member, NameWord
from members.sql import rows
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

PEOPLE = {
    "M-1": ("Ada", "Berg"),
    "M-2": ("Bettina", "Adamek"),
    "M-3": ("Jürgen", "Hoffmann"),
    "M-4": ("Zoë", "O'Brien-Müller"),
    "M-5": ("Sophie", "Schmidt"),
    "M-6": ("Иван", "Петров"),
    "M-7": ("José María", "García López"),
    "M-8": ("小明", "王"),
    "M-9": ("Bjørn", "Strauß"),
}


@pytest.fixture(autouse=True)
def _people() -> None:
    for code, (first, last) in PEOPLE.items():
        cast.member(code, first_name=first, last_name=last)


def found(typed: str, limit: int = 20) -> list[str]:
    return [member.external_id for member in search.find(typed, limit)]


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("ada berg", "M-1"), ("berg ada", "M-1"), ("Berg, Ada", "M-1"), ("BERG", "M-1"),
        ("Adda Berg", "M-1"), ("Aad Breg", "M-1"), ("brg ada", "M-1"), ("ada b", "M-1"), ("ada ber", "M-1"),
        ("jurgen hoffmann", "M-3"), ("juergen hofman", "M-3"), ("Hofmann", "M-3"), ("hoffamnn", "M-3"),
        ("zoe", "M-4"), ("obrien", "M-4"), ("o brien", "M-4"), ("mueller", "M-4"), ("Zoé Muler", "M-4"),
        ("sofie schmit", "M-5"), ("schmid", "M-5"), ("Sopihe", "M-5"),
        ("ivan petrov", "M-6"), ("Иван", "M-6"), ("Петорв", "M-6"),
        ("jose garcia", "M-7"), ("garcia lopez jose maria", "M-7"), ("lopes", "M-7"),
        ("王", "M-8"), ("小明 王", "M-8"),
        ("bjorn straus", "M-9"), ("strauss", "M-9"),
        ("Schmidt Peter", "M-5"),  # one word of a name may be wrong altogether
    ],
)  # fmt: skip
def test_the_likeliest_comes_first(typed: str, who: str) -> None:
    assert found(typed)[0] == who


def test_what_is_typed_right_comes_before_what_is_alike() -> None:
    for number, (first, last) in enumerate([("Ada", "Borg"), ("Adam", "Berg"), ("Ida", "Berg"), ("Ada", "Berger")]):
        cast.member(f"L-{number}", first_name=first, last_name=last)
    listed = found("ada berg")
    assert listed[0] == "M-1"
    assert set(listed[1:5]) == {"L-0", "L-1", "L-2", "L-3"}


@pytest.mark.parametrize("typed", ["", "   ", "\0", "xqzvw", "xqzvw kjhgf", "%", "_", "a" * 5000, "'", "\\", "-", "b"])
def test_nonsense_finds_nobody_and_breaks_nothing(typed: str) -> None:
    assert typed == "b" or found(typed) == []


@pytest.mark.parametrize(
    "typed",
    ["M-ADA", "m-ada", "M-AAD", "M-AD", "ada@example.com", "ADA@Example.com", "ada@exmaple.com", "ada@example.con",
     "+4915550100001", "015550 100001", "+491555010001", "01555 0100010", "+4951550100001"],
)  # fmt: skip
def test_one_mistake_is_forgiven_in_codes_and_addresses(typed: str) -> None:
    cast.ada()
    cast.ben()
    assert found(typed) == ["M-ADA"]


def test_everybody_behind_a_shared_number_is_found_with_what_tells_them_apart() -> None:
    cast.ada()
    cast.member("M-BEA", first_name="Bea", sms="+4915550100001", birthday=date(2010, 1, 1))
    with CaptureQueriesContext(connection) as asked:
        listed = search.find("+4915550100001")
        told = {one.first_name: {identity.channel for identity in one.identities.all()} for one in listed}
    assert told == {"Ada": {"chat", "email", "sms"}, "Bea": {"sms"}}
    assert len(asked) <= 5


def test_the_limit_holds() -> None:
    for member in cast.crowd(30):
        Member.objects.filter(pk=member.pk).update(first_name="Ada")
    assert len(found("ada", 7)) == 7


# Words that are known -------------------------------------------------------------------------------------------------


def words() -> set[str]:
    return set(NameWord.objects.values_list("word", flat=True))


def test_a_name_is_found_however_the_member_came_in() -> None:
    facts.upsert_members([MemberRecord("N-1", first_name="Wilhelmina", last_name="Featherstone")], NOW)
    Member.objects.bulk_create([Member(external_id="N-2", first_name="Bartholomew", recorded_at=NOW)])
    facts.upsert_members([MemberRecord("M-1", last_name="Ravenscroft")], NOW)
    assert (found("wilhelmnia"), found("bartholmew"), found("ravenscrof")) == (["N-1"], ["N-2"], ["M-1"])


def test_the_nightly_look_forgets_names_that_nobody_bears_and_learns_those_it_missed() -> None:
    Member.objects.filter(external_id="M-3").delete()
    Member.objects.filter(external_id="M-5").update(last_name="Unheard")
    assert "hoffmann" in words()
    names.refresh()
    assert {"hoffmann", "jurgen", "schmidt"} & words() == set()
    assert {"unheard", "ada", "berg", "brien", "muller"} <= words()
    before = words()
    names.refresh()
    assert words() == before


@pytest.mark.parametrize(
    "name", ["Zoë", "Đorđe Łukasz", "ÀÉÎÕÜ Çelik", "Йогансон", "Ștefan", "Nguyễn", "O’Neil", "Æsa", "Straße"]
)
def test_names_are_folded_alike_here_and_in_the_database(name: str) -> None:
    [(stored,)] = rows(f"SELECT {names.words_of('%(name)s::text', '%(none)s::text')}", {"name": name, "none": ""})
    assert [word for word in stored if word] == names.folded(name)


# The way it is found --------------------------------------------------------------------------------------------------


def test_members_and_words_are_read_along_their_indexes_alone() -> None:
    NameWord.objects.bulk_create(NameWord(word=f"{number:05}{number**7:x}") for number in range(10_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE members_nameword")
    said = likeness._guesses(["ada", "breg"])
    combinations = list(likeness._combinations(said))
    params: dict[str, Any] = {"combinations": combinations, "limit": 40}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = "\n".join(line for (line,) in rows("EXPLAIN " + likeness._MEMBERS.format(initials=""), params))
    assert "Bitmap Index Scan on member_name_words" in plan
    assert "Seq Scan" not in plan
    with CaptureQueriesContext(connection) as asked:
        likeness.alike("ada breg", 20)
    queries = [query["sql"] for query in asked if "EXPLAIN" not in query["sql"]]
    [looked] = [query for query in queries if "similarity" in query and "unnest" in query]
    # So few words are cheaper to walk through: what is asked here is whether the index can answer at all.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
    plan = "\n".join(line for (line,) in rows("EXPLAIN " + looked.replace("%", "%%"), {}))
    assert "Bitmap Index Scan on name_word_alike" in plan
    assert "Seq Scan" not in plan
    assert len(queries) <= 5
