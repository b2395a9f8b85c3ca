"""The ledger: every named part of a score, from the detailed result of a scoring statement.

For each lead and part the points of the lines sum exactly to the score. Where lines have more than 6 decimals each is
shown rounded, and the line of the limits carries what rounding the score once, instead of line by line, makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.plan import nodes
from denizen.sql.literals import text
from denizen.sql.points import POINTS, amount_type, operand_of, total
from denizen.sql.tables import SCORED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.sql.dialect import Dialect
    from denizen.sql.measures import Measured
    from denizen.sql.scores import Scores
    from denizen.sql.tables import Tables


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

    def select(self, number: int) -> str:
        """Return the rows of this line."""
        return (
            f"SELECT g, {number} AS line_no, {text(self.part)} AS part, {text(self.name)} AS line, "
            f"{text(self.kind)} AS kind, CAST({self.measure} AS VARCHAR) AS measure, {self.unknown} AS unknown, "
            f"CAST({self.points} AS {POINTS}) AS points, CAST({self.events} AS BIGINT) AS events, "
            f"CAST({self.first_us} AS BIGINT) AS first_us, CAST({self.last_us} AS BIGINT) AS last_us FROM {SCORED}"
        )


def ledger_statement(plan: nodes.Plan, scores: Scores, dialect: Dialect) -> str:
    """Return the statement that lists every line of every row of `scored`, made with `detail=True`."""
    return "\nUNION ALL\n".join(line.select(i) for i, line in enumerate(lines(plan, scores, dialect), 1))


def lines(plan: nodes.Plan, scores: Scores, dialect: Dialect) -> Iterator[Line]:
    """Yield the lines in the order in which the semantics apply them."""
    for part in ("fit", "behavior"):
        of_part = [m for m in scores.criteria if m.criterion.part == part]
        for measured in of_part:
            yield _criterion(measured, scores.tables)
        if part == "fit":
            yield Line("fit", "limit", "limit", "limited_fit - raw_fit")
    behavior = [m for m in scores.criteria if m.criterion.part == "behavior"]
    steps = [_recency(m) for m in behavior if m.criterion.recency is not None]
    steps += _steps(plan, dialect)
    others = [m.points for m in behavior] + [line.points for line in steps]
    rounded = total([f"round({points}, 6)" for points in others]) if amount_type(plan) != POINTS else total(others)
    limit = Line("behavior", "limit", "limit", f"behavior - ({rounded})")
    yield from [line for line in steps if line.kind != "ceiling"]
    yield limit
    yield from [line for line in steps if line.kind == "ceiling"]


def _criterion(measured: Measured, tables: Tables) -> Line:
    criterion = measured.criterion
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
        )
    return Line(
        criterion.part,
        criterion.name,
        "criterion",
        measured.points,
        _shown(criterion.measure, measured.column),
        f"{measured.column} IS NULL",
        measured.events,
        measured.first,
        measured.last,
    )


def _shown(measure: nodes.Measure, column: str) -> str:
    if isinstance(measure, nodes.Sum | nodes.Growth):
        return f"rtrim(rtrim(CAST(CAST({column} AS DECIMAL(38, 9)) AS VARCHAR), '0'), '.')"
    return f"CAST({column} AS BIGINT)"


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
