"""The ledger of a cohort: the one scorer run with its ledger on the rows of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.prepare import Moments
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress


def score_lines(
    history: History,
    model: LoadedModel,
    query: str,
    *,
    table: str,
    rows: str = "cohort",
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> None:
    """Make a table of the history's database from a query over the views `scores` and `ledger` of a run.

    Args:
        history: an open history.
        model: a checked model.
        query: is run where `scores` and `ledger` stand, so that a million ledgers need not be copied to be counted.
        table: the name of the table, an identifier of one's own.
        rows: the table of rows to score: g, lead_id, as_of_us.
        engine: URL of the engine.
        progress: told what is being done.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    moments = Moments(grid=history.grid(rows), known=history.known)
    with score_run(model, history.data, moments, engine=engine, detail=True, progress=progress) as run:
        found = run.connection.sql(query).to_arrow_table()
    history.connection.register("lines_in", found)
    history.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM lines_in")
    history.connection.unregister("lines_in")
