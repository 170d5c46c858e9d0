"""Churn: how far a member's silence exceeds what is usual for this very member.

The silence is the time since the last purchase. It is measured in the member's own typical gap, the median of the gaps
between purchases; who has made one purchase (one visit) is measured in the median of all typical gaps. `light_gaps`,
`moderate_gaps` and `severe_gaps` of the policy say from how many gaps on a silence is light, moderate or severe churn.
Members who have not bought have no churn, nor has anybody before somebody has bought twice: nothing to compare with.

Source: latency, the customer's own time between purchases as a tripwire for defection, in Jim Novo, "Drilling Down:
Turning Customer Data into Profits with a Spreadsheet" (2004). Here it is the member's own gap and not the segment's,
and the median instead of the mean, so that one long pause does not hide the next.
"""

from members.models import StandingPolicy
from members.vocabulary import Churn

# The population's typical gap: the median over the members who have one, each of them counted once.
POPULATION_GAP = """
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY typical_gap::float8))::numeric, 2)
"""

_SILENCE = "extract(epoch FROM %(now)s - last_purchase_at) / 86400"
_GAP = "coalesce(typical_gap, %(population_gap)s::numeric)"

LEVEL = f"""
    CASE WHEN {_SILENCE} >= {_GAP} * %(severe_gaps)s THEN '{Churn.SEVERE}'
         WHEN {_SILENCE} >= {_GAP} * %(moderate_gaps)s THEN '{Churn.MODERATE}'
         WHEN {_SILENCE} >= {_GAP} * %(light_gaps)s THEN '{Churn.LIGHT}'
         ELSE '{Churn.NONE}' END
"""


def thresholds(policy: StandingPolicy) -> dict[str, object]:
    """Return the parameters of `LEVEL` that stand in the policy."""
    return {name: getattr(policy, name) for name in ("light_gaps", "moderate_gaps", "severe_gaps")}
