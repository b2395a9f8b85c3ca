"""Passes over the events, and the steps beside them, from which a row of measures is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.sql.events import ENTERED, PLACED, SEEN, Picked, details
from denizen.sql.one_pass import HOME
from denizen.sql.running import ROW, STATE, Part, add_state
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.sql.events import Selection
    from denizen.sql.one_pass import OnePass
    from denizen.sql.statement import Statement


EVERY = Picked()
"""Every event of a step."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the results of one criterion stand: columns of `measured`."""

    criterion: nodes.Criterion
    column: str

    @property
    def events(self) -> str:
        """How many events count."""
        return f"{self.column}_events"

    @property
    def first(self) -> str:
        """When the first of them happened."""
        return f"{self.column}_first_us"

    @property
    def last(self) -> str:
        """When the last of them happened."""
        return f"{self.column}_last_us"

    @property
    def ignored(self) -> str:
        """How many values a sum could not read."""
        return f"{self.column}_ignored"

    @property
    def points(self) -> str:
        """The points of the criterion."""
        return f"{self.column}_points"

    @property
    def recency(self) -> str:
        """The recency bonus."""
        return f"{self.column}_recency"

    @property
    def held(self) -> str:
        """Whether a disqualifying band held."""
        return f"{self.column}_held"


@dataclass(slots=True)
class Pass:
    """One pass over the events with a filtered aggregate for each simple measure; `codes` None means any name.

    Where it reads what entered, `parts` collects what is to be added up along the rows of a lead. What `one_pass` can
    compute is left to it.
    """

    name: str
    selection: Selection
    parts: list[Part] | None = None
    one_pass: OnePass | None = None
    codes: set[int] | None = field(default_factory=set)
    aggregates: list[str] = field(default_factory=list)

    def aggregate(self, name: str, function: str, picked: Picked) -> str:
        """Add an aggregate over the picked events; return where its result stands."""
        if self.one_pass is not None and (found := self.one_pass.aggregate(name, function, picked)):
            return found
        if picked.codes is None:
            self.codes = None
        elif self.codes is not None:
            self.codes |= set(picked.codes)
        condition = "" if picked == EVERY else f" FILTER (WHERE {self.selection.text(picked)})"
        self.aggregates.append(f"{function}{condition} AS {name}")
        if self.parts is None:
            return f"{self.name}.{name}"
        combine = function.partition("(")[0]
        counted = combine == "count"
        self.parts.append(Part(self.name, name, "sum" if counted else combine, whole=counted))
        return f"{STATE}.{name}"


@dataclass(slots=True)
class Measures:
    """Collects what has to be computed: aggregates of one shared pass, further steps, and the final columns."""

    statement: Statement
    selection: Selection
    detail: bool
    one_pass: OnePass | None = None
    passes: dict[str, Pass] = field(default_factory=dict)
    presence: list[Measured] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def counts(self, events: nodes.Events, *, moving: bool = False) -> Pass:
        """Return the shared pass that reads the step these events are picked from."""
        return self._pass(self.selection.source(events, moving=moving))

    def entry(self) -> Pass:
        """Return the pass that has a row for each row of a lead at which anything enters."""
        return self._pass(ENTERED)

    def _pass(self, source: str) -> Pass:
        name = "counted" if source == SEEN else f"counted_{source}"
        parts = self.parts if source == ENTERED else None
        one_pass = self.one_pass if source in (SEEN, PLACED) else None
        return self.passes.setdefault(source, Pass(name, self.selection, parts, one_pass))

    @property
    def reads_events(self) -> bool:
        """Whether any step or shared pass of the statement reads events."""
        return bool(self.statement.steps) or any(shared.aggregates for shared in self.passes.values())

    def step(self, name: str, rule: str, body: str, value: str = "measure") -> str:
        """Add a step with at most one row a score, to be joined to the result; return where its value stands."""
        self.statement.add(name, rule, body)
        self.joins.append(name)
        return f"{name}.{value}"

    def running_step(
        self, name: str, rule: str, body: str, combine: str, keys: tuple[str, ...] = ROW, value: str = "measure"
    ) -> str:
        """Add a step with increments, a row for each row at which something entered; return where their sum stands."""
        self.statement.add(name, rule, body)
        self.parts.append(Part(name, value, combine, keys, f"{name}_{value}", whole=combine == "sum"))
        return f"{STATE}.{name}_{value}"

    def column(self, name: str, expression: str) -> None:
        """Add a final column."""
        self.columns.append(f"{expression} AS {name}" if expression != name else name)


def add_measured(measures: Measures, of_lead: list[str]) -> None:
    """Add the shared passes over the events, and `measured`, a row a score with every measure.

    `of_lead` are columns worked out once a lead, however many instants are asked about.
    """
    selection, joins = measures.selection, ["lead"]
    if measures.presence:
        home = measures.passes[ENTERED if selection.frame.is_running else SEEN]
        home.aggregate("presence", "bit_or(presence)", EVERY)
    entry = measures.entry() if measures.parts else None
    for source, shared in measures.passes.items():
        if not shared.aggregates and shared is not entry:
            continue
        rule, columns, where = "One pass over the events: a filtered aggregate for each simple measure.", ["g"], ""
        if shared is entry:
            rule = "One pass over what enters: a filtered aggregate for each simple measure, for each row it enters at."
            columns += ["min(lead_id) AS lead_id", "min(as_of_us) AS as_of_us"]
        elif shared.codes:
            where = f"WHERE {selection.names.condition(tuple(sorted(shared.codes)))}"
        measures.statement.add(shared.name, rule, select([*columns, *shared.aggregates], source, where, "GROUP BY g"))
        if shared is not entry:
            joins.append(f"LEFT JOIN {shared.name} ON {shared.name}.g = lead.g")
    if measures.one_pass is not None:
        joins.append(f"LEFT JOIN {HOME} ON {HOME}.g = lead.g")
    joins += add_state(measures.statement, entry.name, measures.parts) if entry else []
    joins += [f"LEFT JOIN {step} ON {step}.g = lead.g" for step in measures.joins]
    owner, known = "lead", details(selection.tables)
    if of_lead:
        columns = ["lead_id", *known]
        rule = "What attributes give a lead, once for all its rows."
        owner = measures.statement.add("of_lead", rule, select([*columns, *of_lead], "leads"))
        joins.insert(1, "JOIN of_lead ON of_lead.lead_id = lead.lead_id")
        known = [*known, *[column.rpartition(" ")[2] for column in of_lead]]
    elif selection.frame.is_grid:
        owner = "grid" if selection.frame.dated else "leads"
        by_lead = "JOIN leads ON leads.lead_id = lead.lead_id"
        joins.insert(1, "JOIN grid ON grid.g = lead.g" if selection.frame.dated else by_lead)
    columns = ["lead.g", "lead.lead_id", "lead.as_of_us", "lead.signup_us", "lead.trial_ends_us"]
    measures.statement.add(
        "measured",
        "A row a score: what is known of the lead, and every measure.",
        select(
            [*columns, *[f"{owner}.{c}" for c in known], *measures.columns],
            "\n".join(joins),
        ),
    )
