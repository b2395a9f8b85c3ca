"""What sales did with the leads of a cohort, and what became of them: a row a score of the cohort.

`add_funnel` makes the table `funnel` in the database of an open history, from `cohort`, `outcomes` and scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from denizen.history.sample import Sample
from denizen.history.stats.intervals import numpy
from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.history.cohort import History
    from denizen.history.stats import Estimate

TOUCHES = ("contacted", "accepted", "rejected")


@dataclass(frozen=True, slots=True)
class Funnel:
    """Arrays, an entry a row of the cohort, in the order of `g`; every flag looks at `(as_of, as_of + horizon]`.

    `opportunity` also holds where the lead was won without one. `touched` means contacted, accepted or rejected before
    any opportunity or conversion. `touched_before` means so at or before `as_of`: such a lead was not ignored, and what came of
    it cannot be told from what it was judged by. What sales decided is judged in `denizen.history.decisions`.
    """

    sample: Sample
    pql: Any
    total: Any
    behavior: Any
    fit: Any
    opportunity: Any
    touched: Any
    touched_before: Any
    recorded: frozenset[str]

    def share(self, hits: Any, rows: Any) -> Estimate:
        """Return the share of hits among some rows, with the interval between leads."""
        return self.sample.share(hits, rows)

    def opportunities(self) -> Funnel:
        """Return the same with an opportunity as the conversion."""
        return replace(self, sample=Sample(self.opportunity, self.sample.whose))


def add_funnel(history: History, scores: str) -> Funnel:
    """Make `funnel` and return it as arrays; `scores` is a table with g, fit, behavior, total, pql of `cohort`."""
    horizon, won = history.design.horizon_us, text(history.design.won)
    inside = f"outcomes.at_us > cohort.as_of_us AND outcomes.at_us <= cohort.as_of_us + {horizon}"
    steps = f"outcome IN ('opportunity', {won})"
    touch = f"outcome IN ({', '.join(text(t) for t in TOUCHES)})"
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE funnel AS WITH found AS (SELECT cohort.g,"
        f" min(outcomes.at_us) FILTER (WHERE {steps}) AS step_us, min(outcomes.at_us) FILTER (WHERE {touch}) AS touch_us"
        f" FROM cohort JOIN outcomes ON outcomes.lead_id = cohort.lead_id AND {inside} GROUP BY cohort.g)"
        f", earlier AS (SELECT DISTINCT cohort.g FROM cohort JOIN outcomes ON outcomes.lead_id = cohort.lead_id"
        f" AND outcomes.at_us <= cohort.as_of_us AND {touch})"
        " SELECT cohort.*, scored.* EXCLUDE (g), found.step_us IS NOT NULL AS opportunity, found.step_us, found.touch_us,"
        " found.touch_us IS NOT NULL AND (found.step_us IS NULL OR found.touch_us <= found.step_us) AS touched,"
        " cohort.g IN (SELECT g FROM earlier) AS touched_before"
        f" FROM cohort JOIN {scores} AS scored USING (g) LEFT JOIN found USING (g)"
    )
    np = numpy()
    flags = ("won", "pql", "opportunity", "touched", "touched_before")
    columns = ", ".join((*flags, "total", "behavior", "fit"))
    found = history.connection.execute(
        f"SELECT {columns}, dense_rank() OVER (ORDER BY lead_id) - 1 AS whose FROM funnel ORDER BY g"
    ).fetchnumpy()
    sample = Sample(np.asarray(found["won"], dtype=bool), np.asarray(found["whose"]))
    words = history.connection.execute("SELECT DISTINCT outcome FROM outcomes").fetchall()
    return Funnel(
        sample=sample,
        **{f: np.asarray(found[f], dtype=bool) for f in flags[1:]},
        **{n: np.asarray(found[n], dtype=float) for n in ("total", "behavior", "fit")},
        recorded=frozenset(str(w[0]) for w in words),
    )
