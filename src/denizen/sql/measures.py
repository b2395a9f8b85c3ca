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
from denizen.sql.events import COLLEAGUES, ENTERED, MAX_BITS, PLACED, SEEN, details
from denizen.sql.literals import slug
from denizen.sql.running import INSTANT, ROW, STATE, Part, add_state
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.sql.events import Selection
    from denizen.sql.statement import Statement
    from denizen.sql.tables import Tables

MINUTE_US = 60_000_000
SESSION_GAP_US = 30 * MINUTE_US
_SESSIONS: dict[str, tuple[str, str]] = {
    SEEN: ("given_session", "cut_session"),
    PLACED: ("given_session", "cut_session"),
    ENTERED: ("given_entered_session", "cut_entered_session"),
    COLLEAGUES: ("given_account_session", "cut_account_session"),
}
_WHOSE = {SEEN: "g", PLACED: "g", ENTERED: "lead_id", COLLEAGUES: "g, actor"}
"""Whose events stand together in each step: those of a score, of a lead, or of a person seen by a score."""
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
    """One pass over the events with a filtered aggregate for each simple measure; `codes` None means any name.

    Where it reads what entered, `parts` collects what is to be added up along the rows of a lead.
    """

    name: str
    parts: list[Part] | None = None
    codes: set[int] | None = field(default_factory=set)
    aggregates: list[str] = field(default_factory=list)

    @property
    def home(self) -> str:
        """Where the results stand."""
        return self.name if self.parts is None else STATE

    def aggregate(self, name: str, function: str, picks: str) -> str:
        """Add an aggregate over the picked events; return where its result stands."""
        condition = "" if picks == "TRUE" else f" FILTER (WHERE {picks})"
        self.aggregates.append(f"{function}{condition} AS {name}")
        if self.parts is not None:
            combine = function.partition("(")[0]
            counted = combine == "count"
            self.parts.append(Part(self.name, name, "sum" if counted else combine, whole=counted))
        return f"{self.home}.{name}"


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
    parts: list[Part] = field(default_factory=list)

    def counts(self, events: nodes.Events, *, moving: bool = False) -> Pass:
        """Return the shared pass that reads the step these events are picked from."""
        source = self.selection.source(events, moving=moving)
        name = "counted" if source == SEEN else f"counted_{source}"
        shared = self.passes.setdefault(source, Pass(name, self.parts if source == ENTERED else None))
        shared.codes = (
            None
            if events.names is None or shared.codes is None
            else shared.codes | set(self.selection.codes_of(events))
        )
        return shared

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


def add_criterion(measures: Measures, criterion: nodes.Criterion, tables: Tables) -> Measured:
    """Add what one criterion measures."""
    measured = Measured(criterion, slug("c", criterion.number, criterion.name))
    measure = criterion.measure
    if isinstance(measure, nodes.Attribute):
        return measured
    selection, moving = measures.selection, isinstance(measure, nodes.Growth)
    counts = measures.counts(measure.events, moving=moving)
    if not measures.detail and _only_presence(criterion) and len(measures.presence) < MAX_BITS:
        bit = selection.names.add_bit("presence", selection.codes_of(measure.events))
        measures.presence.append(measured)
        measures.column(measured.column, f"CASE WHEN {_presence(selection)} & {bit} <> 0 THEN 1 ELSE 0 END")
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


def _presence(selection: Selection) -> str:
    """Return where the bits stand that say which names were seen."""
    return f"{STATE}.presence" if selection.frame.is_running else "counted.presence"


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
    if isinstance(measure, nodes.Growth):
        return _growth(measures, measured, measure, picks)
    counts = measures.counts(measure.events)
    if isinstance(measure, nodes.Count):
        return f"COALESCE({counts.home}.{measured.events}, 0)"
    if isinstance(measure, nodes.DaysSince):
        idle = f"lead.as_of_us - {counts.home}.{measured.last}"
        return f"CAST({measures.selection.dialect.quotient(idle, str(DAY_US))} AS BIGINT)"
    if isinstance(measure, nodes.Sum):
        return _sum(measures, measured, measure, picks, tables)
    if isinstance(measure, nodes.Distinct):
        found = _distinct(measures, measured, measure, picks, tables)
    elif isinstance(measure, nodes.SessionDepth):
        found = _depth(measures, measured, measure, picks)
    elif isinstance(measure, nodes.SessionMinutes):
        found = _minutes(measures, measured, measure, picks)
    else:
        found = _sequence(measures, measured, measure, picks)
    return f"COALESCE({found}, 0)"


def _sum(measures: Measures, measured: Measured, measure: nodes.Sum, picks: str, tables: Tables) -> str:
    value, counts = tables.properties[measure.of], measures.counts(measure.events)
    bounded = f"greatest(least({value.number}, {SUM_LIMIT}), -{SUM_LIMIT})"
    unread = f"{picks} AND {value.text} IS NOT NULL AND {value.number} IS NULL"
    ignored = counts.aggregate(measured.ignored, "count(*)", unread)
    measures.column(measured.ignored, f"COALESCE({ignored}, 0)")
    result = counts.aggregate(measured.column, f"sum({bounded})", f"{picks} AND {value.number} IS NOT NULL")
    return f"COALESCE({result}, 0)"


def _growth(measures: Measures, measured: Measured, measure: nodes.Growth, picks: str) -> str:
    dialect, counts = measures.selection.dialect, measures.counts(measure.events, moving=True)
    lately = measures.selection.since(measure.recent_us)
    recent = counts.aggregate(f"{measured.column}_recent", "count(*)", f"{picks} AND {lately}")
    previous = counts.aggregate(f"{measured.column}_previous", "count(*)", f"{picks} AND NOT ({lately})")
    twice = f"CAST({recent} AS {dialect.wide}) * 2000000000 + {previous}"
    ratio = dialect.from_units(dialect.quotient(twice, f"({previous} * 2)"), 9)
    return f"CASE WHEN {previous} > 0 THEN {ratio} END"


def _distinct(measures: Measures, measured: Measured, measure: nodes.Distinct, picks: str, tables: Tables) -> str:
    source, keys = measures.selection.source(measure.events), [measure.of]
    rule = f"{measured.criterion.name}: distinct values."
    if measure.of == "sessions":
        return _count_first(measures, measured.column, rule, _of_sessions(source, picks, "1 AS one"), source)
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
    if source == ENTERED:
        names = ", ".join(key.rpartition(" ")[2] for key in keys)
        each = f"SELECT lead_id, as_of_us, {', '.join(keys)} FROM {source} WHERE {picks}"
        first = f"SELECT lead_id, min(as_of_us) AS as_of_us FROM (\n  {each}\n) AS each GROUP BY lead_id, {names}"
    else:
        first = f"SELECT DISTINCT g, {', '.join(keys)} FROM {source} WHERE {picks}"
    return _count_first(measures, measured.column, rule, f"  {first}", source)


def _count_first(measures: Measures, name: str, rule: str, inner: str, source: str) -> str:
    """Count the distinct things listed: those of each score, or those new at each row at which something entered."""
    if source != ENTERED:
        return measures.step(name, rule, f"SELECT g, count(*) AS measure FROM (\n{inner}\n) AS found\nGROUP BY g")
    body = f"SELECT lead_id, as_of_us, count(*) AS measure FROM (\n{inner}\n) AS found\nGROUP BY lead_id, as_of_us"
    return measures.running_step(name, rule, body, "sum", INSTANT)


def _depth(measures: Measures, measured: Measured, measure: nodes.SessionDepth, picks: str) -> str:
    selection, bits = measures.selection, f"{measured.column}_bits"
    for code in selection.codes_of(measure.events):
        selection.names.add_bit(bits, (code,))
    rule = f"{measured.criterion.name}: most distinct names in one session."
    whole = selection.dialect.bits_set("{0}")
    return _most(measures, measured, rule, measure.events, picks, whole, (f"bit_or({bits})",))


def _minutes(measures: Measures, measured: Measured, measure: nodes.SessionMinutes, picks: str) -> str:
    rule = f"{measured.criterion.name}: whole minutes of the longest session."
    whole = measures.selection.dialect.quotient("{0} - {1}", str(MINUTE_US))
    return _most(measures, measured, rule, measure.events, picks, whole, ("max(at_us)", "min(at_us)"))


def _most(
    measures: Measures,
    measured: Measured,
    rule: str,
    events: nodes.Events,
    picks: str,
    whole: str,
    aggregates: tuple[str, ...],
) -> str:
    """Add the largest of what is made of a few aggregates over each session; `whole` has a place for each."""
    source, name = measures.selection.source(events), measured.column
    if source != ENTERED:
        inner = _of_sessions(source, picks, f"{whole.format(*aggregates)} AS reached")
        body = f"SELECT g, max(reached) AS measure FROM (\n{inner}\n) AS found\nGROUP BY g"
        return measures.step(name, rule, body)
    carried = [f"{a.partition('(')[0]}(part_{i}) OVER so_far" for i, a in enumerate(aggregates)]
    listed = ", ".join(f"{a} AS part_{i}" for i, a in enumerate(aggregates))
    parts = []
    for table, session in zip(_SESSIONS[source], ("session_id", "gap_no"), strict=True):
        keys = f"lead_id, {session}"
        grown = f"SELECT {keys}, as_of_us, {listed} FROM {table} WHERE {picks} GROUP BY {keys}, as_of_us"
        parts.append(
            f"  SELECT lead_id, as_of_us, {whole.format(*carried)} AS reached FROM ({grown}) AS {table}_grown"
            f" WINDOW so_far AS (PARTITION BY {keys} ORDER BY as_of_us ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
    inner = "\n  UNION ALL\n".join(parts)
    body = f"SELECT lead_id, as_of_us, max(reached) AS measure FROM (\n{inner}\n) AS found\nGROUP BY lead_id, as_of_us"
    return measures.running_step(name, rule, body, "max", INSTANT)


def _of_sessions(source: str, picks: str, aggregate: str) -> str:
    """Return an aggregate over the picked events of each session; in an account, sessions are those of each person.

    Of what entered, it returns where each session began to have such an event.
    """
    columns = "lead_id, min(as_of_us) AS as_of_us" if source == ENTERED else f"g, {aggregate}"
    return "\n  UNION ALL\n".join(
        f"  SELECT {columns} FROM {table} WHERE {picks} GROUP BY {_WHOSE[source]}, {session}"
        for table, session in zip(_SESSIONS[source], ("session_id", "gap_no"), strict=True)
    )


def _sequence(measures: Measures, measured: Measured, measure: nodes.Sequence, picks: str) -> str:
    """Carry along the latest start from which each step can still be reached.

    `start_n` on a row is the latest start of a chain of n steps among the rows before it. The order is total:
    timestamp, then event_id, then the name, so that delivery cannot matter.
    """
    codes = [measures.selection.code(step) for step in measure.steps]
    source = measures.selection.source(measure.events)
    whose = _WHOSE[source]
    window = f"OVER (PARTITION BY {whose} ORDER BY at_us, event_id NULLS LAST, code ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    owner = "g, lead_id" if source == ENTERED else whose
    rows = f"SELECT {owner}, at_us, event_id, code FROM {source} WHERE {picks}"
    start = "at_us"
    for n, code in enumerate(codes[:-1], 1):
        latest = f"max(CASE WHEN code = {code} THEN {start} END) {window} AS start_{n}"
        rows = f"SELECT *, {latest} FROM (\n{_indent(rows)}\n) AS step_{n}"
        start = f"start_{n}"
    reached = f"code = {codes[-1]} AND {start} IS NOT NULL"
    if measure.inside_us is not None:
        reached += f" AND at_us - {start} <= {measure.inside_us}"
    rule = f"{measured.criterion.name}: 1 if the steps occurred in this order."
    body = f"SELECT g, 1 AS measure FROM (\n{_indent(rows)}\n) AS chained\nWHERE {reached}\nGROUP BY g"
    if source == ENTERED:
        return measures.running_step(measured.column, rule, body, "max")
    return measures.step(measured.column, rule, body)


def _indent(body: str) -> str:
    return "\n".join(f"  {line}" for line in body.splitlines())


def add_sessions(statement: Statement, plan: nodes.Plan, selection: Selection) -> None:
    """Add every visible event with its session, of the leads and where asked of their colleagues.

    Events with a session_id belong to it; the others are cut, among themselves, at gaps over 30 minutes.
    """
    sources = [selection.source(c.events) for c in plan.criteria if c.events is not None and of_sessions(c.measure)]
    for source in dict.fromkeys(s for s in sources if s != SEEN or PLACED not in sources):
        _add_sessions(statement, selection, source)


def _add_sessions(statement: Statement, selection: Selection, source: str) -> None:
    given, cut = _SESSIONS[source]
    left_out = ("lead_id", "account_id", "received_us", "replaced_us")
    base = ["g", *selection.names.columns(), *[c for c in selection.tables.events() if c not in left_out]]
    base += ["signup_us", "trial_started_us", "trial_ends_us"] if source != SEEN else []
    base += ["actor"] if source == COLLEAGUES else ["lead_id"] if source == ENTERED else []
    base += ["as_of_us"] if selection.frame.is_grid else []
    whose = _WHOSE[source]
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
    running = selection.frame.is_running and velocity.expires_us is None
    source = ENTERED if running else PLACED if velocity.per_window else SEEN
    start = f"lag(at_us, {back}) OVER (PARTITION BY {_WHOSE[source]} ORDER BY at_us)" if back else "at_us"
    columns = ["g", "at_us", *(["signup_us"] if velocity.per_window else [])]
    columns += ["as_of_us"] if selection.frame.is_grid else []
    columns += ["lead_id"] if running else []
    measures.statement.add(
        "action",
        f"Key actions, each with the one {back} before it.",
        select([*columns, f"{start} AS burst_us"], source, f"WHERE {key}"),
    )
    reached = f"at_us - burst_us <= {velocity.within_us}"
    if velocity.expires_us is not None:
        reached += f" AND {selection.since(velocity.expires_us)}"
    found = _awards(measures, velocity, reached, running=running)
    measures.column("velocity_awards", f"COALESCE({found}, 0)")


def _awards(measures: Measures, velocity: nodes.Velocity, reached: str, *, running: bool) -> str:
    """Add `bursts` from the key actions at which one was reached; return how many awards they earn."""
    if not velocity.per_window:
        rule = "Bursts: enough key actions within the span; the award counts once."
        once = f"SELECT g, 1 AS awards\nFROM action\nWHERE {reached}\nGROUP BY g"
        if running:
            return measures.running_step("bursts", rule, once, "max", value="awards")
        return measures.step("bursts", rule, once, "awards")
    rule = "Bursts: enough key actions within the span; one award for each window on the grid from signup."
    width = velocity.within_us
    since = "at_us - signup_us"
    window_start = f"{since} - (({since}) % {width} + {width}) % {width}"
    if running:
        first = (
            f"SELECT lead_id, min(as_of_us) AS as_of_us FROM action WHERE {reached} GROUP BY lead_id, {window_start}"
        )
        body = f"SELECT lead_id, as_of_us, count(*) AS awards FROM (\n  {first}\n) AS won\nGROUP BY lead_id, as_of_us"
        awards = measures.running_step("bursts", rule, body, "sum", INSTANT, "awards")
    else:
        body = f"SELECT g, count(DISTINCT {window_start}) AS awards\nFROM action\nWHERE {reached}\nGROUP BY g"
        awards = measures.step("bursts", rule, body, "awards")
    return awards if velocity.max_awards is None else f"least(COALESCE({awards}, 0), {velocity.max_awards})"


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


def add_measured(measures: Measures, of_lead: list[str]) -> None:
    """Add the shared passes over the events, and `measured`, a row a score with every measure.

    `of_lead` are columns worked out once a lead, however many instants are asked about.
    """
    selection, joins = measures.selection, ["lead"]
    for source, shared in measures.passes.items():
        if measures.presence and source == (ENTERED if selection.frame.is_running else SEEN):
            shared.aggregate("presence", "bit_or(presence)", "TRUE")
        if not shared.aggregates:
            continue
        where = f"WHERE {selection.names.condition(tuple(sorted(shared.codes)))}" if shared.codes else ""
        measures.statement.add(
            shared.name,
            "One pass over the events: a filtered aggregate for each simple measure.",
            select(["g", *shared.aggregates], source, where, "GROUP BY g"),
        )
        if shared.parts is None:
            joins.append(f"LEFT JOIN {shared.name} ON {shared.name}.g = lead.g")
    joins += add_state(measures.statement, measures.parts) if measures.parts else []
    joins += [f"LEFT JOIN {step} ON {step}.g = lead.g" for step in measures.joins]
    owner, known = "lead", details(selection.tables)
    if of_lead:
        columns = ["lead_id", *known]
        rule = "What attributes give a lead, once for all its rows."
        owner = measures.statement.add("of_lead", rule, select([*columns, *of_lead], "leads"))
        joins.append("JOIN of_lead ON of_lead.lead_id = lead.lead_id")
        known = [*known, *[column.rpartition(" ")[2] for column in of_lead]]
    elif selection.frame.is_grid:
        owner = "grid" if selection.frame.dated else "leads"
        joins.append(
            "JOIN grid ON grid.g = lead.g" if selection.frame.dated else "JOIN leads ON leads.lead_id = lead.lead_id"
        )
    columns = ["lead.g", "lead.lead_id", "lead.as_of_us", "lead.signup_us", "lead.trial_ends_us"]
    measures.statement.add(
        "measured",
        "A row a score: what is known of the lead, and every measure.",
        select(
            [*columns, *[f"{owner}.{c}" for c in known], *measures.columns],
            "\n".join(joins),
        ),
    )
