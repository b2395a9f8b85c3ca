"""The whole statement of a score, step by step in the order of the semantics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.needs import needs_of
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.decay import add_decay
from denizen.sql.events import Frame, Selection, add_colleagues, add_lead, add_seen, names_of
from denizen.sql.literals import number, text
from denizen.sql.measures import add_active, add_activity, add_criterion, add_seen_events, add_signals
from denizen.sql.one_pass import OnePass
from denizen.sql.passes import Measured, Measures, add_measured
from denizen.sql.points import (
    POINTS,
    add_bonuses,
    add_points,
    amount_type,
    is_of_lead,
    needs_rounding,
    point_columns,
    total,
)
from denizen.sql.running import add_entered
from denizen.sql.sessions import add_sessions
from denizen.sql.statement import Statement, select
from denizen.sql.velocity import add_velocity

if TYPE_CHECKING:
    from denizen.sql.dialect import Dialect
    from denizen.sql.one_pass import Native
    from denizen.sql.tables import Tables

SCORE_COLUMNS = (
    "lead_id",
    "account_id",
    "as_of_us",
    "fit",
    "behavior",
    "total",
    "pql",
    "fit_tier",
    "behavior_tier",
    "disqualified",
    "capped",
)


@dataclass(frozen=True, slots=True)
class Scores:
    """The statement that scores a grid, and what stands where in its result."""

    statement: str
    criteria: tuple[Measured, ...]
    tables: Tables
    one_pass: OnePass | None = None

    def verdict_columns(self, plan: nodes.Plan) -> list[str]:
        """Return the columns that say which `require` predicate holds, and which criterion disqualifies."""
        required = [_required(i) for i, _ in enumerate(plan.gates.require, 1)]
        return [*required, *[m.held for m in self.criteria if m.criterion.disqualifies]]

    def ignored_columns(self) -> dict[str, str]:
        """Return, by criterion, the columns that count what a sum could not read."""
        return {m.criterion.name: m.ignored for m in self.criteria if isinstance(m.criterion.measure, nodes.Sum)}


def scores_statement(
    plan: nodes.Plan,
    dialect: Dialect,
    frame: Frame,
    tables: Tables,
    *,
    detail: bool = False,
    native: Native | None = None,
) -> Scores:
    """Return the statement that scores a frame.

    Args:
        plan: what to compute.
        dialect: how to spell it.
        frame: every lead at one instant, or the rows of `grid`.
        tables: what there is to read, for this plan or for several.
        detail: keep every measure and line, for a ledger, instead of the scores alone.
        native: of a batch, leave what native code can compute to it; then the statement reads what it found.
    """
    needs = needs_of(plan)
    selection = Selection(dialect, tables, frame, names_of(needs))
    one_pass = OnePass(selection, plan.audience, native) if native and not frame.is_grid else None
    measures = Measures(Statement(), selection, detail, one_pass)
    criteria = [add_criterion(measures, c, tables) for c in plan.criteria]
    if plan.velocity:
        add_velocity(measures, plan.velocity)
    if plan.decay:
        add_activity(measures, plan.decay)
    if plan.ceiling:
        add_signals(measures, plan.ceiling)
    if plan.product:
        add_active(measures, plan.product)
    if not frame.is_grid:
        add_seen_events(measures)
    repeated = [m for m in criteria if is_of_lead(m)] if frame.is_grid and not (frame.dated or detail) else []
    reads_events = one_pass is None or measures.reads_events
    add_measured(measures, point_columns(repeated, tables, dialect))
    statement = Statement()
    add_lead(statement, selection, plan.audience)
    if reads_events:
        _add_events(statement, plan, measures)
    statement.steps += measures.statement.steps
    add_points(statement, [m for m in criteria if m not in repeated], tables, dialect)
    add_bonuses(statement, plan, criteria)
    _add_sums(statement, plan, criteria)
    add_decay(statement, plan.decay, dialect, amount_type(plan, "behavior"))
    _add_limits(statement, plan, tables, dialect)
    _add_verdict(statement, plan, criteria, tables, dialect)
    scores = Scores("", tuple(criteria), tables, one_pass)
    chosen = ["*"] if detail else ["g", *SCORE_COLUMNS, *scores.ignored_columns().values()]
    chosen += [] if detail or frame.is_grid else ["seen_events"]
    chosen += ["active", "eligible"] if plan.product and not detail else []
    return replace(scores, statement=statement.text(select(chosen, "judged")))


def _add_events(statement: Statement, plan: nodes.Plan, measures: Measures) -> None:
    """Add the steps with the events that count, and with their sessions."""
    needs, selection = needs_of(plan), measures.selection
    add_seen(statement, selection, every_event=needs.every_event or not selection.frame.is_grid)
    if measures.parts:
        add_entered(statement, selection, every_event=needs.every_event)
    if needs.accounts:
        add_colleagues(statement, selection, every_event=needs.every_event)
    if needs.sessions:
        add_sessions(statement, plan, selection)


def _add_sums(statement: Statement, plan: nodes.Plan, criteria: list[Measured]) -> None:
    fit = total([m.points for m in criteria if m.criterion.part == "fit"])
    behavior = [m for m in criteria if m.criterion.part == "behavior"]
    lines = [m.points for m in behavior] + [m.recency for m in behavior if m.criterion.recency is not None]
    lines += ["velocity_points"] if plan.velocity else []
    columns = [
        "*",
        f"CAST({fit} AS {amount_type(plan, 'fit')}) AS raw_fit",
        f"CAST({total(lines)} AS {amount_type(plan, 'behavior')}) AS raw",
    ]
    statement.add("summed", "The sum of the lines so far: fit, and behavior before decay.", select(columns, "rewarded"))


def clamp(value: str, limits: nodes.Limits) -> str:
    """Return a value kept within limits."""
    clamped = f"greatest({value}, {number(limits.low)})"
    return clamped if limits.high is None else f"least({clamped}, {number(limits.high)})"


def _add_limits(statement: Statement, plan: nodes.Plan, tables: Tables, dialect: Dialect) -> None:
    amount = amount_type(plan, "behavior")
    fit = f"CAST({clamp('raw_fit', plan.fit_limits)} AS {amount_type(plan, 'fit')})"
    behavior = f"CAST({clamp('decayed', plan.behavior_limits)} AS {amount})"
    statement.add(
        "limited",
        "Both scores clamped to their limits.",
        select(["*", f"{fit} AS limited_fit", f"{behavior} AS limited"], "decayed"),
    )
    capped, cut = "FALSE", "0"
    if plan.ceiling:
        free = [
            all_hold(p.conditions, Operand.of_value(tables.attributes[p.subject]), dialect) for p in plan.ceiling.when
        ]
        long_enough = f"as_of_us - signup_us > {plan.ceiling.after_us}"
        capped = f"COALESCE({' AND '.join([*free, long_enough])} AND signals = 0, FALSE)"
        cut = f"least({number(plan.ceiling.at)} - limited, 0)"
    statement.add(
        "capped",
        "The ceiling: on the free tier too long without an upgrade signal.",
        select(["*", f"{capped} AS capped"], "limited"),
    )
    behavior = f"limited + CASE WHEN capped THEN {cut} ELSE 0 END" if plan.ceiling else "limited"
    statement.add(
        "rounded",
        "Fit and behavior, each rounded once to 6 decimals, half away from zero.",
        select(
            [
                "*",
                f"CASE WHEN capped THEN CAST({cut} AS {amount}) ELSE 0 END AS ceiling_points",
                f"CAST(limited_fit AS {POINTS}) AS fit",
                f"CAST({f'round({behavior}, 6)' if needs_rounding(plan) else behavior} AS {POINTS}) AS behavior",
            ],
            "capped",
        ),
    )


def _add_verdict(
    statement: Statement, plan: nodes.Plan, criteria: list[Measured], tables: Tables, dialect: Dialect
) -> None:
    held = " OR ".join(m.held for m in criteria if m.criterion.disqualifies) or "FALSE"
    gates = plan.gates
    require = {
        _required(i): all_hold(p.conditions, Operand.of_value(tables.attributes[p.subject]), dialect)
        for i, p in enumerate(gates.require, 1)
    }
    if require:
        statement.add(
            "required",
            "What else the model requires of a PQL.",
            select(["*", *[f"COALESCE({holds}, FALSE) AS {name}" for name, holds in require.items()]], "rounded"),
        )
    eligible = " AND ".join([f"NOT ({held})", *require])
    passed = [
        f"fit + behavior >= {number(gates.total)}",
        f"fit >= {number(gates.fit)}",
        f"behavior >= {number(gates.behavior)}",
        "NOT capped",
        eligible,
    ]
    statement.add(
        "judged",
        "A PQL passes every gate; a disqualified or capped lead is none.",
        select(
            [
                "*",
                f"CAST(fit + behavior AS {POINTS}) AS total",
                f"{' AND '.join(passed)} AS pql",
                f"{tier_of('fit', plan.fit_tiers)} AS fit_tier",
                f"{tier_of('behavior', plan.behavior_tiers)} AS behavior_tier",
                f"({held}) AS disqualified",
                *([f"({eligible}) AS eligible"] if plan.product else []),
            ],
            "required" if require else "rounded",
        ),
    )


def _required(number: int) -> str:
    return f"required_{number}"


def tier_of(score: str, tiers: tuple[nodes.Tier, ...]) -> str:
    """Return the name of the highest lower bound that a score reaches."""
    return f"CASE {' '.join(f'WHEN {score} >= {number(t.bound)} THEN {text(t.name)}' for t in tiers)} END"
