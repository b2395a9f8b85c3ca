"""From measures to points: bands, each, recency and the velocity bonus (semantics, sections 2 and 3.1 to 3.3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.build import LINE_LIMIT
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.literals import number
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.sql.dialect import Dialect
    from denizen.sql.passes import Measured
    from denizen.sql.statement import Statement
    from denizen.sql.tables import Tables

POINTS = "DECIMAL(18, 6)"
"""Points as written have at most 6 decimals."""

_WHOLE = (nodes.Count, nodes.Distinct, nodes.SessionDepth, nodes.SessionMinutes, nodes.DaysSince, nodes.Sequence)
"""Measures whose values are whole numbers."""

_DERIVED = "DECIMAL(38, 12)"
"""Points times a multiplier, a share or a fraction of a period, to 12 decimals."""


def amount_type(plan: nodes.Plan) -> str:
    """Return the type in which the lines of a plan add up exactly; a score is rounded once, to 6, at the end.

    Most plans only add and subtract points, and 18 digits are several times faster than 38.
    """
    decay = plan.decay
    penalties = [p for p in (decay.idle, decay.after_trial) if p] if decay else []
    plain = all(p.form == "points" and p.whole_periods for p in penalties)
    plain = plain and all(c.recency is None for c in plan.criteria)
    plain = plain and (plan.velocity is None or plan.velocity.multiplier is None)
    return POINTS if plain else _DERIVED


def operand_of(measured: Measured, tables: Tables) -> Operand:
    """Return what the bands of a criterion are held against."""
    measure = measured.criterion.measure
    if isinstance(measure, nodes.Attribute):
        return Operand.of_value(tables.attributes[measure.name])
    return Operand.of_measure(measured.column)


def is_of_lead(measured: Measured) -> bool:
    """Return whether a criterion reads an attribute, and so gives a lead the same points at every instant."""
    return isinstance(measured.criterion.measure, nodes.Attribute)


def add_points(statement: Statement, criteria: list[Measured], tables: Tables, dialect: Dialect) -> None:
    """Add `pointed`: the points of these criteria, and whether a disqualifying band held."""
    columns = ["*", *point_columns(criteria, tables, dialect)]
    statement.add(
        "pointed",
        "The points of each criterion: the first band that holds gives its points.",
        select(columns, "measured"),
    )


def point_columns(criteria: list[Measured], tables: Tables, dialect: Dialect) -> list[str]:
    """Return the columns with the points of criteria, and with whether a disqualifying band held."""
    columns = []
    for measured in criteria:
        operand = operand_of(measured, tables)
        columns.append(f"{points_of(measured.criterion, operand, dialect)} AS {measured.points}")
        if measured.criterion.disqualifies and isinstance(measured.criterion.scoring, nodes.Bands):
            bands = measured.criterion.scoring.bands
            held = " OR ".join(f"({all_hold(b.conditions, operand, dialect)})" for b in bands)
            columns.append(f"COALESCE({held}, FALSE) AS {measured.held}")
    return columns


def points_of(criterion: nodes.Criterion, operand: Operand, dialect: Dialect) -> str:
    """Return the points that a criterion gives a value, as an expression."""
    scoring = criterion.scoring
    if isinstance(scoring, nodes.Each):
        return _each(scoring, operand, dialect, whole=isinstance(criterion.measure, _WHOLE))
    bands = " ".join(f"WHEN {all_hold(b.conditions, operand, dialect)} THEN {number(b.points)}" for b in scoring.bands)
    return f"CASE {bands} ELSE 0 END"


def fires(measured: Measured, tables: Tables, dialect: Dialect) -> str:
    """Return whether a criterion applies, as an expression: a band holds, or one full N of `each` is reached.

    Where every band has points this is read off them; a band without points holds all the same.
    """
    criterion, operand = measured.criterion, operand_of(measured, tables)
    if isinstance(criterion.scoring, nodes.Each):
        return f"COALESCE({operand.number} >= {number(criterion.scoring.size)}, FALSE)"
    bands = criterion.scoring.bands
    if all(band.points for band in bands):
        return f"{measured.points} <> 0"
    held = " OR ".join(f"({all_hold(band.conditions, operand, dialect)})" for band in bands)
    return f"COALESCE({held}, FALSE)"


def _each(each: nodes.Each, operand: Operand, dialect: Dialect, *, whole: bool) -> str:
    """Points for every full N: whole-number arithmetic, in units of N's last decimal where N or the value has any."""
    value = operand.number
    if whole and each.size == int(each.size):
        times = dialect.quotient(f"greatest({value}, 0)", str(int(each.size)))
    else:
        unit = 10**9
        bounded = f"CAST(greatest(least(CAST({value} AS DECIMAL(38, 9)), {10**15}), 0) * {unit} AS {dialect.wide})"
        times = dialect.quotient(bounded, str(int(each.size * unit)))
    limit = number(each.limit)
    enough = math.ceil(LINE_LIMIT / abs(each.points)) if each.points else 1
    points = f"CAST(least({times}, {enough}) AS DECIMAL(18, 0)) * {number(each.points)}"
    some = f"CAST(greatest(least({points}, {limit}), -{limit}) AS {POINTS})"
    return f"CASE WHEN {value} IS NULL THEN 0 ELSE {some} END"


def add_bonuses(statement: Statement, plan: nodes.Plan, criteria: list[Measured]) -> None:
    """Add `rewarded`: recency on each criterion, and the velocity bonus."""
    amount = amount_type(plan)
    behavior = [m for m in criteria if m.criterion.part == "behavior"]
    columns = ["*"]
    for measured in behavior:
        recency = measured.criterion.recency
        if recency is not None:
            lately = f"{measured.points} > 0 AND {measured.last} > as_of_us - {recency.within_us}"
            bonus = f"CAST({measured.points} AS {POINTS}) * {number(recency.multiplier - 1)}"
            columns.append(f"CASE WHEN {lately} THEN CAST({bonus} AS {amount}) ELSE 0 END AS {measured.recency}")
    columns += [f"CAST({_velocity(plan.velocity, behavior)} AS {amount}) AS velocity_points"] if plan.velocity else []
    rule = "Recency: what was done lately counts for more. Velocity: a bonus for bursts of key actions."
    statement.add("rewarded", rule, select(columns, "pointed"))


def _velocity(velocity: nodes.Velocity, behavior: list[Measured]) -> str:
    awards = "CAST(velocity_awards AS DECIMAL(18, 0))"
    if velocity.points is not None:
        bonus = number(velocity.points)
    else:
        positive = total([f"greatest({m.points}, 0)" for m in behavior])
        bonus = f"CAST({positive} AS {POINTS}) * {number(velocity.multiplier or 0)}"
    limit = number(LINE_LIMIT)
    return f"greatest(least({awards} * {bonus}, {limit}), -{limit})"


def total(terms: list[str]) -> str:
    """Return the sum of terms."""
    return " + ".join(terms) or "0"
