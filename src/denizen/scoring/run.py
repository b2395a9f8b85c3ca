"""One scoring run: data prepared, the statement run on an engine, scores and ledger ready to read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.engines.base import engine_for
from denizen.ingest.notice import notice
from denizen.ingest.prepare import connect, prepare
from denizen.plan.build import build_program
from denizen.plan.needs import needs_of
from denizen.sql.events import Frame
from denizen.sql.evidence import evidence_statement
from denizen.sql.ledger import ledger_statement
from denizen.sql.literals import text
from denizen.sql.scores import SCORE_COLUMNS, Scores, scores_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.engines.base import Session
    from denizen.ingest.accounting import Accounting
    from denizen.ingest.prepare import Moments
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.plan.nodes import Plan

Progress = Callable[[str], None]
IN_MEMORY = "duckdb:"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. In `connection` stand the views `scores`, `ledger` and `evidence`, and the table `rejects`."""

    connection: DuckDBPyConnection
    plan: Plan
    scores: Scores
    accounting: Accounting
    several_moments: bool
    engine: str = IN_MEMORY
    known: bool = False


def silent(_: str) -> None:
    """Report no progress."""


@contextmanager
def score_run(
    model: LoadedModel,
    data: Data,
    moments: Moments,
    *,
    engine: str = IN_MEMORY,
    detail: bool = False,
    only: str | None = None,
    progress: Progress = silent,
) -> Iterator[Run]:
    """Score the grid and hand over the run; everything is gone when the context ends.

    Args:
        model: a checked model.
        data: where leads, accounts and events are.
        moments: for which instants.
        engine: URL of the engine.
        detail: also make the ledger; with `only` also the evidence.
        only: one lead, instead of all.
        progress: told what is being done.

    Raises:
        DenizenError: data or engine cannot be used.
    """
    plan = build_program(model).plans[0]
    chosen = engine_for(engine)
    evidence = detail and only is not None
    batch = moments.grid is None and only is None and len(set(moments.as_of_us)) == 1
    dated = not batch and data.attributes_history is not None
    frame = Frame(moments.as_of_us[0] if batch else None, moments.known, dated)
    scores = scores_statement(plan, chosen.dialect, frame, detail=detail, event_ids=evidence)
    connection = connect()
    try:
        progress("reading")
        accounting = prepare(
            connection,
            data,
            scores.tables,
            moments,
            grid=frame.is_grid,
            only=only,
        )
        progress("scoring")
        with chosen.session(connection, scores.tables, grid=frame.is_grid) as session:
            session.create("scored", scores.statement)
            if not frame.is_grid:
                _complete(accounting, session, connection)
            if data.events is not None and only is None:
                accounting.warnings += notice(connection, accounting, moments, needs_of(plan).names)
            verdict = scores.verdict_columns(plan) if detail else []
            session.pull("final", f"SELECT {', '.join(['g', *SCORE_COLUMNS, *verdict])} FROM scored")
            accounting.warnings += _ignored(session, connection, scores)
            if detail:
                session.pull("lines", ledger_statement(plan, scores, chosen.dialect))
            if evidence:
                session.pull("evidence", evidence_statement(plan, chosen.dialect, frame))
            several = moments.grid is not None or len(set(moments.as_of_us)) > 1
            _add_views(connection, plan, detail=detail, several=several)
            progress("writing")
            yield Run(connection, plan, scores, accounting, several, engine, moments.known)
    finally:
        connection.close()


def _complete(accounting: Accounting, session: Session, connection: DuckDBPyConnection) -> None:
    """Complete the account of events with what the batch saw of each lead on its way."""
    session.pull("seen_rows", "SELECT CAST(COALESCE(sum(seen_events), 0) AS BIGINT) AS used FROM scored")
    used = int(connection.execute("SELECT used FROM seen_rows").fetchall()[0][0])
    accounting.events = accounting.events.with_used(used)


def _ignored(session: Session, connection: DuckDBPyConnection, scores: Scores) -> list[str]:
    """Return a warning for each sum that met values which do not read as numbers."""
    columns = scores.ignored_columns()
    if not columns:
        return []
    sums = ", ".join(f"CAST(COALESCE(sum({c}), 0) AS BIGINT) AS {c}" for c in columns.values())
    session.pull("ignored", f"SELECT {sums} FROM scored")
    counts = connection.execute("SELECT * FROM ignored").fetchall()[0]
    return [
        f"{name}: {count:,} values do not read as numbers and add nothing to the sum"
        for name, count in zip(columns, counts, strict=True)
        if count
    ]


def _add_views(connection: DuckDBPyConnection, plan: Plan, *, detail: bool, several: bool) -> None:
    """Make `scores` and `ledger`, with the columns and types that are promised."""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW scores AS SELECT lead_id, account_id, make_timestamptz(as_of_us) AS as_of,"
        " CAST(fit AS DOUBLE) AS fit, CAST(behavior AS DOUBLE) AS behavior, CAST(total AS DOUBLE) AS total, pql,"
        " fit_tier, behavior_tier, disqualified, capped,"
        f" {text(plan.model)} AS model, {text(plan.model_hash)} AS model_hash FROM final ORDER BY final.total DESC, lead_id, as_of_us"
    )
    if not detail:
        return
    as_of = ", make_timestamptz(final.as_of_us) AS as_of" if several else ""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW ledger AS SELECT final.lead_id, part, line, kind, measure, unknown,"
        " CAST(points AS DOUBLE) AS points, events, make_timestamptz(first_us) AS first_at,"
        f" make_timestamptz(last_us) AS last_at{as_of} FROM lines JOIN final USING (g)"
        " ORDER BY final.lead_id, final.as_of_us, line_no"
    )
