"""The cohort scored: the one scorer, run on the grid of a history."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from denizen.ingest.known import date_grid
from denizen.ingest.prepare import Moments
from denizen.scoring.run import IN_MEMORY, score_prepared, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

SCORES = "cohort_scores"
COLUMNS = (
    "CAST(fit AS DOUBLE) AS fit, CAST(behavior AS DOUBLE) AS behavior, CAST(total AS DOUBLE) AS total, pql,"
    " fit_tier, behavior_tier, disqualified, capped, plan_no"
)


def score_cohort(
    history: History,
    model: LoadedModel,
    *,
    table: str = SCORES,
    rows: str = "cohort",
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> None:
    """Make a table of the history's database, a row a score.

    It holds `g` (as in `cohort`), fit, behavior, total, pql, tiers, disqualified, capped, and `plan_no`, the plan of the
    model's program that counts.

    Args:
        history: a history opened for this model.
        model: a checked model.
        table: the name of the table, an identifier of one's own.
        rows: the table of rows to score: g, lead_id, as_of_us.
        engine: URL of the engine.
        progress: told what is being done.

    Raises:
        DenizenError: the engine cannot be used.
    """
    with scored_rows(history, model, rows, engine=engine, progress=progress):
        history.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT g, {COLUMNS} FROM final")


@contextmanager
def scored_rows(
    history: History,
    model: LoadedModel,
    rows: str,
    *,
    engine: str = IN_MEMORY,
    detail: bool = False,
    progress: Progress = silent,
) -> Iterator[None]:
    """Score a table of rows (g, lead_id, as_of_us); until the context ends, `final` stands, with `detail` also `points` and `unmet`."""
    connection = history.connection
    kept = "TABLE" if history.tables.dated else "VIEW"
    connection.execute(f"CREATE OR REPLACE TEMP {kept} grid AS SELECT g, lead_id, as_of_us FROM {rows}")
    if history.tables.dated:
        date_grid(connection, history.tables)
    moments, before = Moments(known=history.known), list(history.accounting.warnings)
    with score_prepared(
        model,
        connection,
        history.tables,
        moments,
        history.accounting,
        history.data.attributes,
        engine=engine,
        detail=detail,
        progress=progress,
    ):
        history.accounting.warnings = list(dict.fromkeys([*before, *history.accounting.warnings]))
        yield
