"""The leaves that members bring."""

from members.rules.leaves.allowed import ConsentLeaf, ReachableLeaf, SuppressedLeaf
from members.rules.leaves.anniversaries import AnniversaryLeaf
from members.rules.leaves.attributes import AttributeLeaf
from members.rules.leaves.events import EventsLeaf
from members.rules.leaves.points import PointsLeaf
from members.rules.leaves.profile import AgeLeaf, ProfileLeaf
from members.rules.leaves.purchases import PurchasesLeaf
from members.rules.leaves.segments import SegmentLeaf
from members.rules.leaves.standing import StandingLeaf
from members.rules.leaves.stores import StoreLeaf
from members.rules.leaves.tags import TagLeaf
from members.rules.leaves.touchpoints import TouchpointsLeaf

LEAVES = (
    ProfileLeaf,
    AttributeLeaf,
    TagLeaf,
    AgeLeaf,
    StoreLeaf,
    StandingLeaf,
    ConsentLeaf,
    SuppressedLeaf,
    ReachableLeaf,
    PurchasesLeaf,
    EventsLeaf,
    AnniversaryLeaf,
    TouchpointsLeaf,
    PointsLeaf,
    SegmentLeaf,
)

__all__ = ["LEAVES"]
