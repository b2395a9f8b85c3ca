"""Won deals watched from signup to conversion: was the lead ever a PQL, when first, and if not, what was missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.history import stats
from denizen.history.scored import scored_rows
from denizen.history.stats.intervals import numpy
from denizen.model.durations import DAY_US
from denizen.plan.build import build_program
from denizen.sql.literals import number

if TYPE_CHECKING:
    from decimal import Decimal

    from denizen.history.cohort import History
    from denizen.history.stats import Estimate
    from denizen.model.load import LoadedModel

STEPS_DAYS = (1, 7, 28, 91, 365)
_SHORT = {"total": "short_total", "fit": "short_fit", "behavior": "short_behavior"}
MAX_ROWS = 100_000
"""The finest of these steps is taken that makes no more rows than this."""


@dataclass(frozen=True, slots=True)
class MissedGate:
    """A gate that was missed, and by how many points (0 where a gate is no number)."""

    gate: str
    missed_by: float


@dataclass(frozen=True, slots=True)
class Missed:
    """A won lead that was never a PQL, at the moment before its conversion when its total was highest."""

    lead_id: Any
    won_at: str
    best_at: str
    fit: float
    behavior: float
    total: float
    gates: tuple[MissedGate, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "lead_id": self.lead_id,
            "won_at": self.won_at,
            "best_at": self.best_at,
            "fit": self.fit,
            "behavior": self.behavior,
            "total": self.total,
            "gates": [{"gate": g.gate, "missed_by": g.missed_by} for g in self.gates],
        }


@dataclass(frozen=True, slots=True)
class Watched:
    """What became visible before the deals were won.

    `deals` are the won leads that were watched, `ever_pql` the share of them that qualified before. `days` holds the
    quartiles of the time from the first PQL moment to the conversion. `step_days` is how often they were scored.
    """

    deals: int
    step_days: int
    ever_pql: Estimate
    days: tuple[float, float, float] | None
    missed: tuple[Missed, ...]

    def gates(self) -> dict[str, int]:
        """Return how many of the missed deals lack each gate, most frequent first."""
        found: dict[str, int] = {}
        for lead in self.missed:
            for gate in lead.gates:
                found[gate.gate] = found.get(gate.gate, 0) + 1
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def add_watch(history: History) -> int:
    """Make the table `watch`: won leads at steps from signup to just before their conversion; return the step in days."""
    connection = history.connection
    deals = "history WHERE won_us > signup_us AND left_out IS DISTINCT FROM 'outside_signup_range'"
    for step in STEPS_DAYS:
        size = f"SELECT COALESCE(sum((won_us - 1 - signup_us) // {step * DAY_US} + 2), 0) FROM {deals}"
        if int(connection.execute(size).fetchall()[0][0]) <= MAX_ROWS or step == STEPS_DAYS[-1]:
            break
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE watch AS SELECT DISTINCT lead_id, won_us, CAST(as_of_us AS BIGINT) AS as_of_us FROM ("
        f" SELECT lead_id, won_us, unnest(list_append(range(signup_us, won_us, {step * DAY_US}), won_us - 1)) AS as_of_us"
        f" FROM {deals})"
    )
    return step


def watched(history: History, model: LoadedModel, scored: str, step_days: int, engine: str) -> Watched:
    """Return what was visible of the won deals; `scored` is a table with the scores of the rows of `watch`."""
    connection = history.connection
    joined = f"watch JOIN judged USING (lead_id, as_of_us) JOIN {scored} USING (g)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE deals AS SELECT lead_id, any_value(won_us) AS won_us,"
        f" min(CASE WHEN pql THEN as_of_us END) AS pql_us FROM {joined} GROUP BY lead_id"
    )
    count, ever = connection.execute("SELECT count(*), count(pql_us) FROM deals").fetchall()[0]
    waits = connection.execute("SELECT (won_us - pql_us) / 86400e6 FROM deals WHERE pql_us IS NOT NULL").fetchnumpy()
    days = None
    if ever:
        low, middle, high = numpy().quantile(next(iter(waits.values())), [0.25, 0.5, 0.75])
        days = (float(low), float(middle), float(high))
    return Watched(
        int(count), step_days, stats.rate(int(ever), int(count)), days, _missed(history, model, joined, engine)
    )


def _missed(history: History, model: LoadedModel, joined: str, engine: str) -> tuple[Missed, ...]:
    gates = [plan.gates for plan in build_program(model).plans]
    bounds = {
        "total": [g.total for g in gates],
        "fit": [g.fit for g in gates],
        "behavior": [g.behavior for g in gates],
    }
    short = ", ".join(
        f"CAST(greatest({_by_plan(b)} - {name}, 0) AS DOUBLE) AS {_SHORT[name]}" for name, b in bounds.items()
    )
    history.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE at_best AS SELECT best.*, {short} FROM"
        f" (SELECT * FROM {joined} QUALIFY row_number() OVER (PARTITION BY lead_id ORDER BY total DESC, as_of_us DESC) = 1)"
        " AS best JOIN (SELECT lead_id FROM deals WHERE pql_us IS NULL) USING (lead_id)"
    )
    unmet = _unmet(history, model, engine) if any(g.require for g in gates) else {}
    rows = history.connection.execute(
        f"SELECT g, lead_id, won_us, as_of_us, fit, behavior, total, disqualified, capped, {', '.join(_SHORT.values())}"
        " FROM at_best ORDER BY total DESC, lead_id"
    ).fetchall()
    found = [
        Missed(
            lead,
            iso(int(won)),
            iso(int(at)),
            fit,
            behavior,
            total,
            _gates(tuple(_SHORT), missed, out, cap, unmet.get(int(g), ())),
        )
        for g, lead, won, at, fit, behavior, total, out, cap, *missed in rows
    ]
    return tuple(sorted(found, key=lambda m: (len(m.gates), sum(g.missed_by for g in m.gates), str(m.lead_id))))


def _unmet(history: History, model: LoadedModel, engine: str) -> dict[int, tuple[str, ...]]:
    """Return which `require` predicates do not hold, by row of `at_best`."""
    found: dict[int, tuple[str, ...]] = {}
    with scored_rows(history, model, "at_best", engine=engine, detail=True):
        for g, subject in history.connection.execute("SELECT g, subject FROM unmet ORDER BY g, subject").fetchall():
            found[int(g)] = (*found.get(int(g), ()), str(subject))
    return found


def _by_plan(bounds: list[Decimal]) -> str:
    """Return the bound of the plan that counts for a lead."""
    return f"CASE plan_no {' '.join(f'WHEN {i} THEN {number(b)}' for i, b in enumerate(bounds, 1))} END"


def _gates(
    names: tuple[str, ...],
    missed: list[float],
    out: bool,  # noqa: FBT001 - a verdict of a row
    capped: bool,  # noqa: FBT001 - a verdict of a row
    unmet: tuple[str, ...],
) -> tuple[MissedGate, ...]:
    found = [MissedGate(name, round(by, 6)) for name, by in zip(names, missed, strict=True) if by > 0]
    found += [MissedGate("disqualified", 0.0)] if out else []
    found += [MissedGate("ceiling", 0.0)] if capped else []
    found += [MissedGate(f"require {subject}", 0.0) for subject in unmet]
    return tuple(found or [MissedGate("what the model requires besides", 0.0)])
