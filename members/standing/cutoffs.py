"""The cut-offs that a run draws over everybody, so that one member can be placed between two runs."""

from datetime import datetime

from members.models import StandingPolicy, StandingRun
from members.sql import Sql, rows
from members.standing import churn, rfm, tier
from members.standing.purchases import bought

# One read over all members and purchases. The mean scores need the boundaries first, hence the second level; nobody is
# asked twice, since the purchases are aggregated once (MATERIALIZED).
DRAW = f"""
    WITH bought AS MATERIALIZED ({{bought}}),
    everybody AS MATERIALIZED (
        SELECT coalesce(spend, 0) AS spend FROM members_member m LEFT JOIN bought ON bought.member_id = m.id
    ),
    buyers AS (SELECT * FROM bought WHERE purchases > 0),
    boundary AS (SELECT {rfm.boundaries()}, {churn.POPULATION_GAP} AS population_gap FROM buyers),
    mean AS (SELECT {{means}} FROM (SELECT {{scores}} FROM buyers, boundary) AS scored)
    SELECT boundary.*, mean.*, {tier.outside("gold_share")}, {tier.outside("top_share")} FROM boundary, mean
"""


# The cut-offs by name: gold_from, silver_from; recency_1 to recency_4, the same for frequency and monetary;
# mean_recency, mean_frequency, mean_monetary; population_gap. As text, for JSON keeps neither decimals nor times, and
# null where there was nobody to measure. The expressions of tier, RFM and churn have them as parameters of these names.
Cutoffs = dict[str, str | None]


def draw(now: datetime, policy: StandingPolicy) -> Cutoffs:
    """Draw the cut-offs over everybody as of `now`, and keep them as the run of that time."""
    statement = _statement(now, policy)
    [(*boundaries, population_gap, recency, frequency, monetary, outside_gold, outside_top)] = rows(
        statement.text, statement.params
    )
    gold, silver = tier.least_spends(policy, outside_gold, outside_top)
    drawn = {"gold_from": gold, "silver_from": silver, "population_gap": population_gap}
    drawn |= {"mean_recency": recency, "mean_frequency": frequency, "mean_monetary": monetary}
    for name, values in zip(rfm.DRAWN_FROM, boundaries, strict=True):
        drawn |= {f"{name}_{k}": value for k, value in enumerate(values or [None] * rfm.BOUNDARIES, start=1)}
    cutoffs = {name: None if value is None else str(value) for name, value in drawn.items()}
    StandingRun.objects.update_or_create(as_of=now, defaults={"cutoffs": cutoffs})
    return cutoffs


def latest(now: datetime, policy: StandingPolicy) -> Cutoffs:
    """Return the cut-offs of the latest run as of `now`; before the first run they are drawn."""
    run = StandingRun.objects.filter(as_of__lte=now).order_by("-as_of").first()
    return run.cutoffs if run else draw(now, policy)


def _statement(now: datetime, policy: StandingPolicy) -> Sql:
    scores = ", ".join(f"{rfm.score(name, f'boundary.{name}[{{k}}]')} AS {name}" for name in rfm.DRAWN_FROM)
    means = ", ".join(f"round(avg({name}), 6)" for name in rfm.DRAWN_FROM)
    purchases = bought(now)
    text = DRAW.format(bought=purchases.text, means=means, scores=scores)
    return Sql(text, {**purchases.params, **tier.shares(policy)})
