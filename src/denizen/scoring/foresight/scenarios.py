"""Scenarios: a lead with more events or other facts, scored by the hundred in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from denizen.scoring.imagine import EVENTS, LEADS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from denizen.scoring.foresight.reading import Reader
    from denizen.scoring.imagine import World
    from denizen.scoring.run import ScoredPlan

BLANK = 0
"""Stands for a lead of whom nothing is known."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that could happen, `later_us` after the as-of instant; `session` names one of its own."""

    event: str
    later_us: int = 0
    session: str | None = None
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """An imagined lead: what else it did, and which attributes (with values as given) are otherwise."""

    lead_id: int
    events: tuple[NewEvent, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def later_us(self) -> int:
        """How long after the as-of instant the last of its events happens."""
        return max((e.later_us for e in self.events), default=0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scenario scores at the instant of its last event."""

    fit: float
    behavior: float
    total: float
    pql: bool
    disqualified: bool
    capped: bool


def score_scenarios(world: World, scenarios: Sequence[Scenario]) -> list[Verdict]:
    """Score scenarios; the results stand in their order.

    New events come in the order given: their ids sort after one another where they share an instant.
    """
    if not scenarios:
        return []
    grid = _imagine(world, scenarios)
    world.score(grid, leads="scenario_leads", events="scenario_log")
    rows = world.cursor.execute(
        "SELECT CAST(fit AS DOUBLE), CAST(behavior AS DOUBLE), CAST(total AS DOUBLE), pql, disqualified, capped"
        " FROM imagined ORDER BY lead_id"
    ).fetchall()
    return [Verdict(*row) for row in rows]


def score_in_detail(
    world: World, scenario: Scenario, asked: Callable[[ScoredPlan], list[str]]
) -> list[tuple[ScoredPlan, list[tuple[Any, ...]]]]:
    """Score one scenario; return what was asked of each plan that can be the lead's."""
    return world.score_in_detail(_imagine(world, [scenario]), asked, leads="scenario_leads", events="scenario_log")


def _imagine(world: World, scenarios: Sequence[Scenario]) -> str:
    """Make `scenario_leads` and `scenario_log`; return the query of the instants to score them at."""
    _register(world, scenarios, world.reader)
    world.cursor.execute(f"CREATE OR REPLACE TEMP TABLE scenario_leads AS {_leads(world)}")
    world.cursor.execute(f"CREATE OR REPLACE TEMP TABLE scenario_log AS {_events(world)}")
    return (
        "SELECT s.lead_id, coalesce(r.as_of_us, 0) + s.later_us AS as_of_us FROM scenario_rows AS s"
        " LEFT JOIN world_rows AS r ON r.lead_id = s.base"
    )


def _register(world: World, scenarios: Sequence[Scenario], reader: Reader) -> None:
    attributes = world.tables.attributes
    facts = [dict(s.facts) for s in scenarios]
    columns: dict[str, pa.Array] = {
        "lead_id": pa.array(range(1, len(scenarios) + 1), pa.int64()),
        "base": pa.array([s.lead_id for s in scenarios], pa.int64()),
        "later_us": pa.array([s.later_us for s in scenarios], pa.int64()),
    }
    wanted = columns_of(world, LEADS)
    for name, value in attributes.items():
        given = [f.get(name) for f in facts]
        columns[f"given_{value.column}"] = pa.array([g is not None for g in given], pa.bool_())
        columns |= reader.columns(value, given, wanted)
    added = [(i, no, e) for i, s in enumerate(scenarios, 1) for no, e in enumerate(s.events, 1)]
    store(world, "scenario_rows", pa.table(columns))
    world.cursor.execute(
        "CREATE OR REPLACE TEMP TABLE scenario_people AS SELECT lead_id, lead_id AS scenario, base AS person FROM"
        f" scenario_rows UNION ALL SELECT {len(scenarios)} + row_number() OVER (ORDER BY s.lead_id, p.lead_id), s.lead_id,"
        " p.lead_id FROM scenario_rows AS s JOIN world_people AS p ON p.of_row = s.base AND p.lead_id <> p.of_row"
    )
    store(world, "scenario_events", event_table(world, added))


def store(world: World, name: str, table: pa.Table) -> None:
    """Keep an Arrow table as a table of the world."""
    world.cursor.register("arriving", table)
    world.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arriving")
    world.cursor.unregister("arriving")


def event_table(world: World, added: Sequence[tuple[int, int, NewEvent]]) -> pa.Table:
    """Return new events of leads, numbered, with their properties in every form that is read."""
    given = [dict(e.properties) for _, _, e in added]
    events: dict[str, pa.Array] = {
        "lead_id": pa.array([i for i, _, _ in added], pa.int64()),
        "no": pa.array([no for _, no, _ in added], pa.int64()),
        "event": pa.array([e.event for _, _, e in added], pa.string()),
        "later_us": pa.array([e.later_us for _, _, e in added], pa.int64()),
        "session_id": pa.array([e.session for _, _, e in added], pa.string()),
    }
    wanted = columns_of(world, EVENTS)
    for name, value in world.tables.properties.items():
        events |= world.reader.columns(value, [p.get(name) for p in given], wanted)
    return pa.table(events)


def logged(world: World, changed: dict[str, str]) -> str:
    """Return the columns of `events` for rows `a` of such a table, beside the row `r` of the world."""
    made = {
        "lead_id": "a.lead_id",
        "event": "a.event",
        "at_us": "r.as_of_us + a.later_us",
        "event_id": "'~' || lpad(CAST(a.no AS VARCHAR), 6, '0')",
        "session_id": "a.session_id",
    }
    for value in world.tables.properties.values():
        made |= {column: f"a.{column}" for column in value.columns(shown=False)}
    made |= changed
    return ", ".join(f"{made.get(c, 'NULL')} AS {c}" for c in columns_of(world, EVENTS))


def _leads(world: World) -> str:
    columns = columns_of(world, LEADS)
    made = {
        column: f"CASE WHEN s.given_{value.column} THEN s.{column} ELSE w.{column} END"
        for value in world.tables.attributes.values()
        for column in value.columns(shown=True)
    }
    if world.tables.accounts:
        made["account_id"] = "'s' || p.scenario"
    changed = ", ".join(f"{made.get(c, f'w.{c}')} AS {c}" for c in columns if c != "lead_id")
    account = {"account_id": made.get("account_id", "w.account_id")}
    as_is = ", ".join(f"{account.get(c, f'w.{c}')} AS {c}" for c in columns if c != "lead_id")
    own = "scenario_people AS p JOIN scenario_rows AS s ON s.lead_id = p.lead_id"
    mates = "scenario_people AS p ANTI JOIN scenario_rows AS s ON s.lead_id = p.lead_id"
    return (
        f"SELECT p.lead_id, {changed} FROM {own} LEFT JOIN {LEADS} AS w ON w.lead_id = s.base"
        f" UNION ALL SELECT p.lead_id, {as_is} FROM {mates} JOIN {LEADS} AS w ON w.lead_id = p.person"
    )


def _events(world: World) -> str:
    columns = [c for c in columns_of(world, EVENTS) if c != "lead_id"]
    kept = ", ".join(f"w.{c}" for c in columns)
    found = (
        f"SELECT p.lead_id, {kept} FROM scenario_people AS p JOIN {EVENTS} AS w ON w.lead_id = p.person"
        f" UNION ALL BY NAME SELECT {logged(world, {})} FROM scenario_events AS a"
        " JOIN scenario_rows AS s ON s.lead_id = a.lead_id JOIN world_rows AS r ON r.lead_id = s.base"
    )
    if world.tables.accounts:
        of_account = ", ".join("'s' || s.lead_id AS account_id" if c == "account_id" else f"w.{c}" for c in columns)
        found += (
            f" UNION ALL BY NAME SELECT CAST(NULL AS BIGINT) AS lead_id, {of_account} FROM scenario_rows AS s"
            f" JOIN {EVENTS} AS w ON w.lead_id IS NULL AND w.account_id = 'w' || s.base"
        )
    return found


def columns_of(world: World, table: str) -> list[str]:
    """Return the columns of a table of the world."""
    return [str(row[0]) for row in world.cursor.execute(f"DESCRIBE {table}").fetchall()]
