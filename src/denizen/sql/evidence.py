"""The events behind each line of a ledger: the same selections that were counted, listed instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.plan.needs import needs_of
from denizen.sql.events import COLLEAGUES, PLACED, Frame, Selection, add_colleagues, add_lead, add_seen, names_of
from denizen.sql.literals import text
from denizen.sql.measures import counted_by
from denizen.sql.statement import Statement
from denizen.sql.velocity import key_actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.plan import nodes
    from denizen.sql.dialect import Dialect
    from denizen.sql.tables import Tables


def evidence_statement(plan: nodes.Plan, dialect: Dialect, frame: Frame, tables: Tables) -> str:
    """Return the statement that lists, for each line of each score, the events it counts, and whose they are.

    `lead_id` is null for an event of the lead's own, and for one of its account alone.
    """
    needs = needs_of(plan)
    statement = Statement()
    selection = Selection(dialect, tables, frame, names_of(needs))
    add_lead(statement, selection, plan.audience)
    own, nobody = f"FROM {PLACED}", "CAST(NULL AS VARCHAR)"
    found, actor = f"FROM {COLLEAGUES}", "CAST(actor AS VARCHAR)"
    parts = []
    for kind, line, scope, picks in picks_of(plan, selection):
        rows, who = (found, actor) if scope == "account" else (own, nobody)
        parts.append(
            f"SELECT g, {text(kind)} AS kind, {text(line)} AS line, event, event_id, at_us, {who} AS lead_id"
            f" {rows} WHERE {picks}"
        )
    add_seen(statement, selection, every_event=needs.every_event)
    if needs.accounts:
        add_colleagues(statement, selection, every_event=needs.every_event)
    nothing = f"SELECT g, '' AS kind, '' AS line, event, event_id, at_us, {nobody} AS lead_id {own} WHERE FALSE"
    return statement.text("\nUNION ALL\n".join(parts or [nothing]))


def picks_of(plan: nodes.Plan, selection: Selection) -> Iterator[tuple[str, str, nodes.Scope, str]]:
    """Yield kind and name of each line that counts events, whose events they are, and the condition that picks them."""
    for criterion in plan.criteria:
        if criterion.events is None:
            continue
        yield (
            "criterion",
            criterion.name,
            criterion.events.scope,
            selection.text(counted_by(criterion.measure, selection)),
        )
    if plan.velocity:
        yield "velocity", "velocity", "lead", selection.text(key_actions(selection, plan.velocity))
    if plan.ceiling:
        yield "ceiling", "ceiling", "lead", selection.picks(plan.ceiling.signals)
