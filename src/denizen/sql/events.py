"""Which events a score sees: the visible events of each grid row, and the conditions that pick some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.sql.conditions import Operand, all_hold
from denizen.sql.literals import text
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.plan.needs import Needs
    from denizen.sql.dialect import Dialect
    from denizen.sql.statement import Statement
    from denizen.sql.tables import Tables


@dataclass(slots=True)
class Selection:
    """Spells out which rows of `seen` an `Events` node picks."""

    dialect: Dialect
    tables: Tables
    codes: dict[str, int] = field(default_factory=dict)

    def code(self, name: str) -> int:
        """Return the number that stands for an event name."""
        return self.codes[name]

    def codes_of(self, events: nodes.Events) -> tuple[int, ...]:
        """Return the numbers of the names of these events."""
        return tuple(self.codes[n] for n in events.names or ())

    def picks(self, events: nodes.Events) -> str:
        """Return the condition on a row of `seen`."""
        return " AND ".join(self._parts(events)) or "TRUE"

    def _parts(self, events: nodes.Events) -> list[str]:
        parts = []
        if events.names is not None:
            codes = ", ".join(str(c) for c in self.codes_of(events))
            parts.append(f"code IN ({codes})" if len(events.names) > 1 else f"code = {codes}")
        for predicate in events.where:
            value = Operand.of_value(self.tables.properties[predicate.subject])
            parts.append(all_hold(predicate.conditions, value, self.dialect))
        if events.window is not None:
            parts.append(_inside(events.window))
        return parts


def _inside(window: nodes.Window) -> str:
    if window.kind == "first":
        return f"at_us >= signup_us AND at_us < signup_us + {window.span_us}"
    if window.kind == "last":
        return f"at_us > as_of_us - {window.span_us}"
    if window.kind == "trial_last":
        return f"at_us >= trial_ends_us - {window.span_us} AND at_us < trial_ends_us"
    return "at_us >= COALESCE(trial_started_us, signup_us) AND at_us < trial_ends_us"


def add_lead(statement: Statement, *, known: bool) -> None:
    """Add `lead`: a row a score, with the instants its windows are counted from (semantics, section 1)."""
    visible = _visible(known=known)
    statement.add(
        "asked",
        "The scores wanted: one row a lead and instant.",
        select(
            ["grid.g", "grid.lead_id", "grid.as_of_us", "leads.signup_us", "leads.trial_started_us", "leads.trial_ends_us"],
            "grid JOIN leads ON leads.lead_id = grid.lead_id",
        ),
        reused=True,
    )
    statement.add(
        "first_event",
        "Where signup_at is missing, the first visible event stands for it.",
        select(
            ["asked.g", "min(events.at_us) AS at_us"],
            "events JOIN asked ON asked.lead_id = events.lead_id",
            f"WHERE asked.signup_us IS NULL AND {visible}",
            "GROUP BY asked.g",
        ),
    )
    columns = [f"asked.{c}" for c in ("g", "lead_id", "as_of_us", "trial_started_us", "trial_ends_us")]
    statement.add(
        "lead",
        "The instants that windows are counted from.",
        select(
            [*columns, "COALESCE(asked.signup_us, first_event.at_us) AS signup_us"],
            "asked LEFT JOIN first_event ON first_event.g = asked.g",
        ),
        reused=True,
    )


def add_seen(statement: Statement, needs: Needs, tables: Tables, *, known: bool) -> dict[str, int]:
    """Add `seen`: the visible events of each score, with a small number for each name; return the numbers."""
    codes = {name: i for i, name in enumerate(needs.names, 1)}
    names = ",\n".join(f"  ({text(name)}, {code})" for name, code in codes.items())
    columns = ["lead.g", "lead.as_of_us", "lead.signup_us", "lead.trial_started_us", "lead.trial_ends_us", "events.at_us"]
    columns += [f"events.{c}" for c in tables.events() if c not in ("lead_id", "at_us", "received_us")]
    joins = "events\nJOIN lead ON lead.lead_id = events.lead_id"
    if codes:
        statement.steps.append(f"-- The event names the model knows, each with a number.\nnamed (event, code) AS (VALUES\n{names}\n)")
        columns.append("named.code")
        joins += f"\n{'LEFT JOIN' if needs.every_event else 'JOIN'} named ON named.event = events.event"
    else:
        columns.append("CAST(NULL AS INTEGER) AS code")
    rule = "An event is visible when it happened at or before the as-of instant"
    rule += " and had been received by then." if known else "."
    nothing = "" if codes or needs.every_event else " AND FALSE"
    statement.add("seen", rule, select(columns, joins, f"WHERE {_visible('lead', known=known)}{nothing}"))
    return codes


def _visible(grid: str = "asked", *, known: bool) -> str:
    happened = f"events.at_us <= {grid}.as_of_us"
    return f"{happened} AND (events.received_us IS NULL OR events.received_us <= {grid}.as_of_us)" if known else happened
