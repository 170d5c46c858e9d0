"""RFM: recency, frequency and monetary scores from 1 to 5, and the eight classes drawn from them.

The scores are quintiles over the members who have bought: recency by the time of the last purchase, frequency by the
number of purchases, monetary by what they are worth, all of it over all time as of the run. Source: Arthur Middleton
Hughes, "Strategic Database Marketing" (1994).

Ties get one score, the lower one: a member's score is 1 plus the number of quintile boundaries that the member's value
lies strictly above, where the k-th boundary is the value of the member at place ceil(k/5·n) of n from below. So a score
of at least k + 1 means that at least k fifths of the members are strictly worse. (NTILE would tear equal members
apart by chance: more than half of the members in real logs have bought exactly once.)

The eight classes compare each score with the mean score of all members who have bought; above the mean is high. High
monetary is *important*, low is *general*; then high recency and high frequency is *value*, high recency alone
*develop*, high frequency alone *keep*, neither *retain*. Source: the common eight-class reading of RFM against the
averages, as in Ha and Park, "Application of data mining tools to hotel data mart on the Intranet for database
marketing", Expert Systems with Applications 15 (1998).
"""

from members.vocabulary import RfmClass

# Each score's name, the column it is drawn from and that column's type.
DRAWN_FROM = {
    "recency": ("last_purchase_at", "timestamptz"),
    "frequency": ("purchases", "bigint"),
    "monetary": ("worth", "numeric"),
}
BOUNDARIES = 4


def boundaries() -> str:
    """Return the select list that draws the boundaries of each score over a relation of members who have bought."""
    return ", ".join(
        f"percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY {column}) AS {score}"
        for score, (column, _) in DRAWN_FROM.items()
    )


def score(name: str, boundary: str) -> str:
    """Return the expression of a score; `boundary` is the text of its k-th boundary, with `{k}` for 1 to 4."""
    column = DRAWN_FROM[name][0]
    above = " + ".join(f"({column} > {boundary.format(k=k)})::int" for k in range(1, BOUNDARIES + 1))
    return f"CASE WHEN purchases > 0 THEN 1 + {above} END"


def placed(name: str) -> str:
    """Return the expression of a score by the boundaries of a run, which are the parameters `recency_1` and so on."""
    return score(name, f"%({name}_{{k}})s::{DRAWN_FROM[name][1]}")


_CLASSES = {
    # (recent, frequent): the class's second half
    (True, True): "value",
    (True, False): "develop",
    (False, True): "keep",
    (False, False): "retain",
}


def _against_mean(score: str, *, above: bool) -> str:
    return f"{score} {'>' if above else '<='} %(mean_{score})s::numeric"


def _class_case() -> str:
    cases = []
    for important in (True, False):
        for (recent, frequent), half in _CLASSES.items():
            name = RfmClass(f"{'important' if important else 'general'}_{half}")
            sides = {"monetary": important, "recency": recent, "frequency": frequent}
            when = " AND ".join(_against_mean(score, above=above) for score, above in sides.items())
            cases.append(f"WHEN {when} THEN '{name}'")
    return f"CASE {' '.join(cases)} ELSE '' END"


# Over a relation with the three scores; members who have not bought have no class.
CLASS = _class_case()
