"""Which events a score sees, and the conditions that pick some of them.

A batch scores every lead at one instant, and its events are grouped by lead_id as they are read. A grid scores any
pairs of lead and instant, and its events are first joined to the rows of the grid. All else is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.literals import text
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.plan.needs import Needs
    from denizen.sql.dialect import Dialect
    from denizen.sql.statement import Statement
    from denizen.sql.tables import Tables

SEEN = "seen"
PLACED = "placed"
COLLEAGUES = "of_colleagues"
ENTERED = "entered"
WHOSE = {SEEN: "g", PLACED: "g", ENTERED: "lead_id", COLLEAGUES: "g, actor"}
"""Whose events stand together in each step: those of a score, of a lead, or of a person seen by a score."""
MAX_BITS = 60
_FLAG_FROM = 3
INSTANTS = ("signup_us", "trial_started_us", "trial_ends_us")


@dataclass(frozen=True, slots=True)
class Frame:
    """What is scored: every lead at `as_of_us`, or, where that is None, the rows of `grid`.

    With `known`, an event is visible only once it had been received. With `dated`, a grid holds the attributes as known
    at each of its rows.
    """

    as_of_us: int | None = None
    known: bool = False
    dated: bool = False

    @property
    def is_grid(self) -> bool:
        """Whether there is a grid."""
        return self.as_of_us is None

    @property
    def is_running(self) -> bool:
        """Whether what an event adds is carried forward along a lead's rows: not where events become known late."""
        return self.is_grid and not self.known

    @property
    def as_of(self) -> str:
        """The as-of instant as an expression."""
        return "as_of_us" if self.as_of_us is None else str(self.as_of_us)

    def visible(self, row: str) -> str:
        """Return the condition on an event; `row` is where the instant of a grid stands."""
        as_of = f"{row}.as_of_us" if self.is_grid else self.as_of
        happened = f"events.at_us <= {as_of}"
        if not self.known:
            return happened
        received = f"(events.received_us IS NULL OR events.received_us <= {as_of})"
        return f"{happened} AND {received} AND (events.replaced_us IS NULL OR events.replaced_us > {as_of})"


@dataclass(slots=True)
class Names:
    """The event names a model knows, each with a number, and what else is looked up by name.

    A flag says that a name belongs to a set of names; bits say which of several things an event of a name is evidence
    of. Both come with the join to the name, which costs next to nothing, whatever the size of the set.
    """

    codes: dict[str, int]
    flags: dict[tuple[int, ...], str] = field(default_factory=dict)
    bits: dict[str, dict[int, int]] = field(default_factory=dict)

    def condition(self, codes: tuple[int, ...]) -> str:
        """Return the condition that an event has one of these names."""
        if len(codes) < _FLAG_FROM:
            listed = ", ".join(str(c) for c in codes)
            return f"code IN ({listed})" if len(codes) > 1 else f"code = {listed}"
        return self.flags.setdefault(tuple(sorted(codes)), f"set_{len(self.flags) + 1}")

    def add_bit(self, column: str, codes: tuple[int, ...]) -> int:
        """Give these names one more bit in a column; return its value."""
        rows = self.bits.setdefault(column, {})
        bit = 1 << sum(1 for b in range(MAX_BITS) if any(v >> b & 1 for v in rows.values()))
        for code in codes:
            rows[code] = rows.get(code, 0) | bit
        return bit

    def columns(self) -> list[str]:
        """Return the columns that come with a name."""
        return ["code", *self.flags.values(), *self.bits]

    def step(self) -> str:
        """Return the step `named`."""
        columns = ", ".join(["event", *self.columns()])
        if not self.codes:
            return f"named ({columns}) AS (SELECT CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER) WHERE FALSE)"
        rows = ",\n".join(f"  ({', '.join([text(name), *self._row(code)])})" for name, code in self.codes.items())
        return f"named ({columns}) AS (VALUES\n{rows}\n)"

    def _row(self, code: int) -> list[str]:
        flags = [str(code in codes).upper() for codes in self.flags]
        return [str(code), *flags, *[f"CAST({rows.get(code, 0)} AS BIGINT)" for rows in self.bits.values()]]


@dataclass(frozen=True, slots=True)
class Picked:
    """Which events of a step are picked: those of some names (None is any) that meet all of `also`.

    They lie within the time `within_us` before the as-of instant, and in a window counted from the lead's own instants.
    """

    codes: tuple[int, ...] | None = None
    also: tuple[str, ...] = ()
    within_us: int | None = None
    window: nodes.Window | None = None

    def which(self, *conditions: str) -> Picked:
        """Return those of them that meet more conditions."""
        return replace(self, also=(*self.also, *conditions))


@dataclass(slots=True)
class Selection:
    """Spells out which visible events an `Events` node picks."""

    dialect: Dialect
    tables: Tables
    frame: Frame
    names: Names

    def code(self, name: str) -> int:
        """Return the number that stands for an event name."""
        return self.names.codes[name]

    def codes_of(self, events: nodes.Events) -> tuple[int, ...]:
        """Return the numbers of the names of these events."""
        return tuple(self.names.codes[n] for n in events.names or ())

    def source(self, events: nodes.Events, *, moving: bool = False) -> str:
        """Return the step to pick from: windows counted from the lead's own instants need those beside the event.

        `moving` says that what is picked depends on the as-of instant also where no window does.
        """
        if events.scope == "account":
            return COLLEAGUES
        if self.frame.is_running and not moving and (events.window is None or events.window.kind != "last"):
            return ENTERED
        own = events.window is not None and events.window.kind != "last"
        return PLACED if own else SEEN

    def picked(self, events: nodes.Events) -> Picked:
        """Return what is picked of that step."""
        codes = None if events.names is None else self.codes_of(events)
        where = [
            all_hold(p.conditions, Operand.of_value(self.tables.properties[p.subject]), self.dialect)
            for p in events.where
        ]
        window = events.window
        if window is not None and window.kind == "last":
            return Picked(codes, tuple(where), window.span_us)
        return Picked(codes, tuple(where), None, window)

    def text(self, picked: Picked) -> str:
        """Return the condition on a row of that step."""
        parts = [] if picked.codes is None else [self.names.condition(picked.codes)]
        parts += picked.also
        if picked.within_us is not None:
            parts.append(self.since(picked.within_us))
        if picked.window is not None:
            start, end = (_moved(*bound) for bound in self.bounds(picked.window))
            parts.append(f"at_us >= {start} AND at_us < {end}")
        return " AND ".join(parts) or "TRUE"

    def picks(self, events: nodes.Events) -> str:
        """Return the condition that picks events from that step."""
        return self.text(self.picked(events))

    def since(self, span_us: int) -> str:
        """Return the condition that an event lies in `(T - span, T]`."""
        return f"at_us > {self.frame.as_of} - {span_us}"

    def bounds(self, window: nodes.Window) -> tuple[tuple[str, int], tuple[str, int]]:
        """Return from when and until when, itself outside, a window of the lead's own lasts: instants and what is added."""
        if window.kind == "first":
            return ("signup_us", 0), ("signup_us", window.span_us)
        if window.kind == "trial_last":
            return ("trial_ends_us", -window.span_us), ("trial_ends_us", 0)
        return ("COALESCE(trial_started_us, signup_us)", 0), ("trial_ends_us", 0)


def _moved(instant: str, by_us: int) -> str:
    return f"{instant} {'-' if by_us < 0 else '+'} {abs(by_us)}" if by_us else instant


def add_lead(statement: Statement, selection: Selection, audience: nodes.Audience | None) -> None:
    """Add `lead`: a row a score, with the instants its windows are counted from (semantics, section 1).

    `g` tells the rows apart: the lead's id in a batch, a number in a grid.
    """
    tables, frame = selection.tables, selection.frame
    instants = [f"leads.{c}" for c in INSTANTS]
    if frame.is_grid:
        rows, joins = (
            ["grid.g", "grid.lead_id", "grid.as_of_us"],
            "grid JOIN leads ON leads.lead_id = grid.lead_id",
        )
        rule = "The scores wanted: one row a lead and instant."
    else:
        rows, joins = (
            ["leads.lead_id AS g", "leads.lead_id", f"CAST({frame.as_of} AS BIGINT) AS as_of_us"],
            "leads",
        )
        rows += [f"leads.{c}" for c in details(tables)]
        rule = f"The scores wanted: every lead at {iso(frame.as_of_us or 0)}, in microseconds since 1970."
    where = _belongs(audience, selection) if audience else ""
    if audience:
        rule += f" Of the segment {audience.segment}." if audience.segment else " Of no segment."
    statement.add("asked", rule, select([*rows, *instants], joins, where), reused=frame.is_grid)
    statement.add(
        "first_event",
        "Where signup_at is missing, the first visible event stands for it.",
        select(
            ["asked.g", "min(events.at_us) AS at_us"],
            "events JOIN asked ON asked.lead_id = events.lead_id",
            f"WHERE asked.signup_us IS NULL AND {frame.visible('asked')}",
            "GROUP BY asked.g",
        ),
    )
    columns = ["g", "lead_id", "as_of_us", "trial_started_us", "trial_ends_us"]
    columns += [] if frame.is_grid else details(tables)
    statement.add(
        "lead",
        "The instants that windows are counted from.",
        select(
            [*[f"asked.{c}" for c in columns], "COALESCE(asked.signup_us, first_event.at_us) AS signup_us"],
            "asked LEFT JOIN first_event ON first_event.g = asked.g",
        ),
        reused=frame.is_grid,
    )


def _belongs(audience: nodes.Audience, selection: Selection) -> str:
    """Return the clause that a lead is of a segment: its predicates hold, and those of no earlier one do."""

    def hold(predicates: tuple[nodes.Predicate, ...]) -> str:
        known, owner = selection.tables.attributes, "grid" if selection.frame.dated else "leads"
        return " AND ".join(
            all_hold(p.conditions, Operand.of_value(known[p.subject], owner), selection.dialect) for p in predicates
        )

    parts = [f"({hold(audience.when)})"] if audience.when else []
    parts += [f"({hold(earlier)}) IS NOT TRUE" for earlier in audience.earlier]
    return f"WHERE {' AND '.join(parts)}" if parts else ""


def details(tables: Tables) -> list[str]:
    """Return the columns of `leads` that only the end of the statement needs."""
    return [c for c in tables.leads() if c not in ("lead_id", *INSTANTS)]


def names_of(needs: Needs) -> Names:
    """Return the names a plan knows, numbered."""
    return Names({name: i for i, name in enumerate(needs.names, 1)})


def add_seen(statement: Statement, selection: Selection, *, every_event: bool) -> None:
    """Add `seen`, the visible events, and `placed`, the same beside their lead's instants.

    To be called when everything else has been spelled, so that all that is looked up by name is known. Without
    `every_event`, events of names that the model does not know are left out.
    """
    frame, names = selection.frame, selection.names
    statement.steps.append(
        f"-- The event names the model knows: a number each, and which sets they belong to.\n{names.step()}"
    )
    columns = event_columns(selection)
    named = named_join(every_event=every_event)
    instants = [f"lead.{c}" for c in ("as_of_us", *INSTANTS)]
    joined = f"events\nJOIN lead ON lead.lead_id = events.lead_id\n{named}"
    where = f"WHERE {frame.visible('lead')}"
    rule = "An event is visible when it happened at or before the as-of instant"
    rule += " and had been received by then." if frame.known else "."
    if frame.is_grid:
        statement.add(SEEN, rule, select(["lead.g", *instants, *columns], joined, where))
        statement.add(PLACED, "Each event stands beside its lead's instants already.", f"SELECT * FROM {SEEN}")
    else:
        statement.add(SEEN, rule, select(["events.lead_id AS g", *columns], f"events\n{named}", where))
        rule = "The visible events beside their lead's instants, for windows counted from these."
        statement.add(PLACED, rule, select(["lead.g", *instants, *columns], joined, where))


def add_colleagues(statement: Statement, selection: Selection, *, every_event: bool) -> None:
    """Add `of_colleagues`: the visible events of everyone in a lead's account, beside the lead's instants.

    Events that carry only an account_id count there; a lead without an account is alone.
    """
    statement.add(
        "member",
        "Who belongs to which account; a lead without one is alone.",
        select(["lead_id", "COALESCE('a' || account_id, 'l' || CAST(lead_id AS VARCHAR)) AS company"], "leads"),
    )
    columns = [f"events.{c}" for c in selection.tables.events()]
    statement.add(
        "company_event",
        "Every event of a lead with its account, and the events of accounts alone.",
        select(
            ["COALESCE(member.company, 'a' || events.account_id) AS company", *columns],
            "events LEFT JOIN member ON member.lead_id = events.lead_id",
            "WHERE member.company IS NOT NULL OR events.lead_id IS NULL",
        ),
    )
    instants = [f"lead.{c}" for c in ("as_of_us", *INSTANTS)]
    named = named_join(every_event=every_event)
    statement.add(
        COLLEAGUES,
        "The visible events of everyone in the lead's account.",
        select(
            ["lead.g", *instants, "events.lead_id AS actor", *event_columns(selection)],
            "lead\nJOIN member ON member.lead_id = lead.lead_id"
            f"\nJOIN company_event AS events ON events.company = member.company\n{named}",
            f"WHERE {selection.frame.visible('lead')}",
        ),
    )


def named_join(*, every_event: bool) -> str:
    """Return the join to the names; without `every_event`, it leaves out events of names that the model does not know."""
    return f"{'LEFT JOIN' if every_event else 'JOIN'} named ON named.event = events.event"


def event_columns(selection: Selection) -> list[str]:
    """Return what is kept of an event beside its score: all but what told whether it is visible and whose it is."""
    left_out = ("lead_id", "account_id", "received_us", "replaced_us")
    columns = [f"events.{c}" for c in selection.tables.events() if c not in left_out]
    return columns + [f"named.{c}" for c in selection.names.columns()]
