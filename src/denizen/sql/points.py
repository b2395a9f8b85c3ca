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
    from collections.abc import Iterator
    from decimal import Decimal

    from denizen.sql.dialect import Dialect
    from denizen.sql.passes import Measured
    from denizen.sql.statement import Statement
    from denizen.sql.tables import Tables

POINTS = "DECIMAL(18, 6)"
"""Points as written have at most 6 decimals."""

_WHOLE_POINTS = "BIGINT"

_WHOLE = (nodes.Count, nodes.Distinct, nodes.SessionDepth, nodes.SessionMinutes, nodes.DaysSince, nodes.Sequence)
"""Measures whose values are whole numbers."""

_DERIVED = "DECIMAL(38, 12)"
"""Points times a multiplier, a share or a fraction of a period, to 12 decimals."""


def needs_rounding(plan: nodes.Plan) -> bool:
    """Return whether lines of behavior can have more than 6 decimals; a score is rounded once, at the end."""
    decay = plan.decay
    penalties = [p for p in (decay.idle, decay.after_trial) if p] if decay else []
    plain = all(p.form == "points" and p.whole_periods for p in penalties)
    plain = plain and all(c.recency is None for c in plan.criteria)
    return not (plain and (plan.velocity is None or plan.velocity.multiplier is None))


def amount_type(plan: nodes.Plan, part: nodes.Part) -> str:
    """Return the type in which the lines of a part add up exactly: no wider than they need, because that is faster."""
    if part == "behavior" and needs_rounding(plan):
        return _DERIVED
    return _WHOLE_POINTS if all(is_whole(amount) for amount in _amounts(plan, part)) else POINTS


def _amounts(plan: nodes.Plan, part: nodes.Part) -> Iterator[Decimal]:
    """Yield what can be added, taken or held against in a part."""
    for scoring in [c.scoring for c in plan.criteria if c.part == part]:
        yield from (
            (scoring.points, scoring.limit) if isinstance(scoring, nodes.Each) else [b.points for b in scoring.bands]
        )
    limits = plan.fit_limits if part == "fit" else plan.behavior_limits
    yield from (limits.low, limits.high or limits.low)
    if part == "fit":
        return
    if plan.velocity and plan.velocity.points is not None:
        yield plan.velocity.points
    if plan.decay:
        yield from (plan.decay.floor, *[p.amount for p in (plan.decay.idle, plan.decay.after_trial) if p])
    if plan.ceiling:
        yield plan.ceiling.at


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
    times = f"CAST(least({times}, {enough}) AS {_WHOLE_POINTS})"
    amount = _WHOLE_POINTS if is_whole(each.points) and is_whole(each.limit) else POINTS
    some = f"CAST({_within(f'{times} * {number(each.points)}', limit)} AS {amount})"
    return f"CASE WHEN {value} IS NULL THEN 0 ELSE {some} END"


def add_bonuses(statement: Statement, plan: nodes.Plan, criteria: list[Measured]) -> None:
    """Add `rewarded`: recency on each criterion, and the velocity bonus."""
    amount = amount_type(plan, "behavior")
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
    awards = f"CAST(velocity_awards AS {_WHOLE_POINTS})"
    if velocity.points is not None:
        bonus = number(velocity.points)
    else:
        positive = total([f"greatest({m.points}, 0)" for m in behavior])
        bonus = f"CAST({positive} AS {POINTS}) * {number(velocity.multiplier or 0)}"
    return _within(f"{awards} * {bonus}", number(LINE_LIMIT))


def _within(value: str, limit: str) -> str:
    return f"greatest(least({value}, {limit}), -{limit})"


def is_whole(amount: Decimal) -> bool:
    """Return whether an amount has no decimals."""
    return amount == int(amount)


def total(terms: list[str]) -> str:
    """Return the sum of terms."""
    return " + ".join(terms) or "0"
