"""Whatever stands in a rule stays a value: it never becomes part of a statement."""

from typing import Any

import pytest

from members import rules, segments
from members.models import Member, Tag
from members.sql import rows
from tests import cast

pytestmark = pytest.mark.django_db
NASTY = [
    "'; DELETE FROM members_member; --",
    "%(now)s",
    "%s %% %",
    "{x} {0}",
    "$1",
    "\\",
    '"',
    "') OR (true",
    "e.entered_at",
]


def _leaves(text: str) -> list[dict[str, Any]]:
    """Return every leaf that takes a free text, with this one."""
    count = {"op": "gte", "value": 0}
    equal = {"op": "eq", "value": text}
    return [
        {"profile": {"field": "last_name", **equal}},
        {"profile": {"field": "last_name", "op": "contains", "value": text}},
        {"profile": {"field": "last_name", "op": "starts_with", "value": text}},
        {"profile": {"field": "last_name", "op": "in", "value": [text, text]}},
        {"attribute": {"name": text, **equal}},
        {"attribute": {"name": text, "op": "is_set"}},
        {"tag": {"name": text}},
        {"store": {"code": text}},
        {"segment": {"key": text}},
        {"events": {"name": text, "where": [{"property": text, **equal}], **count}},
        {"events": {"name": text, "measure": "sum", "property": text, **count}},
        {
            "purchases": {
                "measure": "count",
                "where": {"sku": text, "category": [text], "store": text, "currency": text},
                **count,
            }
        },
        {"touchpoints": {"journey": text, "offer": text, **count}},
        {"anniversary": {"of": f"attribute:{text}"}},
    ]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_with_sql_in_it_is_looked_for_as_it_is(text: str) -> None:
    meant = cast.member("meant", last_name=text, attributes={text: text})
    Tag.objects.create(member=meant, name=text, since=cast.NOW)
    cast.event(meant, text, cast.NOW)
    cast.member("other", last_name="Plain")
    for leaf in _leaves(text):
        rule = rules.parse(leaf)
        few = rule.condition(cast.NOW, few=True)
        found = {pk for (pk,) in rows(f"SELECT m.id FROM members_member m WHERE {few.text}", few.params)}
        assert len(found) == segments.count(rule, cast.NOW)
        if next(iter(leaf)) in ("profile", "attribute", "tag"):
            assert found == {meant.pk}, leaf
        assert rule.why(meant.pk, cast.NOW).sentence
    assert Member.objects.count() == 2


def test_no_text_of_a_rule_is_part_of_the_statement() -> None:
    for leaf in _leaves("sentinel"):
        for few in (True, False):
            assert "sentinel" not in rules.parse(leaf).condition(cast.NOW, few=few).text
