"""The benchmarks as scales (methodology, section 3: PQL conversion rates and quick reference thresholds)."""

from __future__ import annotations

from denizen.history.grades import Scale, scale
from denizen.model.approaches import FEWEST_CRITERIA, MOST_CRITERIA

_ACTIONS = "see with `denizen discover` which actions precede conversion"
_TIGHT = "the definition is too tight and misses good leads: lower the behavior gate by 10 to 15 points and watch"

OPPORTUNITY = scale(
    (0, "red flag", f"the PQL definition is too loose; {_ACTIONS}"),
    (0.15, "warning", f"below the typical 25-30 %: tighten the gates or weights; {_ACTIONS}"),
    (0.25, "good", "keep it"),
    (0.40, "warning", _TIGHT),
)
WON = scale(
    (0, "red flag", f"the gates are too permissive, or the signals do not predict; {_ACTIONS}"),
    (
        0.08,
        "warning",
        "below the typical 15-20 %: compare with your deal size and sales cycle before you change anything",
    ),
    (0.15, "good", "keep it"),
    (0.30, "warning", _TIGHT),
)
LIFT = scale(
    (
        0,
        "red flag",
        "the score hardly tells buyers apart; recalibrate, or instrument the events that proxies stand for",
    ),
    (1.5, "warning", "below the typical 2 to 3 times: recalibrate the weights"),
    (2, "good", "keep it"),
)
TOP_FIFTH = scale(
    (0, "red flag", "the highest scores convert no better than the rest: rework the criteria"),
    (1, "warning", "after 90 days the top 20 % should convert at twice the rate of the rest: recalibrate"),
    (2, "good", "keep it"),
)
QUARTILES = scale(
    (0, "red flag", "the top quarter converts less than the bottom: the model points the wrong way"),
    (1, "good", "keep it"),
)
ACCEPTANCE = scale(
    (0, "red flag", "the gates are too low for sales; see `denizen trust` for what rejected PQLs share"),
    (0.50, "warning", "ask sales why; see `denizen trust` for what rejected PQLs share"),
    (0.70, "good", "keep it"),
)
WON_THROUGH_PQL = scale(
    (
        0,
        "red flag",
        "the model does not capture real buyers; `denizen backtest` lists those it missed and by which gate",
    ),
    (
        0.20,
        "warning",
        "half of the buyers or more never qualify; `denizen backtest` lists them with the gate they missed",
    ),
    (0.40, "good", "keep it"),
)
CLUSTER = scale(
    (0, "good", "keep it"),
    (
        0.20,
        "warning",
        "scores cluster here, so they do not rank these leads; see `denizen audit` for what is not tracked",
    ),
    (
        0.40,
        "red flag",
        "scores pile up here and say little about these leads; see `denizen audit` for what is not tracked",
    ),
)
"""The documents ask for a bell without clusters at 0 and 100 and give no number; these two are ours."""


DISAGREEMENTS = {
    "pql_to_won": (
        "PQLs that are won: the methodology's table calls 15 to 20 % typical, its text and the advisory document speak of"
        " 25 to 30 % that pay; graded by the table."
    ),
    "pql_lift": (
        "PQLs against the rest: the methodology's table calls 2 to 3 times typical (against MQLs), its text 2 to 5 times; the"
        " advisory document 2 to 3 times that of other trials, and 5 times that of all leads; graded from 2 times on."
    ),
    "pql_to_mql_lift": (
        "MQLs: the methodology's table says that 10 to 13 % of them become an opportunity, its text 5 to 13 %, the advisory"
        " document 5 to 10 %; so yours are compared, not a benchmark."
    ),
    "criteria": (
        "Criteria: the methodology's table wants 15 to 25, but 3 to 5 in its approach for companies with less than 6 months of"
        " conversions and 5 to 8 in its edge case 1; the advisory document 5 to 10 signals. Graded by the table, or by the approach if"
        " one is given (--approach, or `lint: {approach: …}` in denizen.yaml)."
    ),
}
"""Where the documents say different things about one benchmark, besides the share of PQLs, which has a setting."""


def pql_share(wanted: tuple[float, float]) -> Scale:
    """Return the scale of the share of PQLs for a wanted range; the red flags are the methodology's 3 % and 25 %."""
    low, high = wanted
    loose, tight = "raise the gates: sales cannot work so many", "lower the gates: too few leads reach sales"
    zones: list[tuple[float, str, str]] = [(0, "red flag", tight)]
    if low > _TIGHT_SHARE:
        zones.append((_TIGHT_SHARE, "warning", tight))
    zones.append((low, "good", "keep it"))
    if high < _LOOSE_SHARE:
        zones.append((high + 1e-9, "warning", loose))
    zones.append((max(high, _LOOSE_SHARE) + 1e-9, "red flag", loose))
    return scale(*zones)  # type: ignore[arg-type]  # the colors are literals above


def criteria(wanted: tuple[int, int]) -> Scale:
    """Return the scale of the number of criteria, of which so many are good for the approach; as `denizen check` judges it."""
    low, high = wanted
    near = f"between {low} and {high} is good"
    zones: list[tuple[float, str, str]] = [(0, "red flag", "too simple: add the signals that `denizen discover` finds")]
    if low > FEWEST_CRITERIA:
        zones.append((FEWEST_CRITERIA, "warning", near))
    return scale(
        *zones,  # type: ignore[arg-type]  # the colors are literals above
        (low, "good", "keep it"),
        (high + 1, "warning", f"{near}; drop what never fires"),
        (MOST_CRITERIA + 1, "red flag", "overcomplicated: drop what never fires or does not predict"),
    )


_TIGHT_SHARE = 0.03
_LOOSE_SHARE = 0.25
