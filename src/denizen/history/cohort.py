"""The cohort: who is judged at which instant, what came of it, and who is left out, with the reason.

`open_history` reads data once and hands over an embedded database in which stand

| table | columns |
|---|---|
| `leads` | lead_id, account_id, signup_us, trial_started_us, trial_ends_us, and the attributes asked for |
| `events` | lead_id, event, at_us, received_us, and the properties asked for; none twice |
| `names_used` | event, n: how often each name occurs among the events of leads, as far as data is looked at |
| `outcomes` | lead_id, outcome, at_us, amount, rep; none twice |
| `history` | a row a lead: lead_id, signup_us (semantics, section 1), won_us (first conversion), left_out (reason or null) |
| `cohort` | a row a score: g (from 1, by lead and instant), whose (numbers the leads from 0), lead_id, signup_us, as_of_us, won_us, won (converted within the horizon) |

Features must come from events with `at_us <= as_of_us`. Scores come from `denizen.history.scored`, never from SQL of
one's own.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.errors import fail
from denizen.history.data_end import DataEnd, data_end
from denizen.history.design import span
from denizen.ingest.outcomes import stage_outcomes
from denizen.ingest.prepare import Moments, connect, prepare
from denizen.ingest.values import LATEST_US
from denizen.plan.build import build_program
from denizen.plan.needs import Forms, Needs, needs_of
from denizen.scoring.output import write_rows
from denizen.scoring.run import silent
from denizen.sql.literals import text
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from denizen.history.design import Design
    from denizen.ingest.accounting import Accounting
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress
    from denizen.sql.tables import Tables

MAX_SNAPSHOTS = 400


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Leads that are not in the cohort: each counted under the first reason that applies, in this order."""

    no_signup: int = 0
    outside_signup_range: int = 0
    converted_before: int = 0
    horizon_incomplete: int = 0

    @property
    def leads(self) -> int:
        """How many there are."""
        return self.no_signup + self.outside_signup_range + self.converted_before + self.horizon_incomplete

    def words(self) -> str:
        """Return the counts in words; empty if nobody is left out."""
        named = {
            "without a signup or any event": self.no_signup,
            "outside the signup range": self.outside_signup_range,
            "converted before they were judged": self.converted_before,
            "without a full horizon yet": self.horizon_incomplete,
        }
        return ", ".join(f"{count:,} {words}" for words, count in named.items() if count)


@dataclass(frozen=True, slots=True)
class Cohort:
    """What stands in the table `cohort`: `leads = cohort leads + left_out`, `rows >= cohort leads` with snapshots.

    `won_rows` are the rows that convert within their horizon, `won_leads` the leads that have such a row.
    `snapshots` are the calendar instants, empty for a landmark.
    """

    rows: int
    leads: int
    won_rows: int
    won_leads: int
    left_out: LeftOut
    observed_until_us: int
    snapshots: tuple[int, ...] = ()

    @property
    def base_rate(self) -> float:
        """Conversions a row, 0 to 1."""
        return self.won_rows / self.rows if self.rows else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "rows": self.rows,
            "leads": self.leads,
            "won": self.won_rows,
            "won_leads": self.won_leads,
            "left_out": asdict(self.left_out),
            "observed_until": clock.iso(self.observed_until_us),
            "snapshots": [clock.iso(us) for us in self.snapshots],
        }


@dataclass(frozen=True, slots=True)
class History:
    """Data read, cohort made; `connection` holds the tables that the module names."""

    connection: DuckDBPyConnection
    data: Data
    design: Design
    cohort: Cohort
    accounting: Accounting
    tables: Tables
    known: bool

    def grid(self, rows: str = "cohort") -> pa.Table:
        """Return the grid to score, `lead_id, as_of`: the cohort, or another table with lead_id and as_of_us."""
        return self.connection.sql(
            f"SELECT lead_id, make_timestamptz(as_of_us) AS as_of FROM {rows} ORDER BY g"
        ).to_arrow_table()

    def require_cohort(self, whose: str = "") -> None:
        """Refuse to go on without anybody to learn from; `whose` says in front of the message whom it is about.

        Raises:
            DenizenError: the cohort is empty; the message says why.
        """
        if self.cohort.rows:
            return
        if not self.cohort.observed_until_us:
            raise fail("no-cohort", f"{whose}no lead can be judged: there are no events and no outcomes")
        until, left_out = clock.iso(self.cohort.observed_until_us), self.cohort.left_out
        reasons = left_out.words() or "there are no leads"
        if left_out.horizon_incomplete:
            mend = f"; {self._shorter()}"
        elif left_out.outside_signup_range:
            mend = f"; the leads signed up from {' to '.join(self._signups())}"
        else:
            mend = ""
        raise fail(
            "no-cohort",
            f"{whose}no lead can be judged ({self.design.words()}; observed until {until}): {reasons}{mend}",
        )

    def _shorter(self) -> str:
        """Return which span has to be shorter for any lead to be judged."""
        until = self.cohort.observed_until_us
        late = f"SELECT count(*) FROM history WHERE left_out = 'horizon_incomplete' AND COALESCE(first_us, signup_us) < {until}"
        if _one(self.connection, late):
            return f"a shorter --horizon than {span(self.design.horizon_us)} leaves more"
        if self.design.at_us:
            return f"the data ends before any of them is {span(self.design.at_us)} old; judge them earlier with --at"
        return "they signed up after that"

    def _signups(self) -> tuple[str, str]:
        first, last = self.connection.execute("SELECT min(signup_us), max(signup_us) FROM history").fetchall()[0]
        return clock.iso(int(first)), clock.iso(int(last))


def tables_of(
    attributes: Iterable[str] = (),
    properties: Iterable[str] = (),
    *,
    sessions: bool = False,
    order: bool = False,
    models: Iterable[LoadedModel] = (),
    dated: bool = False,
) -> Tables:
    """Return the tables to read: these attributes and properties, each as text and as number, and what models need.

    `sessions` and `order` ask for what tells sessions and the order of events at one instant; `dated` says that there is
    a history of attributes.
    """
    every = Forms(number=True)
    needs = needs_of(*[plan for model in models for plan in build_program(model).plans])
    return tables_for(
        Needs(
            attributes={**needs.attributes, **_with(needs.attributes, attributes, every)},
            properties={**needs.properties, **_with(needs.properties, properties, every)},
            names=(),
            every_event=True,
            sessions=sessions or needs.sessions,
            order=order or needs.order,
            accounts=needs.accounts,
        ),
        dated=dated,
    )


def _with(needed: dict[str, Forms], names: Iterable[str], forms: Forms) -> dict[str, Forms]:
    return {name: needed.get(name, Forms()) | forms for name in names}


@contextmanager
def open_history(
    data: Data,
    design: Design,
    *,
    tables: Tables | None = None,
    models: Iterable[LoadedModel] = (),
    known: bool = False,
    progress: Progress = silent,
) -> Iterator[History]:
    """Read leads, events and outcomes, and make the cohort; everything is gone when the context ends.

    Args:
        data: where leads, accounts, events and outcomes are.
        design: when leads are judged.
        tables: attributes and properties to read, from `tables_of`; default those that `models` need.
        models: the models that are going to score the cohort.
        known: an event counts only once it had been received.
        progress: told what is being done.

    Raises:
        DenizenError: there are no outcomes, or data cannot be read.
    """
    if data.outcomes is None:
        message = "there are no outcomes; give --outcomes PATH (lead_id, outcome, at), or name them in denizen.yaml"
        raise fail("bad-argument", message)
    wanted = tables or tables_of(models=models, dated=data.attributes_history is not None)
    last = LATEST_US if design.as_of_us is None else design.as_of_us
    connection = connect()
    try:
        progress("reading history")
        accounting = prepare(connection, data, wanted, Moments((last,), None, known), grid=False)
        stage_outcomes(connection, data, design.won, accounting)
        if data.rejects is not None:
            write_rows(connection, "SELECT * FROM rejects", data.rejects)
            accounting.kept = True
        progress("making the cohort")
        end = DataEnd(last) if design.as_of_us is not None else data_end(connection)
        accounting.warnings += [end.warning] if end.warning else []
        last = end.until_us if end.cut else last
        _complete(connection, accounting, last, accounts=wanted.accounts)
        cohort = _make_cohort(connection, design, last, end.until_us)
        yield History(connection, data, design, cohort, accounting, wanted, known)
    finally:
        connection.close()


def _complete(connection: DuckDBPyConnection, accounting: Accounting, last: int, *, accounts: bool) -> None:
    """Count the events by name, complete their account, and cut outcomes at the end of what is known.

    Where events of accounts alone count too, reading has completed the account already.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE names_used AS SELECT event, count(*) AS n FROM events"
        f" WHERE lead_id IN (SELECT lead_id FROM leads) AND at_us <= {last} GROUP BY event"
    )
    if not accounts:
        used = _one(connection, "SELECT CAST(COALESCE(sum(n), 0) AS BIGINT) FROM names_used")
        accounting.events = accounting.events.with_used(used)
    if last < LATEST_US:
        connection.execute(f"DELETE FROM outcomes WHERE at_us > {last}")
        before, kept = accounting.outcomes, _one(connection, "SELECT count(*) FROM outcomes")
        accounting.outcomes = before.cut(kept)


def _make_cohort(connection: DuckDBPyConnection, design: Design, last: int, until: int) -> Cohort:
    _make_history(connection, design, last)
    snapshots = _snapshots(connection, design, until) if design.every_us is not None else ()
    _judge(connection, design, until, snapshots)
    _make_rows(connection, design, snapshots)
    reasons = dict(connection.execute("SELECT left_out, count(*) FROM history GROUP BY left_out").fetchall())
    reasons.pop(None, None)
    rows, leads, won_rows, won_leads = connection.execute(
        "SELECT count(*), COALESCE(max(whose) + 1, 0), count(*) FILTER (WHERE won),"
        " count(DISTINCT CASE WHEN won THEN whose END) FROM cohort"
    ).fetchall()[0]
    return Cohort(rows, leads, won_rows, won_leads, LeftOut(**reasons), until, snapshots)


def _make_history(connection: DuckDBPyConnection, design: Design, last: int) -> None:
    """Make a row a lead, with its signup (its first event, where that is missing) and its first conversion."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE history AS"
        " WITH firsts AS (SELECT events.lead_id, min(events.at_us) AS at_us FROM events"
        "  JOIN leads ON leads.lead_id = events.lead_id WHERE leads.signup_us IS NULL"
        f"  AND events.at_us <= {last} GROUP BY events.lead_id),"
        " conversions AS (SELECT lead_id, min(at_us) AS at_us FROM outcomes"
        f"  WHERE outcome = {text(design.won)} GROUP BY lead_id)"
        " SELECT leads.lead_id, COALESCE(leads.signup_us, firsts.at_us) AS signup_us, conversions.at_us AS won_us,"
        " CAST(NULL AS BIGINT) AS first_us, CAST(NULL AS VARCHAR) AS left_out FROM leads"
        " LEFT JOIN firsts ON firsts.lead_id = leads.lead_id"
        " LEFT JOIN conversions ON conversions.lead_id = leads.lead_id"
    )


def _snapshots(connection: DuckDBPyConnection, design: Design, until: int) -> tuple[int, ...]:
    """Return the calendar instants: back from the last with a full horizon to the first with a lead."""
    step, end = design.every_us or 1, until - design.horizon_us
    found = connection.execute(f"SELECT min(signup_us) FROM history WHERE {_in_range(design)}").fetchall()[0][0]
    if found is None or found > end:
        return ()
    count = (end - int(found)) // step + 1
    if count > MAX_SNAPSHOTS:
        message = f"--every gives {count:,} snapshots, at most {MAX_SNAPSHOTS} are made; take a longer span"
        raise fail("bad-argument", f"{message}, or later signups with --signup-from")
    return tuple(end - step * k for k in reversed(range(count)))


def _in_range(design: Design) -> str:
    parts = ["signup_us IS NOT NULL"]
    parts += [f"signup_us >= {design.signup_from_us}"] if design.signup_from_us is not None else []
    parts += [f"signup_us < {design.signup_to_us}"] if design.signup_to_us is not None else []
    return " AND ".join(parts)


def _judge(connection: DuckDBPyConnection, design: Design, until: int, snapshots: tuple[int, ...]) -> None:
    """Say for each lead when it is first judged, and why not, if so."""
    if not design.snapshots:
        first = f"signup_us + {design.at_us}"
    elif snapshots:
        end, step = snapshots[-1], design.every_us
        first = f"CASE WHEN signup_us <= {end} THEN {end} - (({end} - signup_us) // {step}) * {step} END"
    else:
        first = "CAST(NULL AS BIGINT)"
    connection.execute(f"UPDATE history SET first_us = {first}")
    connection.execute(
        "UPDATE history SET left_out = CASE WHEN signup_us IS NULL THEN 'no_signup'"
        f" WHEN NOT ({_in_range(design)}) THEN 'outside_signup_range'"
        " WHEN won_us <= COALESCE(first_us, signup_us) THEN 'converted_before'"
        f" WHEN first_us IS NULL OR first_us + {design.horizon_us} > {until} THEN 'horizon_incomplete' END"
    )


def _make_rows(connection: DuckDBPyConnection, design: Design, snapshots: tuple[int, ...]) -> None:
    """Make the rows to score: leads that had signed up and not converted, at each of their instants.

    A lead's instants follow one another without a gap, so that it is enough to number the leads.
    """
    step, count = design.every_us or 0, "1"
    if snapshots:
        count = f"(least({snapshots[-1]}, COALESCE(won_us - 1, {snapshots[-1]})) - first_us) // {step} + 1"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE cohort AS WITH counted AS ("
        f" SELECT lead_id, signup_us, won_us, first_us, {count} AS instants FROM history WHERE left_out IS NULL"
        "), placed AS ("
        " SELECT *, row_number() OVER in_turn - 1 AS whose, sum(instants) OVER in_turn - instants AS before FROM counted"
        " WINDOW in_turn AS (ORDER BY lead_id ROWS UNBOUNDED PRECEDING)"
        "), listed AS (SELECT *, unnest(range(instants)) AS turn FROM placed)"
        " SELECT CAST(before + turn + 1 AS INTEGER) AS g, CAST(whose AS INTEGER) AS whose, lead_id, signup_us,"
        f" first_us + turn * {step} AS as_of_us, won_us,"
        f" COALESCE(won_us <= as_of_us + {design.horizon_us}, FALSE) AS won FROM listed"
    )


def _one(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
