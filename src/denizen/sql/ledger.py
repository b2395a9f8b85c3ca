"""The ledger: every named part of a score, from the detailed result of a scoring statement.

For each lead and part the points of the lines sum exactly to the score. Where lines have more than 6 decimals each is
shown rounded, and the line of the limits carries what rounding the score once, instead of line by line, makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.plan import nodes
from denizen.sql.choose import CHOSEN, table_of
from denizen.sql.literals import number, text
from denizen.sql.points import POINTS, fires, needs_rounding, operand_of, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.sql.dialect import Dialect
    from denizen.sql.passes import Measured
    from denizen.sql.scores import Scores
    from denizen.sql.tables import Tables


_AFTER = 10_000
"""Lines of products come after all lines of the plan that counts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger, as expressions on a row of `scored`."""

    part: str
    name: str
    kind: str
    points: str
    measure: str = "NULL"
    unknown: str = "FALSE"
    events: str = "NULL"
    first_us: str = "NULL"
    last_us: str = "NULL"
    fires: str = "NULL"

    def select(self, place: int, table: str) -> str:
        """Return the rows of this line; `table` holds the detailed scores."""
        return (
            f"SELECT g, {place} AS line_no, {text(self.part)} AS part, {text(self.name)} AS line, "
            f"{text(self.kind)} AS kind, CAST({self.measure} AS VARCHAR) AS measure, {self.unknown} AS unknown, "
            f"CAST({self.points} AS {POINTS}) AS points, CAST({self.events} AS BIGINT) AS events, "
            f"CAST({self.first_us} AS BIGINT) AS first_us, CAST({self.last_us} AS BIGINT) AS last_us, "
            f"CAST({self.fires} AS BOOLEAN) AS fires FROM {table}"
        )


def ledger_statement(plan: nodes.Plan, scores: Scores, dialect: Dialect, table: str) -> str:
    """Return the statement that lists every line of every row of a table of scores, made with `detail=True`."""
    return "\nUNION ALL\n".join(line.select(i, table) for i, line in enumerate(lines(plan, scores, dialect), 1))


def points_statement(program: nodes.Program, tables_of: tuple[Scores, ...], dialect: Dialect) -> str:
    """Return the statement that lists `g, part, line, points, unknown` of each criterion of the plan that counts."""
    found = []
    for plan_no, (plan, scores) in enumerate(zip(program.plans, tables_of, strict=True), 1):
        counts = f" WHERE g IN (SELECT g FROM {CHOSEN} WHERE plan_no = {plan_no})" if len(tables_of) > 1 else ""
        found += [
            f"SELECT g, {text(line.part)} AS part, {text(line.name)} AS line, CAST({line.points} AS {POINTS}) AS points, {line.unknown} AS unknown"
            f" FROM {table_of(plan_no)}{counts}"
            for line in lines(plan, scores, dialect)
            if line.kind == "criterion"
        ]
    nothing = "SELECT 0 AS g, '' AS part, '' AS line, 0 AS points, FALSE AS unknown WHERE FALSE"
    return "\nUNION ALL\n".join(found or [nothing])


def unmet_statement(program: nodes.Program, tables_of: tuple[Scores, ...]) -> str:
    """Return the statement that lists `g, subject` of each `require` that does not hold, by the plan that counts."""
    found = []
    for plan_no, (plan, scores) in enumerate(zip(program.plans, tables_of, strict=True), 1):
        counts = f" AND g IN (SELECT g FROM {CHOSEN} WHERE plan_no = {plan_no})" if len(tables_of) > 1 else ""
        found += [
            f"SELECT g, {text(predicate.subject)} AS subject FROM {table_of(plan_no)} WHERE NOT {column}{counts}"
            for predicate, column in zip(plan.gates.require, scores.verdict_columns(plan), strict=False)
        ]
    return "\nUNION ALL\n".join(found or ["SELECT 0 AS g, '' AS subject WHERE FALSE"])


def program_ledger(program: nodes.Program, tables_of: tuple[Scores, ...], dialect: Dialect) -> str:
    """Return the statement that lists the lines of the plan that counts for each lead, and what products add.

    A product that does not count stands there with its score as the measure and no points.
    """
    found, plan_no = [], 1
    for variant in program.variants:
        for plan in variant.plans:
            own = ledger_statement(plan, tables_of[plan_no - 1], dialect, table_of(plan_no))
            of_plan = f"SELECT g FROM {CHOSEN} WHERE plan_no = {plan_no}"
            found.append(f"SELECT * FROM (\n{own}\n) AS lines_{plan_no} WHERE g IN ({of_plan})")
            plan_no += 1
        if variant.plans[0].product:
            found += _products(variant, plan_no - len(variant.plans))
    return "\nUNION ALL\n".join(found)


def _products(variant: nodes.Variant, first: int) -> Iterator[str]:
    """Yield the lines of products that do not count, and of the bonus."""
    numbers = range(first, first + len(variant.plans))
    for plan_no, plan in zip(numbers, variant.plans, strict=True):
        name = plan.product.name if plan.product else ""
        line = Line("behavior", name, "product", "0", shown_decimals("behavior"))
        of_others = f"SELECT g FROM {CHOSEN} WHERE plan_no <> {plan_no}"
        yield f"SELECT * FROM (\n{line.select(_AFTER + plan_no, table_of(plan_no))}\n) AS product_{plan_no} WHERE g IN ({of_others})"
    bonus = variant.bonus
    if bonus is None:
        return
    active = " UNION ALL ".join(f"SELECT g, active FROM {table_of(plan_no)}" for plan_no in numbers)
    used = f"(SELECT g, sum(CASE WHEN active THEN 1 ELSE 0 END) AS used FROM ({active}) AS every_product GROUP BY g) AS uses"
    earned = f"CASE WHEN used >= {bonus.at_least} THEN {number(bonus.points)} ELSE 0 END"
    line = Line("behavior", "cross_product_bonus", "cross_product", earned, "CAST(used AS BIGINT)")
    yield line.select(_AFTER + first + len(variant.plans), used)


def lines(plan: nodes.Plan, scores: Scores, dialect: Dialect) -> Iterator[Line]:
    """Yield the lines in the order in which the semantics apply them."""
    for part in ("fit", "behavior"):
        of_part = [m for m in scores.criteria if m.criterion.part == part]
        for measured in of_part:
            yield _criterion(measured, scores.tables, dialect)
        if part == "fit":
            yield Line("fit", "limit", "limit", "limited_fit - raw_fit")
    behavior = [m for m in scores.criteria if m.criterion.part == "behavior"]
    steps = [_recency(m) for m in behavior if m.criterion.recency is not None]
    steps += _steps(plan, dialect)
    others = [m.points for m in behavior] + [line.points for line in steps]
    rounded = total([f"round({points}, 6)" for points in others]) if needs_rounding(plan) else total(others)
    limit = Line("behavior", "limit", "limit", f"behavior - ({rounded})")
    yield from [line for line in steps if line.kind != "ceiling"]
    yield limit
    yield from [line for line in steps if line.kind == "ceiling"]


def _criterion(measured: Measured, tables: Tables, dialect: Dialect) -> Line:
    criterion, fired = measured.criterion, fires(measured, tables, dialect)
    operand = operand_of(measured, tables)
    if isinstance(criterion.measure, nodes.Attribute):
        value = tables.attributes[criterion.measure.name]
        return Line(
            criterion.part,
            criterion.name,
            "criterion",
            measured.points,
            value.shown,
            f"{operand.text} IS NULL",
            fires=fired,
        )
    return Line(
        criterion.part,
        criterion.name,
        "criterion",
        measured.points,
        shown_of(measured),
        f"{measured.column} IS NULL",
        measured.events,
        measured.first,
        measured.last,
        fires=fired,
    )


def shown_of(measured: Measured) -> str:
    """Return a criterion's measure as it is shown, from its column."""
    measure, column = measured.criterion.measure, measured.column
    if isinstance(measure, nodes.Attribute):
        return column
    return shown_decimals(column) if isinstance(measure, nodes.Sum | nodes.Growth) else f"CAST({column} AS BIGINT)"


def shown_decimals(column: str) -> str:
    """Return a decimal as text without needless zeros."""
    return f"rtrim(rtrim(CAST(CAST({column} AS DECIMAL(38, 9)) AS VARCHAR), '0'), '.')"


def _recency(measured: Measured) -> Line:
    return Line(
        "behavior",
        measured.criterion.name,
        "recency",
        measured.recency,
        events=measured.events,
        first_us=measured.first,
        last_us=measured.last,
    )


def _steps(plan: nodes.Plan, dialect: Dialect) -> Iterator[Line]:
    if plan.velocity:
        yield Line(
            "behavior",
            "velocity",
            "velocity",
            "velocity_points",
            "CAST(velocity_awards AS BIGINT)",
            events="velocity_events",
            first_us="velocity_first_us",
            last_us="velocity_last_us",
        )
    if plan.decay:
        yield _decay("decay", "decay_points", "idle_us", dialect)
        if plan.decay.after_trial:
            yield _decay("after_trial", "after_trial_points", "idle_after_trial_us", dialect)
    if plan.ceiling:
        yield Line("behavior", "ceiling", "ceiling", "ceiling_points", "CAST(signals AS BIGINT)")


def _decay(name: str, points: str, idle: str, dialect: Dialect) -> Line:
    days = f"CAST({dialect.quotient(idle, str(DAY_US))} AS BIGINT)"
    return Line("behavior", name, "decay", points, days, f"{idle} IS NULL")
