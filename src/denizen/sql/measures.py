"""The measures of criteria over the visible events (semantics, section 2).

Simple measures share one pass over the events (`counted`); those that group by more than the lead get a step each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.model.values import NUMBER_LIMIT
from denizen.plan import nodes
from denizen.plan.needs import of_sessions
from denizen.sql.events import COLLEAGUES, MAX_BITS, PLACED, SEEN, details
from denizen.sql.literals import slug
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.sql.events import Selection
    from denizen.sql.statement import Statement
    from denizen.sql.tables import Tables

MINUTE_US = 60_000_000
SESSION_GAP_US = 30 * MINUTE_US
_SESSIONS: dict[nodes.Scope, tuple[str, str]] = {
    "lead": ("given_session", "cut_session"),
    "account": ("given_account_session", "cut_account_session"),
}
SUM_LIMIT = 10**18
"""A single value adds at most ±10^18 to a sum."""


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
    """One pass over the events with a filtered aggregate for each simple measure; `codes` None means any name."""

    name: str
    codes: set[int] | None = field(default_factory=set)
    aggregates: list[str] = field(default_factory=list)

    def aggregate(self, name: str, function: str, picks: str) -> str:
        """Add an aggregate over the picked events; return where its result stands."""
        condition = "" if picks == "TRUE" else f" FILTER (WHERE {picks})"
        self.aggregates.append(f"{function}{condition} AS {name}")
        return f"{self.name}.{name}"


@dataclass(slots=True)
class Measures:
    """Collects what has to be computed: aggregates of one shared pass, further steps, and the final columns."""

    statement: Statement
    selection: Selection
    detail: bool
    passes: dict[str, Pass] = field(default_factory=dict)
    presence: list[Measured] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    def counts(self, events: nodes.Events) -> Pass:
        """Return the shared pass that reads the step these events are picked from."""
        source = self.selection.source(events)
        shared = self.passes.setdefault(source, Pass("counted" if source == SEEN else f"counted_{source}"))
        shared.codes = (
            None
            if events.names is None or shared.codes is None
            else shared.codes | set(self.selection.codes_of(events))
        )
        return shared

    def step(self, name: str, rule: str, body: str) -> None:
        """Add a step with at most one row a score, to be joined to the result."""
        self.statement.add(name, rule, body)
        self.joins.append(name)

    def column(self, name: str, expression: str) -> None:
        """Add a final column."""
        self.columns.append(f"{expression} AS {name}" if expression != name else name)


def add_criterion(measures: Measures, criterion: nodes.Criterion, tables: Tables) -> Measured:
    """Add what one criterion measures."""
    measured = Measured(criterion, slug("c", criterion.number, criterion.name))
    measure = criterion.measure
    if isinstance(measure, nodes.Attribute):
        return measured
    selection, counts = measures.selection, measures.counts(measure.events)
    if not measures.detail and _only_presence(criterion) and len(measures.presence) < MAX_BITS:
        bit = selection.names.add_bit("presence", selection.codes_of(measure.events))
        measures.presence.append(measured)
        measures.column(measured.column, f"CASE WHEN counted.presence & {bit} <> 0 THEN 1 ELSE 0 END")
        return measured
    picks = selection.picks(measure.events)
    if isinstance(measure, nodes.Growth):
        picks += f" AND {selection.since(measure.recent_us + measure.previous_us)}"
    if measures.detail or isinstance(measure, nodes.Count):
        events = counts.aggregate(measured.events, "count(*)", picks)
        measures.column(measured.events, f"COALESCE({events}, 0)")
    if measures.detail or isinstance(measure, nodes.DaysSince) or criterion.recency:
        measures.column(measured.last, counts.aggregate(measured.last, "max(at_us)", picks))
    if measures.detail:
        measures.column(measured.first, counts.aggregate(measured.first, "min(at_us)", picks))
    measures.column(measured.column, _measure(measures, measured, measure, picks, tables))
    return measured


def _only_presence(criterion: nodes.Criterion) -> bool:
    """Return whether the points depend only on whether any event of some names is visible."""
    measure, scoring = criterion.measure, criterion.scoring
    if not isinstance(measure, nodes.Count) or criterion.recency or not isinstance(scoring, nodes.Bands):
        return False
    events = measure.events
    at_least_one = (nodes.Condition("at_least", Decimal(1)),)
    plain = events.names is not None and events == nodes.Events(events.names)
    return plain and [b.conditions for b in scoring.bands] == [at_least_one]


def _measure(measures: Measures, measured: Measured, measure: nodes.Measure, picks: str, tables: Tables) -> str:
    """Return the final expression of a measure, after adding what it needs."""
    if isinstance(measure, nodes.Attribute):
        raise TypeError("an attribute is read, not measured")
    counts = measures.counts(measure.events)
    if isinstance(measure, nodes.Count):
        return f"COALESCE({counts.name}.{measured.events}, 0)"
    if isinstance(measure, nodes.DaysSince):
        idle = f"lead.as_of_us - {counts.name}.{measured.last}"
        return f"CAST({measures.selection.dialect.quotient(idle, str(DAY_US))} AS BIGINT)"
    if isinstance(measure, nodes.Sum):
        return _sum(measures, measured, measure, picks, tables)
    if isinstance(measure, nodes.Growth):
        return _growth(measures, measured, measure, picks)
    if isinstance(measure, nodes.Distinct):
        _distinct(measures, measured, measure, picks, tables)
    elif isinstance(measure, nodes.SessionDepth):
        _depth(measures, measured, measure, picks)
    elif isinstance(measure, nodes.SessionMinutes):
        _minutes(measures, measured, measure, picks)
    else:
        _sequence(measures, measured, measure, picks)
    return f"COALESCE({measured.column}.measure, 0)"


def _sum(measures: Measures, measured: Measured, measure: nodes.Sum, picks: str, tables: Tables) -> str:
    value, counts = tables.properties[measure.of], measures.counts(measure.events)
    bounded = f"greatest(least({value.number}, {SUM_LIMIT}), -{SUM_LIMIT})"
    unread = f"{picks} AND {value.text} IS NOT NULL AND {value.number} IS NULL"
    ignored = counts.aggregate(measured.ignored, "count(*)", unread)
    measures.column(measured.ignored, f"COALESCE({ignored}, 0)")
    result = counts.aggregate(measured.column, f"sum({bounded})", f"{picks} AND {value.number} IS NOT NULL")
    return f"COALESCE({result}, 0)"


def _growth(measures: Measures, measured: Measured, measure: nodes.Growth, picks: str) -> str:
    dialect, counts = measures.selection.dialect, measures.counts(measure.events)
    lately = measures.selection.since(measure.recent_us)
    recent = counts.aggregate(f"{measured.column}_recent", "count(*)", f"{picks} AND {lately}")
    previous = counts.aggregate(f"{measured.column}_previous", "count(*)", f"{picks} AND NOT ({lately})")
    twice = f"CAST({recent} AS {dialect.wide}) * 2000000000 + {previous}"
    ratio = dialect.from_units(dialect.quotient(twice, f"({previous} * 2)"), 9)
    return f"CASE WHEN {previous} > 0 THEN {ratio} END"


def _distinct(measures: Measures, measured: Measured, measure: nodes.Distinct, picks: str, tables: Tables) -> None:
    source, keys = measures.selection.source(measure.events), [measure.of]
    rule = f"{measured.criterion.name}: distinct values."
    if measure.of == "sessions":
        inner = _by_session("1 AS one", picks, measure.events.scope)
        measures.step(measured.column, rule, f"SELECT g, count(*) AS measure FROM (\n{inner}\n) AS found\nGROUP BY g")
        return
    if measure.of == "days":
        keys = [f"at_us - ((at_us % {DAY_US}) + {DAY_US}) % {DAY_US} AS day"]
    elif measure.of == "events":
        keys = ["event"]
    elif measure.of == "leads":
        keys = ["actor"]
        picks += " AND actor IS NOT NULL"
    else:
        value = tables.properties[measure.of]
        picks += f" AND {value.text} IS NOT NULL"
        exact = f"abs({value.number}) < {int(NUMBER_LIMIT)}"
        keys = [
            f"CASE WHEN {exact} THEN {value.number} END AS number",
            f"CASE WHEN ({exact}) IS NOT TRUE THEN {value.text} END AS word",
        ]
    inner = f"SELECT DISTINCT g, {', '.join(keys)} FROM {source} WHERE {picks}"
    measures.step(measured.column, rule, f"SELECT g, count(*) AS measure FROM (\n  {inner}\n) AS found\nGROUP BY g")


def _depth(measures: Measures, measured: Measured, measure: nodes.SessionDepth, picks: str) -> None:
    selection = measures.selection
    bits = f"{measured.column}_bits"
    for code in selection.codes_of(measure.events):
        selection.names.add_bit(bits, (code,))
    depth = f"{selection.dialect.bits_set(f'bit_or({bits})')} AS depth"
    rule = f"{measured.criterion.name}: most distinct names in one session."
    inner = _by_session(depth, picks, measure.events.scope)
    measures.step(measured.column, rule, f"SELECT g, max(depth) AS measure FROM (\n{inner}\n) AS found\nGROUP BY g")


def _minutes(measures: Measures, measured: Measured, measure: nodes.SessionMinutes, picks: str) -> None:
    minutes = measures.selection.dialect.quotient("max(at_us) - min(at_us)", str(MINUTE_US))
    rule = f"{measured.criterion.name}: whole minutes of the longest session."
    inner = _by_session(f"{minutes} AS minutes", picks, measure.events.scope)
    measures.step(measured.column, rule, f"SELECT g, max(minutes) AS measure FROM (\n{inner}\n) AS found\nGROUP BY g")


def _by_session(aggregate: str, picks: str, scope: nodes.Scope) -> str:
    """Return an aggregate over the picked events of each session; in an account, sessions are those of each person."""
    given, cut = _SESSIONS[scope]
    whose = "g" if scope == "lead" else "g, actor"
    with_id = f"  SELECT g, {aggregate} FROM {given} WHERE {picks} GROUP BY {whose}, session_id"
    return f"{with_id}\n  UNION ALL\n  SELECT g, {aggregate} FROM {cut} WHERE {picks} GROUP BY {whose}, gap_no"


def _sequence(measures: Measures, measured: Measured, measure: nodes.Sequence, picks: str) -> None:
    """Carry along the latest start from which each step can still be reached.

    `start_n` on a row is the latest start of a chain of n steps among the rows before it. The order is total:
    timestamp, then event_id, then the name, so that delivery cannot matter.
    """
    codes = [measures.selection.code(step) for step in measure.steps]
    window = "OVER (PARTITION BY g ORDER BY at_us, event_id NULLS LAST, code ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    source = measures.selection.source(measure.events)
    rows = f"SELECT g, at_us, event_id, code FROM {source} WHERE {picks}"
    start = "at_us"
    for n, code in enumerate(codes[:-1], 1):
        latest = f"max(CASE WHEN code = {code} THEN {start} END) {window} AS start_{n}"
        rows = f"SELECT *, {latest} FROM (\n{_indent(rows)}\n) AS step_{n}"
        start = f"start_{n}"
    reached = f"code = {codes[-1]} AND {start} IS NOT NULL"
    if measure.inside_us is not None:
        reached += f" AND at_us - {start} <= {measure.inside_us}"
    rule = f"{measured.criterion.name}: 1 if the steps occurred in this order."
    measures.step(
        measured.column,
        rule,
        f"SELECT g, 1 AS measure FROM (\n{_indent(rows)}\n) AS chained\nWHERE {reached}\nGROUP BY g",
    )


def _indent(body: str) -> str:
    return "\n".join(f"  {line}" for line in body.splitlines())


def add_sessions(statement: Statement, plan: nodes.Plan, selection: Selection) -> None:
    """Add every visible event with its session, of the leads and where asked of their colleagues.

    Events with a session_id belong to it; the others are cut, among themselves, at gaps over 30 minutes.
    """
    counted = [c.events for c in plan.criteria if c.events is not None and of_sessions(c.measure)]
    if any(e.scope == "account" for e in counted):
        _add_sessions(statement, selection, COLLEAGUES, "account")
    own = [e for e in counted if e.scope == "lead"]
    if own:
        placed = any(selection.source(e) == PLACED for e in own)
        _add_sessions(statement, selection, PLACED if placed else SEEN, "lead")


def _add_sessions(statement: Statement, selection: Selection, source: str, scope: nodes.Scope) -> None:
    given, cut = _SESSIONS[scope]
    left_out = ("lead_id", "account_id", "received_us", "replaced_us")
    base = ["g", *selection.names.columns(), *[c for c in selection.tables.events() if c not in left_out]]
    base += ["signup_us", "trial_started_us", "trial_ends_us"] if source != SEEN else []
    base += ["actor"] if scope == "account" else []
    base += ["as_of_us"] if selection.frame.is_grid else []
    whose = "g" if scope == "lead" else "g, actor"
    gap = f"at_us - lag(at_us) OVER (PARTITION BY {whose} ORDER BY at_us) > {SESSION_GAP_US}"
    statement.add(
        given,
        "Events with a session_id belong to that session.",
        select(base, source, "WHERE session_id IS NOT NULL"),
    )
    statement.add(
        f"{cut}_gap",
        "Events without a session_id: a gap over 30 minutes starts a new session.",
        select([*base, f"CASE WHEN {gap} THEN 1 ELSE 0 END AS starts"], source, "WHERE session_id IS NULL"),
    )
    statement.add(
        cut,
        "Their session is told by the number of gaps before them.",
        select([*base, f"sum(starts) OVER (PARTITION BY {whose} ORDER BY at_us) AS gap_no"], f"{cut}_gap"),
    )


def add_velocity(measures: Measures, velocity: nodes.Velocity) -> None:
    """Add `bursts`: how often the velocity bonus is earned (semantics, 3.3)."""
    selection = measures.selection
    key = " OR ".join(f"({selection.picks(events)})" for events in velocity.actions)
    if measures.detail:
        for events in velocity.actions:
            counts = measures.counts(events)
        measures.column(
            "velocity_events", f"COALESCE({counts.aggregate('velocity_events', 'count(*)', f'({key})')}, 0)"
        )
        measures.column("velocity_first_us", counts.aggregate("velocity_first_us", "min(at_us)", f"({key})"))
        measures.column("velocity_last_us", counts.aggregate("velocity_last_us", "max(at_us)", f"({key})"))
    back = velocity.at_least - 1
    start = f"lag(at_us, {back}) OVER (PARTITION BY g ORDER BY at_us)" if back else "at_us"
    source, columns = (PLACED, ["g", "at_us", "signup_us"]) if velocity.per_window else (SEEN, ["g", "at_us"])
    columns += ["as_of_us"] if selection.frame.is_grid else []
    measures.statement.add(
        "action",
        f"Key actions, each with the one {back} before it.",
        select([*columns, f"{start} AS burst_us"], source, f"WHERE {key}"),
    )
    reached = f"at_us - burst_us <= {velocity.within_us}"
    if velocity.expires_us is not None:
        reached += f" AND {selection.since(velocity.expires_us)}"
    awards = "1"
    if velocity.per_window:
        width = velocity.within_us
        since = "at_us - signup_us"
        window_start = f"{since} - (({since}) % {width} + {width}) % {width}"
        awards = f"count(DISTINCT {window_start})"
        if velocity.max_awards is not None:
            awards = f"least({awards}, {velocity.max_awards})"
    rule = "Bursts: enough key actions within the span; one award for each window on the grid from signup."
    if not velocity.per_window:
        rule = "Bursts: enough key actions within the span; the award counts once."
    measures.step("bursts", rule, f"SELECT g, {awards} AS awards\nFROM action\nWHERE {reached}\nGROUP BY g")
    measures.column("velocity_awards", "COALESCE(bursts.awards, 0)")


def add_activity(measures: Measures, decay: nodes.Decay) -> None:
    """Add `activity_us`: the last activity, or signup where there is none."""
    last = measures.counts(decay.activity).aggregate(
        "activity_last_us", "max(at_us)", measures.selection.picks(decay.activity)
    )
    measures.column("activity_us", f"COALESCE({last}, lead.signup_us)")


def add_signals(measures: Measures, ceiling: nodes.Ceiling) -> None:
    """Add `signals`: how many upgrade signals are visible."""
    picks = measures.selection.picks(ceiling.signals)
    measures.column(
        "signals", f"COALESCE({measures.counts(ceiling.signals).aggregate('signals', 'count(*)', picks)}, 0)"
    )


def add_active(measures: Measures, product: nodes.Product) -> None:
    """Add `active`: whether the product was used lately."""
    picks = measures.selection.picks(product.active)
    count = measures.counts(product.active).aggregate("active_events", "count(*)", picks)
    measures.column("active", f"COALESCE({count}, 0) > 0")


def add_seen_events(measures: Measures) -> None:
    """Add `seen_events`: how many events of a lead are visible, which accounts for the rows that were used."""
    counts = measures.counts(nodes.Events(None))
    measures.column("seen_events", f"COALESCE({counts.aggregate('seen_events', 'count(*)', 'TRUE')}, 0)")


def add_measured(measures: Measures) -> None:
    """Add the shared passes over the events, and `measured`, a row a score with every measure."""
    selection, joins = measures.selection, ["lead"]
    for source, shared in measures.passes.items():
        if source == SEEN and measures.presence:
            shared.aggregates.append("bit_or(presence) AS presence")
        if not shared.aggregates:
            continue
        where = f"WHERE {selection.names.condition(tuple(sorted(shared.codes)))}" if shared.codes else ""
        measures.statement.add(
            shared.name,
            "One pass over the events: a filtered aggregate for each simple measure.",
            select(["g", *shared.aggregates], source, where, "GROUP BY g"),
        )
        joins.append(f"LEFT JOIN {shared.name} ON {shared.name}.g = lead.g")
    joins += [f"LEFT JOIN {step} ON {step}.g = lead.g" for step in measures.joins]
    owner = "lead"
    if selection.frame.is_grid:
        owner = "grid" if selection.frame.dated else "leads"
        joins.append(
            "JOIN grid ON grid.g = lead.g" if selection.frame.dated else "JOIN leads ON leads.lead_id = lead.lead_id"
        )
    columns = ["lead.g", "lead.lead_id", "lead.as_of_us", "lead.signup_us", "lead.trial_ends_us"]
    measures.statement.add(
        "measured",
        "A row a score: what is known of the lead, and every measure.",
        select(
            [*columns, *[f"{owner}.{c}" for c in details(selection.tables)], *measures.columns],
            "\n".join(joins),
        ),
    )
