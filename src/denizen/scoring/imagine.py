"""What a score would be: other instants, more events, other facts, all through the statement that scores.

An imagined world is the leads and events of a run as they stood at their instants: nothing later is in it. Its leads
are numbered anew, one for each row of the run, so that a lead asked about at two instants is two.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from denizen.engines.base import engine_for
from denizen.ingest.values import define
from denizen.plan.needs import needs_of
from denizen.scoring.foresight.reading import Reader
from denizen.scoring.run import IN_MEMORY, score_frame, spell
from denizen.sql.events import Frame
from denizen.sql.literals import text
from denizen.sql.scores import SCORE_COLUMNS
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from denizen.engines.base import Engine, Session
    from denizen.scoring.run import Run, ScoredPlan
    from denizen.sql.tables import Tables

LEADS = "world_leads"
EVENTS = "world_events"
_KEPT = tuple(c for c in SCORE_COLUMNS if c != "account_id")


class World:
    """The leads of a run, ready to be scored under other circumstances.

    `cursor` has a namespace of its own: there `world_rows` says which row of the run each imagined lead is (`lead_id`,
    `real_id`, `as_of_us`) and `world_now` what it scores, `world_leads` and `world_events` hold what is known, and after
    `score` the table `imagined` holds a row for each pair asked for.
    """

    def __init__(self, run: Run, *, where: str = "TRUE", plan_no: int = 0) -> None:
        self.run = run
        self.plan = run.plans[plan_no - 1].plan
        self.engine = _engine(run.engine)
        self.tables = tables_for(needs_of(*run.program.plans))
        self.plans = spell(run.program, self.engine.dialect, Frame(), self.tables)
        connection = run.connection
        connection.execute(
            "CREATE OR REPLACE TABLE world_rows AS SELECT CAST(row_number() OVER (ORDER BY lead_id, as_of_us) AS BIGINT) AS"
            f" lead_id, lead_id AS real_id, as_of_us FROM final WHERE {where}"
        )
        kept = ", ".join(f"final.{c}" for c in _KEPT if c not in ("lead_id", "as_of_us"))
        connection.execute(
            f"CREATE OR REPLACE TABLE world_now AS SELECT w.lead_id, w.as_of_us, {kept} FROM world_rows AS w"
            " JOIN final ON final.lead_id = w.real_id AND final.as_of_us = w.as_of_us"
        )
        _copy(connection, run.tables, accounts=self.tables.accounts, known=run.known)
        self.cursor = connection.cursor()
        define(self.cursor)
        self.reader = Reader(self.cursor)

    def concerns(self, asked: str) -> str:
        """Return the condition that an event matters to leads of a query: it is theirs, or of their account."""
        people = f"SELECT lead_id FROM world_people WHERE of_row IN ({asked})"
        return f"(lead_id IN ({people}) OR lead_id IS NULL)" if self.tables.accounts else f"lead_id IN ({asked})"

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
        self._score(self.tables, self.plans)

    def score_products(self, grid: str) -> None:
        """Score `lead_id, as_of_us` of a query into `imagined_products`.

        It holds `pql`, and the highest total of any product that is capped and of any that is not; null where none is.
        """
        self.load(grid)
        each = " UNION ALL ".join(f"SELECT g, total, capped FROM {scored.table}" for scored in self.plans)
        totals = "max(CASE WHEN capped THEN total END) AS capped_total, max(CASE WHEN NOT capped THEN total END) AS open_total"
        with self._scored(self.tables, self.plans) as session:
            session.pull("of_products", f"SELECT g, {totals} FROM ({each}) AS every_product GROUP BY g")
            self.cursor.execute(
                "CREATE OR REPLACE TEMP TABLE imagined_products AS SELECT grid.lead_id, grid.as_of_us, pql, capped_total,"
                " open_total FROM grid JOIN of_products USING (g) JOIN imagined ON imagined.lead_id = grid.lead_id"
                " AND imagined.as_of_us = grid.as_of_us"
            )

    def measure(self, plan_nos: Sequence[int]) -> None:
        """Make the table `measures`: `plan_no, lead_id, line, measure`, what plans make of every row of the world as it is."""
        self.load("SELECT lead_id, as_of_us FROM world_rows")
        plans = spell(self.run.program, self.engine.dialect, Frame(), self.tables, detail=True)
        found = [
            f"SELECT {no} AS plan_no, g, {text(m.criterion.name)} AS line, CAST({m.column} AS DECIMAL(38, 9)) AS measure"
            f" FROM {plans[no - 1].table}"
            for no in plan_nos
            for m in plans[no - 1].scores.criteria
            if m.criterion.part == "behavior" and m.criterion.events is not None
        ]
        nothing = "SELECT 0 AS plan_no, 0 AS g, '' AS line, CAST(NULL AS DECIMAL(38, 9)) AS measure WHERE 1 = 0"
        with self._scored(self.tables, plans) as session:
            session.pull("measured", " UNION ALL ".join(found or [nothing]))
            self.cursor.execute(
                "CREATE OR REPLACE TABLE measures AS SELECT plan_no, grid.lead_id, line, measure FROM measured JOIN grid USING (g)"
            )

    def score_turned(self, grid: str) -> None:
        """Score the rows of a query that bring attributes of their own: `lead_id, as_of_us` and the columns of leads."""
        for name, source in (("leads", LEADS), ("events", EVENTS)):
            self.cursor.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {source}")
        self.cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE grid AS SELECT CAST(row_number() OVER () AS INTEGER) AS g, * FROM ({grid})"
        )
        tables = replace(self.tables, dated=True)
        self._score(tables, spell(self.run.program, self.engine.dialect, Frame(dated=True), tables))

    def score_in_detail(
        self, grid: str, asked: Callable[[ScoredPlan], list[str]], *, leads: str, events: str
    ) -> list[tuple[ScoredPlan, list[tuple[Any, ...]]]]:
        """Score as `score` does; return of each plan what was asked of lead 1: expressions over all that was measured."""
        self.load(grid, leads=leads, events=events)
        plans = spell(self.run.program, self.engine.dialect, Frame(), self.tables, detail=True)
        told = []
        with self._scored(self.tables, plans) as session:
            for scored in plans:
                columns = ", ".join(f"{column} AS answer_{i}" for i, column in enumerate(["lead_id", *asked(scored)]))
                session.pull("answers", f"SELECT {columns} FROM {scored.table} WHERE lead_id = 1")
                told.append((scored, [row[1:] for row in self.cursor.execute("SELECT * FROM answers").fetchall()]))
        return told

    def _score(self, tables: Tables, plans: tuple[ScoredPlan, ...]) -> None:
        with self._scored(tables, plans):
            pass

    @contextmanager
    def _scored(self, tables: Tables, plans: tuple[ScoredPlan, ...]) -> Iterator[Session]:
        with self.engine.session(self.cursor, tables, grid=True) as session:
            source = score_frame(session, self.run.program, plans)
            session.pull("pulled", f"SELECT {', '.join([*_KEPT, 'plan_no'])} FROM {source} AS counts")
            self.cursor.execute("CREATE OR REPLACE TEMP TABLE imagined AS SELECT * FROM pulled")
            yield session


def _copy(connection: DuckDBPyConnection, tables: Tables, *, accounts: bool, known: bool) -> None:
    """Make `world_leads` and `world_events`; with `accounts`, each imagined lead has a copy of its account to itself."""
    people = "SELECT lead_id AS of_row, lead_id, real_id, as_of_us FROM world_rows"
    if accounts:
        people += (
            " UNION ALL SELECT world_rows.lead_id, (SELECT count(*) FROM world_rows)"
            " + row_number() OVER (ORDER BY world_rows.lead_id, mate.lead_id), mate.lead_id, as_of_us FROM world_rows"
            " JOIN leads AS own ON own.lead_id = real_id JOIN leads AS mate ON mate.account_id = own.account_id"
            " AND mate.lead_id <> own.lead_id"
        )
    connection.execute(f"CREATE OR REPLACE TABLE world_people AS {people}")
    replaced, dated = ["'w' || of_row AS account_id"] if accounts else [], ""
    if tables.dated:
        columns = [c for value in tables.attributes.values() for c in value.columns(shown=tables.shown)]
        replaced += [f"CASE WHEN grid.g IS NULL THEN leads.{c} ELSE grid.{c} END AS {c}" for c in columns]
        dated = " LEFT JOIN grid ON grid.lead_id = real_id AND grid.as_of_us = world_people.as_of_us"
    replace_ = f"REPLACE ({', '.join(replaced)})" if replaced else ""
    connection.execute(
        f"CREATE OR REPLACE TABLE {LEADS} AS SELECT world_people.lead_id, leads.* EXCLUDE (lead_id) {replace_}"
        f" FROM world_people JOIN leads ON leads.lead_id = world_people.real_id{dated}"
    )
    nothing = "CAST(NULL AS BIGINT)"
    as_of_then = f"{nothing} AS received_us, {nothing} AS replaced_us"
    visible = Frame(None, known).visible("world_people")
    events = (
        f"SELECT world_people.lead_id, events.* EXCLUDE (lead_id) REPLACE ({as_of_then})"
        f" FROM events JOIN world_people ON world_people.real_id = events.lead_id WHERE {visible}"
    )
    if accounts:
        events += (
            f" UNION ALL BY NAME SELECT {nothing} AS lead_id, events.* EXCLUDE (lead_id)"
            f" REPLACE ({as_of_then}, 'w' || world_people.lead_id AS account_id) FROM events"
            " JOIN leads AS own ON own.account_id = events.account_id"
            " JOIN world_people ON world_people.real_id = own.lead_id AND world_people.of_row = world_people.lead_id"
            f" WHERE events.lead_id IS NULL AND {visible}"
        )
    connection.execute(f"CREATE OR REPLACE TABLE {EVENTS} AS {events}")


def _engine(url: str) -> Engine:
    """Return the engine of the run; a DuckDB file keeps the scores of the run, so what is imagined stays in memory."""
    return engine_for(IN_MEMORY if url.lower().startswith(IN_MEMORY) else url)
