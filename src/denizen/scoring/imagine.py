"""What a score would be: other instants, more events, other facts, all through the statement that scores.

An imagined world is the leads and events of a run as they stood at their instants: nothing later is in it. Its leads
are numbered anew, one for each row of the run, so that a lead asked about at two instants is two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.engines.base import engine_for
from denizen.ingest.values import define
from denizen.plan.needs import needs_of
from denizen.scoring.run import IN_MEMORY, score_frame, spell
from denizen.sql.events import Frame
from denizen.sql.scores import SCORE_COLUMNS
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from denizen.engines.base import Engine
    from denizen.scoring.run import Run

LEADS = "world_leads"
EVENTS = "world_events"
_KEPT = tuple(c for c in SCORE_COLUMNS if c != "account_id")


class World:
    """The leads of a run, ready to be scored under other circumstances.

    `cursor` has a namespace of its own: there `world_rows` says which row of the run each imagined lead is (`lead_id`,
    `real_id`, `as_of_us`), `world_leads` and `world_events` hold what is known, and after `score` the table `imagined`
    holds a row for each pair asked for.
    """

    def __init__(self, run: Run, *, where: str = "TRUE") -> None:
        self.run = run
        self.engine = _engine(run.engine)
        self.tables = tables_for(needs_of(*run.program.plans))
        self.plans = spell(run.program, self.engine.dialect, Frame(), self.tables)
        connection = run.connection
        connection.execute(
            "CREATE OR REPLACE TABLE world_rows AS SELECT CAST(row_number() OVER (ORDER BY lead_id, as_of_us) AS BIGINT) AS"
            f" lead_id, lead_id AS real_id, as_of_us FROM final WHERE {where}"
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {LEADS} AS SELECT world_rows.lead_id, leads.* EXCLUDE (lead_id)"
            " FROM world_rows JOIN leads ON leads.lead_id = world_rows.real_id"
        )
        visible = Frame(None, run.known).visible("world_rows")
        nothing = "CAST(NULL AS BIGINT)"
        connection.execute(
            f"CREATE OR REPLACE TABLE {EVENTS} AS SELECT world_rows.lead_id, events.* EXCLUDE (lead_id)"
            f" REPLACE ({nothing} AS received_us, {nothing} AS replaced_us)"
            f" FROM events JOIN world_rows ON world_rows.real_id = events.lead_id WHERE {visible}"
        )
        self.cursor = connection.cursor()
        define(self.cursor)

    def load(self, grid: str, *, leads: str = LEADS, events: str = EVENTS) -> None:
        """Make `grid`, `leads` and `events` of the rows of queries; `grid` gives `lead_id, as_of_us`."""
        for name, source in (("leads", leads), ("events", events)):
            self.cursor.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {source}")
        self.cursor.execute(
            "CREATE OR REPLACE TEMP TABLE grid AS SELECT CAST(row_number() OVER () AS INTEGER) AS g, lead_id,"
            f" as_of_us FROM ({grid})"
        )

    def score(self, grid: str, *, leads: str = LEADS, events: str = EVENTS) -> None:
        """Score `lead_id, as_of_us` of a query into the table `imagined`."""
        self.load(grid, leads=leads, events=events)
        with self.engine.session(self.cursor, self.tables, grid=True) as session:
            source = score_frame(session, self.run.program, self.plans)
            session.pull("pulled", f"SELECT {', '.join(_KEPT)} FROM {source} AS counts")
            self.cursor.execute("CREATE OR REPLACE TEMP TABLE imagined AS SELECT * FROM pulled")


def _engine(url: str) -> Engine:
    """Return the engine of the run; a DuckDB file keeps the scores of the run, so what is imagined stays in memory."""
    return engine_for(IN_MEMORY if url.lower().startswith(IN_MEMORY) else url)
