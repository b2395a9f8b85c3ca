"""The events behind each line of a ledger: the same selections that were counted, listed instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.needs import needs_of
from denizen.sql.events import PLACED, Frame, Selection, add_lead, add_seen, names_of
from denizen.sql.literals import text
from denizen.sql.statement import Statement
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.sql.dialect import Dialect


def evidence_statement(plan: nodes.Plan, dialect: Dialect, frame: Frame) -> str:
    """Return the statement that lists, for each line of each score, the events it counts."""
    needs = needs_of(plan)
    tables = tables_for(needs, shown=True, event_ids=True)
    statement = Statement()
    add_lead(statement, tables, frame)
    selection = Selection(dialect, tables, frame, names_of(needs))
    parts = [
        f"SELECT g, {text(kind)} AS kind, {text(line)} AS line, event, event_id, at_us FROM {PLACED} WHERE {picks}"
        for kind, line, picks in _picks(plan, selection)
    ]
    add_seen(statement, selection, every_event=needs.every_event)
    nothing = "SELECT g, '' AS kind, '' AS line, event, event_id, at_us FROM placed WHERE FALSE"
    return statement.text("\nUNION ALL\n".join(parts or [nothing]))


def _picks(plan: nodes.Plan, selection: Selection) -> Iterator[tuple[str, str, str]]:
    for criterion in plan.criteria:
        if criterion.events is None:
            continue
        picks = selection.picks(criterion.events)
        if isinstance(criterion.measure, nodes.Growth):
            picks += f" AND {selection.since(criterion.measure.recent_us + criterion.measure.previous_us)}"
        yield "criterion", criterion.name, picks
    if plan.velocity:
        yield "velocity", "velocity", " OR ".join(f"({selection.picks(e)})" for e in plan.velocity.actions)
    if plan.ceiling:
        yield "ceiling", "ceiling", selection.picks(plan.ceiling.signals)
