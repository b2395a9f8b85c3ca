"""Why a lead cannot become a PQL by anything it does, and which windows are not open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.model.values import plain
from denizen.plan import nodes
from denizen.plan.describe import describe_conditions, describe_measure
from denizen.scoring.foresight.actions import can_add, needed_more
from denizen.scoring.foresight.scenarios import score_in_detail
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.points import operand_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from denizen.scoring.foresight.actions import Moment
    from denizen.scoring.foresight.choices import Standing
    from denizen.scoring.foresight.scenarios import Scenario
    from denizen.scoring.imagine import World
    from denizen.scoring.run import ScoredPlan


def blocked_by(world: World, most: Scenario) -> tuple[str, ...]:
    """Return what stands in the way, by name, when a lead comes as near to a PQL as it can."""
    told = score_in_detail(world, most, lambda scored: _asked(world, scored))
    fit, behavior, total, capped, plan_no = world.cursor.execute(
        "SELECT fit, behavior, total, capped, plan_no FROM imagined WHERE lead_id = 1"
    ).fetchall()[0]
    own = world.plans[int(plan_no) - 1].plan
    answers = [(scored, rows[0]) for scored, rows in told if rows and scored.plan.audience == own.audience]
    said = _said(world)
    reasons = [reason for scored, row in answers for reason in _disqualifying(scored, list(row), said)]
    if capped and own.ceiling:
        reasons.append(_ceiling(own.ceiling))
    gates = own.gates
    for name, reached, needed in (
        ("fit", fit, gates.fit),
        ("behavior", behavior, gates.behavior),
        ("total", total, gates.total),
    ):
        if reached < needed:
            reasons.append(
                f"{name} reaches {plain(reached)} of {plain(needed)} at most, {plain(needed - reached)} short"
            )
    reasons += [reason for scored, row in answers for reason in _missing(scored.plan, list(row), said)]
    return tuple(dict.fromkeys(reasons)) or ("no combination that was tried qualifies",)


def _said(world: World) -> dict[str, str | None]:
    """Return the attributes of the lead as the data, or what was imagined of it, spells them."""
    attributes = world.tables.attributes
    if not attributes:
        return {}
    listed = ", ".join(value.shown for value in attributes.values())
    row = world.cursor.execute(f"SELECT {listed} FROM scenario_leads WHERE lead_id = 1").fetchall()[0]
    return dict(zip(attributes, row, strict=True))


def _asked(world: World, scored: ScoredPlan) -> list[str]:
    """Return expressions: of each disqualifying criterion its value and whether each band holds, then of requirements."""
    columns, tables, dialect = [], scored.scores.tables, world.engine.dialect
    for measured in scored.scores.criteria:
        if _rules_out(measured.criterion):
            operand = operand_of(measured, tables)
            columns.append(f"CAST({operand.text} AS VARCHAR)")
            columns += [
                f"COALESCE({all_hold(b.conditions, operand, dialect)}, FALSE)" for b in _bands(measured.criterion)
            ]
    for predicate in scored.plan.gates.require:
        operand = Operand.of_value(tables.attributes[predicate.subject])
        columns.append(f"COALESCE({all_hold(predicate.conditions, operand, dialect)}, FALSE)")
    return columns


def _rules_out(criterion: nodes.Criterion) -> bool:
    return criterion.disqualifies and bool(_bands(criterion))


def _bands(criterion: nodes.Criterion) -> tuple[nodes.Band, ...]:
    return criterion.scoring.bands if isinstance(criterion.scoring, nodes.Bands) else ()


def _disqualifying(scored: ScoredPlan, answers: list[Any], said: Mapping[str, str | None]) -> Iterator[str]:
    """Yield, of each criterion that rules the lead out, what it looks at, the band that holds and on what."""
    for criterion in filter(_rules_out, scored.plan.criteria):
        value = answers.pop(0)
        held = [band for band in _bands(criterion) if answers.pop(0)]
        if held:
            looked_at, words = describe_measure(criterion.measure), describe_conditions(held[0].conditions)
            value = said[criterion.measure.name] if isinstance(criterion.measure, nodes.Attribute) else value
            yield f"{criterion.name} disqualifies: {looked_at} {words} (it is {_shown(value)})"


def _missing(plan: nodes.Plan, answers: list[Any], said: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the requirements that do not hold; their answers are the last."""
    last = answers[len(answers) - len(plan.gates.require) :]
    for predicate, holds in zip(plan.gates.require, last, strict=True):
        if not holds:
            value = _shown(said[predicate.subject])
            yield f"required: {predicate.subject} {describe_conditions(predicate.conditions)} (it is {value})"


def _shown(value: str | None) -> str:
    return "unknown" if value is None else value


def _ceiling(ceiling: nodes.Ceiling) -> str:
    when = " and ".join(f"{p.subject} {describe_conditions(p.conditions)}" for p in ceiling.when)
    return f"the ceiling applies ({when}): behavior is at most {plain(ceiling.at)}, and no upgrade signal can end it"


def closed_windows(standing: Standing) -> tuple[str, ...]:
    """Return, in words, which criteria with points left to give cannot be filled now because of their window."""
    found = []
    for plan_no, plan in standing.plans.items():
        for criterion in plan.part("behavior"):
            window = None if criterion.events is None else criterion.events.window
            if window is None or not can_add(criterion) or standing.moment.is_open(window):
                continue
            if needed_more(criterion, standing.measured(plan_no, criterion), standing.missing):
                found.append(f"{criterion.name}: {_when(window, standing.moment)}")
    return tuple(dict.fromkeys(found))


def _when(window: nodes.Window, moment: Moment) -> str:
    end = moment.closes_us(window)
    if end is None:
        return "the end of the trial is unknown"
    if end <= moment.as_of_us:
        return f"the window closed at {iso(end)}"
    start = moment.opens_us(window)
    return "the window is not open yet" if start is None else f"the window opens at {iso(start)}"
