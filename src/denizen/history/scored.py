"""The cohort scored: the one scorer, run on the grid of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.prepare import Moments
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

COLUMNS = (
    "CAST(fit AS DOUBLE) AS fit, CAST(behavior AS DOUBLE) AS behavior, CAST(total AS DOUBLE) AS total, pql,"
    " fit_tier, behavior_tier, disqualified, capped, plan_no"
)


def score_cohort(
    history: History,
    model: LoadedModel,
    *,
    table: str = "scored",
    rows: str = "cohort",
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> None:
    """Make a table of the history's database, a row a score.

    It holds `g` (as in `cohort`), fit, behavior, total, pql, tiers, disqualified, capped, and `plan_no`, the plan of the
    model's program that counts.

    Args:
        history: an open history.
        model: a checked model.
        table: the name of the table, an identifier of one's own.
        rows: the table of rows to score: g, lead_id, as_of_us.
        engine: URL of the engine.
        progress: told what is being done.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    moments = Moments(grid=history.grid(rows), known=history.known)
    with score_run(model, history.data, moments, engine=engine, progress=progress) as run:
        scores = run.connection.sql(
            f"SELECT CAST(lead_id AS VARCHAR) AS lead_id, as_of_us, {COLUMNS} FROM final"
        ).to_arrow_table()
        warnings = run.accounting.warnings
    history.accounting.warnings += [w for w in warnings if w not in history.accounting.warnings]
    history.connection.register("scores_in", scores)
    history.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT rows.g, scores_in.* EXCLUDE (lead_id, as_of_us) FROM {rows} AS rows"
        " JOIN scores_in ON scores_in.lead_id = CAST(rows.lead_id AS VARCHAR) AND scores_in.as_of_us = rows.as_of_us"
    )
    history.connection.unregister("scores_in")
