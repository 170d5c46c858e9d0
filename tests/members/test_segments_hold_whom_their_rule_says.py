"""A refresh puts in whom the rule holds for, takes out the rest, and tells whoever listens."""

from typing import Any

import pytest

from members import news, rules, segments
from members.models import Listener, Membership, News, Segment, Tag
from members.segments import Diff
from members.sql import Sql
from tests import cast
from tests.cast import DAY, NOW

pytestmark = pytest.mark.django_db
VIP = {"tag": {"name": "vip"}}


def segment(key: str = "vips", rule: dict[str, Any] | None = None) -> Segment:
    """Return a saved, active segment."""
    return segments.save(Segment(key=key, name=key, rule=rule or VIP))


def inside(one: Segment) -> set[str]:
    """Return the external ids of the members of a segment."""
    return set(Membership.objects.filter(segment=one).values_list("member__external_id", flat=True))


def told() -> set[tuple[str, str]]:
    """Return (external id, topic) of all news, and delete it."""
    found = set(News.objects.values_list("member__external_id", "topic"))
    News.objects.all().delete()
    return found


def test_a_refresh_joins_and_leaves_by_the_difference() -> None:
    vips = segment()
    ada, ben = cast.ada(tags=["vip"]), cast.ben(tags=["vip"])
    assert segments.refresh(vips, NOW) == Diff(2, 0)
    since = Membership.objects.get(member=ada).since
    Tag.objects.filter(member=ben).delete()
    cast.chidi(tags=["vip"])
    assert segments.refresh(vips, NOW + DAY) == Diff(1, 1)
    assert inside(vips) == {"M-ADA", "M-CHIDI"}
    assert Membership.objects.get(member=ada).since == since == NOW
    assert segments.refresh(vips, NOW + DAY) == Diff(0, 0)


def test_size_and_time_are_kept_with_the_segment() -> None:
    vips = segment()
    cast.ada(tags=["vip"])
    segments.refresh(vips, NOW)
    assert (vips.size, vips.refreshed_at) == (1, NOW)
    stored = Segment.objects.get(pk=vips.pk)
    assert (stored.size, stored.refreshed_at) == (1, NOW)


def test_saving_keeps_a_size_that_changed_meanwhile() -> None:
    vips = segment()
    cast.ada(tags=["vip"])
    segments.refresh(Segment.objects.get(pk=vips.pk), NOW)
    vips.name = "Very important"
    segments.save(vips)
    stored = Segment.objects.get(pk=vips.pk)
    assert (stored.name, stored.size, stored.refreshed_at) == ("Very important", 1, NOW)


def test_a_refresh_of_some_members_leaves_the_others_alone() -> None:
    vips = segment()
    ada, ben = cast.ada(tags=["vip"]), cast.ben(tags=["vip"])
    only_ada = Sql("SELECT %(ada)s::bigint AS member_id", {"ada": ada.pk})
    assert segments.refresh(vips, NOW, only_ada) == Diff(1, 0)
    assert inside(vips) == {"M-ADA"}
    Tag.objects.all().delete()
    Membership.objects.create(segment=vips, member=ben, since=NOW)
    assert segments.refresh(vips, NOW, only_ada) == Diff(0, 1)
    assert inside(vips) == {"M-BEN"}
    assert Segment.objects.get(pk=vips.pk).size == 0  # one came and one went; nobody counted Ben


def test_news_is_written_only_where_somebody_listens() -> None:
    heard, unheard = segment("heard"), segment("unheard")
    news.listen("journey:1", [f"segment.joined:{heard.pk}", f"segment.left:{heard.pk}"])
    cast.ada(tags=["vip"])
    for one in (heard, unheard):
        segments.refresh(one, NOW)
    assert told() == {("M-ADA", f"segment.joined:{heard.pk}")}
    Tag.objects.all().delete()
    for one in (heard, unheard):
        segments.refresh(one, NOW)
    assert told() == {("M-ADA", f"segment.left:{heard.pk}")}


def test_a_changed_rule_counts_from_the_next_refresh_on() -> None:
    vips = segment()
    cast.ada(tags=["vip"])
    cast.ben(tags=["new"])
    segments.refresh(vips, NOW)
    stale = Segment.objects.get(pk=vips.pk)
    vips.rule = {"tag": {"name": "new"}}
    segments.save(vips)
    assert segments.refresh(stale, NOW) == Diff(1, 1)
    assert inside(vips) == {"M-BEN"}


def test_the_count_is_live_and_changes_nothing() -> None:
    cast.ada(tags=["vip"])
    assert segments.count(rules.parse(VIP), NOW) == 1
    assert segments.count(rules.parse({"none": [VIP]}), NOW) == 0
    assert not Membership.objects.exists()


def test_time_alone_moves_members_at_the_next_refresh_of_all() -> None:
    rule = {"purchases": {"measure": "last_days_ago", "op": "gte", "value": 30}}
    quiet = segment("quiet", rule)
    cast.purchase(cast.ada(), NOW)
    assert segments.refresh_all(NOW + 29 * DAY) == {"quiet": Diff(0, 0)}
    assert segments.refresh_all(NOW + 30 * DAY) == {"quiet": Diff(1, 0)}
    assert inside(quiet) == {"M-ADA"}


def test_what_happens_later_does_not_count_yet() -> None:
    buyers = segment("buyers", {"purchases": {"measure": "count", "op": "gte", "value": 1}})
    cast.purchase(cast.ada(), NOW + DAY, now=NOW)
    assert segments.refresh(buyers, NOW) == Diff(0, 0)
    assert segments.refresh(buyers, NOW + DAY) == Diff(1, 0)


def test_why_speaks_of_the_segments_rule() -> None:
    found = segments.why(segment(), cast.ada(tags=["vip"]), NOW)
    assert (found.verdict, found.place) == (True, "rule.tag")


def test_a_segment_listens_to_what_its_rule_depends_on_while_it_is_active() -> None:
    def heard() -> set[str]:
        return set(Listener.objects.filter(listener=f"segment:{vips.pk}").values_list("topic", flat=True))

    vips = segment(rule={"any": [VIP, {"events": {"name": "visit", "op": "gt", "value": 1}}]})
    assert heard() == {"tag", "event:visit"}
    vips.rule = {"touchpoints": {"kind": "clicked", "op": "gt", "value": 1}}
    segments.save(vips)
    assert heard() == {"touchpoint:clicked"}
    segments.deactivate(vips)
    assert heard() == set()
    assert segments.refresh_all(NOW) == {}
    segments.activate(vips)
    assert heard() == {"touchpoint:clicked"}


def test_a_segment_listens_to_events_of_the_longest_name_there_is() -> None:
    longest = "v" * 64
    regulars = segment(rule={"events": {"name": longest, "op": "gte", "value": 1}})
    assert list(Listener.objects.values_list("topic", flat=True)) == [f"event:{longest}"]
    cast.event(cast.ada(), longest)
    assert segments.refresh(regulars, NOW) == Diff(1, 0)


def test_a_wrong_rule_is_not_stored() -> None:
    vips = segment()
    vips.rule = {"tag": {"nam": "vip"}}
    with pytest.raises(rules.BadRule, match=r"^rule\.tag\.nam"):
        segments.save(vips)
    assert Segment.objects.get(pk=vips.pk).rule == VIP


def test_a_store_that_is_not_there_is_named() -> None:
    cast.berlin()
    with pytest.raises(rules.BadRule, match=r"^rule\.store\.code names the store “paris”, but there are berlin\.$"):
        segment("parisians", {"store": {"code": ["berlin", "paris"]}})
