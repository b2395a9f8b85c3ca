"""When a score can move although nothing happens: the instants that follow from a plan and a lead's own events.

A score with no new events moves in two ways. It **jumps** when an event leaves a window, a bonus runs out, a band of
`days_since` is crossed or a ceiling begins: a list of instants for each lead. Between two jumps only idleness moves it,
which can only take: in **steps**, a period at a time, or all the time where periods are fractional.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US, LONGEST_US
from denizen.model.values import Literal
from denizen.plan import nodes
from denizen.plan.needs import needs_of
from denizen.sql.events import COLLEAGUES, PLACED, Frame, Selection, add_colleagues, add_lead, add_seen, names_of
from denizen.sql.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.sql.dialect import Dialect
    from denizen.sql.tables import Tables

_LONGEST_DAYS = LONGEST_US // DAY_US


def moves_all_the_time(plan: nodes.Plan) -> bool:
    """Return whether idleness takes at every instant instead of once a period."""
    penalties = [plan.decay.idle, plan.decay.after_trial] if plan.decay else []
    return any(p is not None and not p.whole_periods for p in penalties)


def jumps_statement(plan: nodes.Plan, dialect: Dialect, tables: Tables) -> str:
    """Return the statement that lists `lead_id, at_us`: every instant at which a score of the grid can jump."""
    return _statement(plan, dialect, tables, "lead_id, at_us", _jumps)


def steps_statement(plan: nodes.Plan, dialect: Dialect, tables: Tables) -> str:
    """Return the statement that lists `lead_id, base_us, every_us`: idleness takes at `base + k * every`, k >= 1."""
    return _statement(plan, dialect, tables, "lead_id, base_us, every_us", _steps)


def _statement(plan: nodes.Plan, dialect: Dialect, tables: Tables, columns: str, parts: object) -> str:
    needs = needs_of(plan)
    frame = Frame()
    statement = Statement()
    selection = Selection(dialect, tables, frame, names_of(needs))
    add_lead(statement, selection, plan.audience)
    listed = list(parts(plan, selection))  # type: ignore[operator]  # one of the two generators below
    add_seen(statement, selection, every_event=needs.every_event)
    if needs.accounts:
        add_colleagues(statement, selection, every_event=needs.every_event)
    found = "\nUNION ALL\n".join(listed) or "SELECT g, 0 AS a, 0 AS b FROM lead WHERE FALSE"
    named = columns.split(", ")[1:]
    return statement.text(
        f"SELECT lead.{columns} FROM (\n{found}\n) AS found (g, {', '.join(named)}) JOIN lead ON lead.g = found.g"
    )


def _jumps(plan: nodes.Plan, selection: Selection) -> Iterator[str]:
    for criterion in plan.criteria:
        yield from _jumps_of(criterion, selection, every_day=plan.decay is not None and plan.decay.can_turn)
    if plan.velocity and plan.velocity.expires_us is not None:
        for actions in plan.velocity.actions:
            yield _each_event(selection, actions, plan.velocity.expires_us)
    if plan.product:
        yield from _leaving(plan.product.active, selection)
    if plan.ceiling:
        yield f"SELECT g, signup_us + {plan.ceiling.after_us + 1} FROM lead WHERE signup_us IS NOT NULL"
        yield from _leaving(plan.ceiling.signals, selection)


def _jumps_of(criterion: nodes.Criterion, selection: Selection, *, every_day: bool) -> Iterator[str]:
    measure = criterion.measure
    if isinstance(measure, nodes.Attribute):
        return
    yield from _leaving(measure.events, selection)
    if criterion.recency is not None:
        yield _last_event(selection, measure.events, str(criterion.recency.within_us))
    if isinstance(measure, nodes.Growth):
        yield _each_event(selection, measure.events, measure.recent_us)
        yield _each_event(selection, measure.events, measure.recent_us + measure.previous_us)
    if isinstance(measure, nodes.DaysSince):
        days = _days_that_matter(criterion.scoring)
        if days:
            yield _last_event(selection, measure.events, f"day * {DAY_US}", f"(VALUES {days}) AS days (day)")
        elif every_day or _rises(criterion.scoring):
            whole = f"(SELECT unnest(range(1, {_LONGEST_DAYS})) AS day) AS days"
            yield _last_event(selection, measure.events, f"day * {DAY_US}", whole)


def _leaving(events: nodes.Events, selection: Selection) -> Iterator[str]:
    """An event leaves `(T - span, T]` at exactly its instant plus the span."""
    if events.window is not None and events.window.kind == "last":
        yield _each_event(selection, events, events.window.span_us)


def _each_event(selection: Selection, events: nodes.Events, later_us: int) -> str:
    return f"SELECT g, at_us + {later_us} FROM {_source(events)} WHERE {selection.picks(events)}"


def _last_event(selection: Selection, events: nodes.Events, later: str, beside: str = "") -> str:
    last = f"SELECT g, max(at_us) AS at_us FROM {_source(events)} WHERE {selection.picks(events)} GROUP BY g"
    return f"SELECT g, at_us + {later} FROM ({last}) AS last{f' CROSS JOIN {beside}' if beside else ''}"


def _source(events: nodes.Events) -> str:
    return COLLEAGUES if events.scope == "account" else PLACED


def _days_that_matter(scoring: nodes.Bands | nodes.Each) -> str:
    """Return the whole days at which a condition can begin or cease to hold, as rows."""
    if isinstance(scoring, nodes.Each):
        return ""
    numbers = [n for band in scoring.bands for c in band.conditions for n in _numbers(c.operand)]
    days = {day for n in numbers for day in (math.ceil(n), math.floor(n) + 1) if 0 < day < _LONGEST_DAYS}
    return ", ".join(f"({day})" for day in sorted(days))


def _numbers(operand: nodes.Operand) -> list[Decimal]:
    values = operand if isinstance(operand, tuple) else (operand,)
    found = [v.number if isinstance(v, Literal) else v for v in values]
    return [n for n in found if isinstance(n, Decimal)]


def _rises(scoring: nodes.Bands | nodes.Each) -> bool:
    return isinstance(scoring, nodes.Each) and scoring.points > 0


def _steps(plan: nodes.Plan, selection: Selection) -> Iterator[str]:
    for criterion in plan.criteria:
        if isinstance(criterion.measure, nodes.DaysSince) and isinstance(criterion.scoring, nodes.Each):
            size = criterion.scoring.size
            days = int(size) if size == int(size) else 1
            last = f"SELECT g, max(at_us) AS base_us FROM {_source(criterion.measure.events)} WHERE {selection.picks(criterion.measure.events)}"
            yield f"SELECT g, base_us, {days * DAY_US} FROM ({last} GROUP BY g) AS last"
    if plan.decay is None:
        return
    active = f"SELECT g, max(at_us) AS at_us FROM {PLACED} WHERE {selection.picks(plan.decay.activity)} GROUP BY g"
    since = f"lead LEFT JOIN ({active}) AS active ON active.g = lead.g"
    activity = "COALESCE(active.at_us, lead.signup_us)"
    idle, after_trial = plan.decay.idle, plan.decay.after_trial
    if idle is not None:
        yield f"SELECT lead.g, {activity} + {idle.after_us}, {idle.every_us} FROM {since} WHERE {activity} IS NOT NULL"
    if after_trial is not None:
        yield (
            f"SELECT lead.g, greatest({activity}, trial_ends_us), {after_trial.every_us} FROM {since}"
            " WHERE trial_ends_us IS NOT NULL"
        )
