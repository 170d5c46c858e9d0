"""Tier: the customer pyramid, by the spend of the trailing twelve months.

Two schemes (`StandingPolicy.scheme`):

- *Shares of members*: the top 5 % are gold, the next 15 % silver, the rest base. With n members and a share g at the
  top, gold is who is among the floor(g·n) highest; a tie that would exceed the share falls to the lower tier whole.
  Source: the customer pyramid of Jay and Adam Curry, "The Customer Marketing Method" (2000).
- *Fixed thresholds*: gold from 1,000 and silver from 300, in the house currency.

Both come down to two amounts, the least spend of gold and of silver, never below 0.01: who spends nothing is base. The
amount missing to the next tier is the next one's least spend minus one's own; gold members miss nothing (null).
"""

from decimal import Decimal

from members.models import StandingPolicy
from members.vocabulary import Tier

# The least money there is. One more than the highest spend outside of a share is the least spend inside of it.
CENT = Decimal("0.01")

TIER = f"""
    CASE WHEN spend >= %(gold_from)s::numeric THEN '{Tier.GOLD}'
         WHEN spend >= %(silver_from)s::numeric THEN '{Tier.SILVER}'
         ELSE '{Tier.BASE}' END
"""

TO_NEXT_TIER = """
    CASE WHEN spend >= %(gold_from)s::numeric THEN NULL
         WHEN spend >= %(silver_from)s::numeric THEN %(gold_from)s::numeric - spend
         ELSE %(silver_from)s::numeric - spend END
"""


def outside(share: str) -> str:
    """Return the highest spend outside of a share, a parameter's name, over `everybody`: a spend for each member.

    Null when there are no members. OFFSET with a numeric count is exact, where percentile_disc counts in floats and
    misses some shares by one.
    """
    return f"""
        (SELECT spend FROM everybody ORDER BY spend DESC
         OFFSET (SELECT floor(%({share})s::numeric * count(*))::bigint FROM everybody) LIMIT 1)
    """


def shares(policy: StandingPolicy) -> dict[str, Decimal]:
    """Return the shares of all members, counted from the top, as parameters for `outside`."""
    return {"gold_share": policy.gold_share, "top_share": policy.gold_share + policy.silver_share}


def least_spends(
    policy: StandingPolicy, outside_gold: Decimal | None, outside_top: Decimal | None
) -> tuple[Decimal, Decimal]:
    """Return the least spend of gold and of silver; the arguments are what `outside` found for the two shares."""
    if policy.scheme == StandingPolicy.Scheme.THRESHOLDS:
        return max(policy.gold_spend, CENT), max(policy.silver_spend, CENT)
    return max(outside_gold or Decimal(0), Decimal(0)) + CENT, max(outside_top or Decimal(0), Decimal(0)) + CENT
