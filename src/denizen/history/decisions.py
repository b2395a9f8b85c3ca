"""What sales decided on leads, and the one definition of acceptance: of PQLs as they stood at the last decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.history import stats
from denizen.history.scored import score_cohort
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from denizen.history.cohort import History
    from denizen.history.stats import Estimate
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress


@dataclass(frozen=True, slots=True)
class Decisions:
    """How many PQLs were accepted and rejected by the last decision on each lead; `below` were on leads that were no PQL then."""

    accepted: int
    rejected: int
    below: int

    @property
    def on_pqls(self) -> int:
        """How many decisions were on PQLs."""
        return self.accepted + self.rejected

    @property
    def acceptance(self) -> Estimate:
        """The share of PQLs that sales accepts."""
        return stats.rate(self.accepted, self.on_pqls)


def make_decisions(history: History) -> bool:
    """Make `decisions`, the last one on each lead with its instant: g, lead_id, as_of_us, decision, rep; return if there is any.

    Every lead of the study counts, also one that cannot be judged yet; only leads outside the range of signups do not.
    """
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE decisions AS SELECT CAST(row_number() OVER (ORDER BY lead_id) AS INTEGER) AS g,"
        " lead_id, max(at_us) AS as_of_us, max_by(outcome, (at_us, outcome)) AS decision, max_by(rep, (at_us, outcome)) AS rep"
        " FROM outcomes JOIN history USING (lead_id)"
        " WHERE outcome IN ('accepted', 'rejected') AND left_out IS DISTINCT FROM 'outside_signup_range' GROUP BY lead_id"
    )
    return bool(history.connection.execute("SELECT count(*) FROM decisions").fetchall()[0][0])


def count_decisions(history: History, decided: str) -> Decisions:
    """Return the counts of a table of decisions that also says whether each was on a PQL (`pql`)."""
    accepted, rejected, below = history.connection.execute(
        "SELECT count(*) FILTER (WHERE pql AND decision = 'accepted'), count(*) FILTER (WHERE pql AND decision = 'rejected'),"
        f" count(*) FILTER (WHERE NOT pql) FROM {decided}"
    ).fetchall()[0]
    return Decisions(int(accepted), int(rejected), int(below))


def judge_decisions(
    history: History, model: LoadedModel, *, engine: str = IN_MEMORY, progress: Progress = silent
) -> Decisions:
    """Return the decisions, each lead scored as it stood then.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    if not make_decisions(history):
        return Decisions(0, 0, 0)
    score_cohort(history, model, table="decision_scores", rows="decisions", engine=engine, progress=progress)
    return count_decisions(history, "(SELECT * FROM decisions JOIN decision_scores USING (g))")
