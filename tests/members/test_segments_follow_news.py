"""News refreshes the segments that listen to it, for the members it is about, in the order in which they depend."""

from typing import Any

import pytest

from members import news, rules, segments
from members.models import Listener, Membership, News, Segment
from members.segments import Diff
from members.sql import Sql
from tests import cast
from tests.cast import DAY, NOW

pytestmark = pytest.mark.django_db
BOUGHT = {"purchases": {"measure": "count", "op": "gte", "value": 1}}
VIP = {"tag": {"name": "vip"}}


def segment(key: str, rule: dict[str, Any]) -> Segment:
    """Return a saved, active segment."""
    return segments.save(Segment(key=key, name=key, rule=rule))


def inside(key: str) -> set[str]:
    """Return the external ids of the members of a segment."""
    return set(Membership.objects.filter(segment__key=key).values_list("member__external_id", flat=True))


def test_only_segments_that_listen_are_refreshed_and_only_for_these_members() -> None:
    segment("buyers", BOUGHT)
    segment("vips", VIP)
    ada, ben = cast.ada(tags=["vip"]), cast.ben(tags=["vip"])
    for who in (ada, ben):
        cast.purchase(who, NOW)
    told = [(ben.pk, "points"), (ada.pk, "purchase"), (ben.pk, "profile")]
    assert segments.refresh_for(told, NOW) == {"buyers": Diff(1, 0)}
    assert (inside("buyers"), inside("vips")) == ({"M-ADA"}, set())


def test_news_as_the_shards_tick_reads_it_fits() -> None:
    segment("buyers", BOUGHT)
    ada = cast.ada()
    cast.purchase(ada, NOW)
    told = news.read([ada.shard], NOW)
    assert segments.refresh_for([(item.member_id, item.topic) for item in told], NOW) == {"buyers": Diff(1, 0)}


def test_a_select_of_members_and_topics_does_as_well() -> None:
    segment("vips", VIP)
    cast.ada(tags=["vip"])
    changed = Sql("SELECT id AS member_id, %(topic)s::text AS topic FROM members_member", {"topic": "tag"})
    assert segments.refresh_for(changed, NOW) == {"vips": Diff(1, 0)}


def test_nothing_happens_without_news() -> None:
    segment("vips", VIP)
    assert segments.refresh_for([], NOW) == {}


def test_the_size_follows() -> None:
    one = segment("vips", VIP)
    ada = cast.ada(tags=["vip"])
    segments.refresh_for([(ada.pk, "tag")], NOW)
    assert Segment.objects.get(pk=one.pk).size == 1


def test_segments_that_speak_of_others_follow_after_them() -> None:
    # Made so that neither ids nor names are in the order of dependence.
    last = Segment.objects.create(key="a-last", name="last", rule=VIP, active=False)
    segment("z-first", BOUGHT)
    segment("middle", {"all": [{"segment": {"key": "z-first"}}, {"none": [VIP]}]})
    last.rule = {"none": [{"segment": {"key": "middle"}}]}
    segments.activate(last)
    ada = cast.ada()
    assert segments.refresh_all(NOW) == {"z-first": Diff(0, 0), "middle": Diff(0, 0), "a-last": Diff(1, 0)}
    cast.purchase(ada, NOW)
    found = segments.refresh_for([(ada.pk, "purchase")], NOW)
    assert list(found.items()) == [("z-first", Diff(1, 0)), ("middle", Diff(1, 0)), ("a-last", Diff(0, 1))]


def test_a_segment_hears_of_those_it_speaks_of_when_time_moved_them() -> None:
    quiet = segment("quiet", {"purchases": {"measure": "last_days_ago", "op": "gte", "value": 30}})
    segment("quiet-vips", {"all": [VIP, {"segment": {"key": "quiet"}}]})
    ada = cast.ada(tags=["vip"])
    cast.purchase(ada, NOW)
    News.objects.all().delete()
    segments.refresh(quiet, NOW + 30 * DAY)
    told = news.read([ada.shard], NOW + 30 * DAY)
    assert [item.topic for item in told] == [f"segment.joined:{quiet.pk}"]
    segments.refresh_for([(item.member_id, item.topic) for item in told], NOW + 30 * DAY)
    assert inside("quiet-vips") == {"M-ADA"}


def test_a_changed_rule_changes_what_dependent_segments_listen_to() -> None:
    first = segment("first", VIP)
    middle = segment("middle", {"segment": {"key": "first"}})
    last = segment("last", {"segment": {"key": "middle"}})
    first.rule = BOUGHT
    segments.save(first)
    for one, others in ((middle, [first]), (last, [first, middle])):
        heard = set(Listener.objects.filter(listener=f"segment:{one.pk}").values_list("topic", flat=True))
        assert heard == {"purchase", *(f"segment.{word}:{other.pk}" for other in others for word in ("joined", "left"))}


def test_cycles_are_refused_where_they_would_close() -> None:
    first = segment("first", VIP)
    segment("second", {"segment": {"key": "first"}})
    segment("third", {"all": [VIP, {"segment": {"key": "second"}}]})
    first.rule = {"any": [VIP, {"segment": {"key": "third"}}]}
    with pytest.raises(
        rules.BadRule, match=r"^rule\.any\[1\]\.segment\.key names “third”, which depends on this segment"
    ):
        segments.save(first)
    assert Segment.objects.get(key="first").rule == VIP
    with pytest.raises(rules.BadRule, match="which depends on this segment"):
        segment("itself", {"segment": {"key": "itself"}})


def test_a_segment_that_is_not_there_or_not_active_is_named() -> None:
    segment("vips", VIP)
    with pytest.raises(
        rules.BadRule, match=r"^rule\.segment\.key names the segment “vip”, which is not there.* vips\.$"
    ):
        segment("x", {"segment": {"key": "vip"}})
    segments.deactivate(Segment.objects.get(key="vips"))
    with pytest.raises(rules.BadRule, match=r"“vips”, which is not active; activate it\.$"):
        segment("x", {"segment": {"key": "vips"}})


def test_a_segment_that_others_speak_of_keeps_its_key_and_stays_active() -> None:
    vips = segment("vips", VIP)
    segment("others", {"segment": {"key": "vips", "member": False}})
    with pytest.raises(
        rules.BadRule, match=r"^active must stay as it is: the rule of “others” speaks of this segment\.$"
    ):
        segments.deactivate(vips)
    vips = Segment.objects.get(key="vips")
    vips.key = "very-important"
    with pytest.raises(rules.BadRule, match=r"^key must stay as it is"):
        segments.save(vips)
    assert Segment.objects.get(pk=vips.pk).key == "vips"


def test_a_draft_that_speaks_of_a_segment_does_not_keep_it_active() -> None:
    vips = segment("vips", VIP)
    draft = segments.deactivate(segment("draft", {"segment": {"key": "vips"}}))
    segments.deactivate(vips)
    with pytest.raises(rules.BadRule, match=r"“vips”, which is not active"):
        segments.activate(draft)
