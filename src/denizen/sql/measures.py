"""The measures of criteria over the visible events (semantics, section 2).

Simple measures share one pass over the events (`counted`); those that group by more than the lead get a step each.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.model.values import NUMBER_LIMIT
from denizen.plan import nodes
from denizen.sql.events import ENTERED, MAX_BITS
from denizen.sql.literals import slug
from denizen.sql.passes import EVERY, Measured
from denizen.sql.running import INSTANT, STATE
from denizen.sql.sessions import depth, minutes, of_each_session

if TYPE_CHECKING:
    from denizen.sql.events import Picked, Selection
    from denizen.sql.passes import Measures
    from denizen.sql.tables import Tables

SUM_LIMIT = 10**18
"""A single value adds at most ±10^18 to a sum."""


def add_criterion(measures: Measures, criterion: nodes.Criterion, tables: Tables) -> Measured:
    """Add what one criterion measures."""
    measured = Measured(criterion, slug("c", criterion.number, criterion.name))
    measure = criterion.measure
    if isinstance(measure, nodes.Attribute):
        return measured
    selection = measures.selection
    counts = measures.counts(measure.events, moving=isinstance(measure, nodes.Growth))
    if not measures.detail and _only_presence(criterion) and (seen := _presence(measures, measured, measure)):
        measures.column(measured.column, f"CASE WHEN {seen} THEN 1 ELSE 0 END")
        return measured
    picked = counted_by(measure, selection)
    events = last = ""
    if measures.detail or isinstance(measure, nodes.Count):
        events = f"COALESCE({counts.aggregate(measured.events, 'count(*)', picked)}, 0)"
        measures.column(measured.events, events)
    if measures.detail or isinstance(measure, nodes.DaysSince) or criterion.recency:
        last = counts.aggregate(measured.last, "max(at_us)", picked)
        measures.column(measured.last, last)
    if measures.detail:
        measures.column(measured.first, counts.aggregate(measured.first, "min(at_us)", picked))
    if isinstance(measure, nodes.Count):
        measures.column(measured.column, events)
    elif isinstance(measure, nodes.DaysSince):
        days = selection.dialect.quotient(f"lead.as_of_us - {last}", str(DAY_US))
        measures.column(measured.column, f"CAST({days} AS BIGINT)")
    else:
        measures.column(measured.column, _measure(measures, measured, measure, picked, tables))
    return measured


def counted_by(measure: nodes.Measure, selection: Selection) -> Picked:
    """Return which events add to a measure: where a property is asked, those that have one that can."""
    if isinstance(measure, nodes.Attribute):
        raise TypeError("an attribute is read, not counted")
    picked = selection.picked(measure.events)
    if isinstance(measure, nodes.Growth):
        return picked.which(selection.since(measure.recent_us + measure.previous_us))
    if isinstance(measure, nodes.Sum):
        return picked.which(f"{selection.tables.properties[measure.of].number} IS NOT NULL")
    if isinstance(measure, nodes.Distinct) and measure.of not in ("days", "events", "sessions", "leads"):
        return picked.which(f"{selection.tables.properties[measure.of].text} IS NOT NULL")
    return picked


def _presence(measures: Measures, measured: Measured, measure: nodes.Measure) -> str | None:
    """Return the condition that any event of some names was seen; None if there is no bit left to tell it by."""
    selection = measures.selection
    if isinstance(measure, nodes.Attribute):
        return None
    if measures.one_pass is not None:
        return measures.one_pass.presence(selection.picked(measure.events))
    if len(measures.presence) >= MAX_BITS:
        return None
    bit = selection.names.add_bit("presence", selection.codes_of(measure.events))
    measures.presence.append(measured)
    return f"{STATE if selection.frame.is_running else 'counted'}.presence & {bit} <> 0"


def _only_presence(criterion: nodes.Criterion) -> bool:
    """Return whether the points depend only on whether any event of some names is visible."""
    measure, scoring = criterion.measure, criterion.scoring
    if not isinstance(measure, nodes.Count) or criterion.recency or not isinstance(scoring, nodes.Bands):
        return False
    events = measure.events
    at_least_one = (nodes.Condition("at_least", Decimal(1)),)
    plain = events.names is not None and events == nodes.Events(events.names)
    return plain and [b.conditions for b in scoring.bands] == [at_least_one]


def _measure(measures: Measures, measured: Measured, measure: nodes.Measure, picked: Picked, tables: Tables) -> str:
    """Return the final expression of a measure, after adding what it needs."""
    if isinstance(measure, nodes.Growth):
        return _growth(measures, measured, measure, picked)
    if isinstance(measure, nodes.Sum):
        return _sum(measures, measured, measure, picked, tables)
    picks = measures.selection.text(picked)
    if isinstance(measure, nodes.Distinct):
        found = _distinct(measures, measured, measure, picks, tables)
    elif isinstance(measure, nodes.SessionDepth):
        found = depth(measures, measured, measure, picked)
    elif isinstance(measure, nodes.SessionMinutes):
        found = minutes(measures, measured, measure, picks)
    elif isinstance(measure, nodes.Sequence):
        found = _sequence(measures, measured, measure, picks)
    else:
        raise TypeError("read or counted, not measured in a step of its own")
    return f"COALESCE({found}, 0)"


def _sum(measures: Measures, measured: Measured, measure: nodes.Sum, picked: Picked, tables: Tables) -> str:
    value, counts = tables.properties[measure.of], measures.counts(measure.events)
    bounded = f"greatest(least({value.number}, {SUM_LIMIT}), -{SUM_LIMIT})"
    given = measures.selection.picked(measure.events)
    unread = given.which(f"{value.text} IS NOT NULL", f"{value.number} IS NULL")
    ignored = counts.aggregate(measured.ignored, "count(*)", unread)
    measures.column(measured.ignored, f"COALESCE({ignored}, 0)")
    result = counts.aggregate(measured.column, f"sum({bounded})", picked)
    return f"COALESCE({result}, 0)"


def _growth(measures: Measures, measured: Measured, measure: nodes.Growth, picked: Picked) -> str:
    dialect, counts = measures.selection.dialect, measures.counts(measure.events, moving=True)
    lately = measures.selection.since(measure.recent_us)
    recent = counts.aggregate(f"{measured.column}_recent", "count(*)", picked.which(lately))
    previous = counts.aggregate(f"{measured.column}_previous", "count(*)", picked.which(f"NOT ({lately})"))
    twice = f"CAST({recent} AS {dialect.wide}) * 2000000000 + {previous}"
    ratio = dialect.from_units(dialect.quotient(twice, f"({previous} * 2)"), 9)
    return f"CASE WHEN {previous} > 0 THEN {ratio} END"


def _distinct(measures: Measures, measured: Measured, measure: nodes.Distinct, picks: str, tables: Tables) -> str:
    source, keys = measures.selection.source(measure.events), [measure.of]
    rule = f"{measured.criterion.name}: distinct values."
    if measure.of == "sessions":
        return _count_first(measures, measured.column, rule, of_each_session(source, picks, "1 AS one"), source)
    if measure.of == "days":
        keys = [f"at_us - ((at_us % {DAY_US}) + {DAY_US}) % {DAY_US} AS day"]
    elif measure.of == "events":
        keys = ["event"]
    elif measure.of == "leads":
        keys = ["actor"]
        picks += " AND actor IS NOT NULL"
    else:
        value = tables.properties[measure.of]
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


def _sequence(measures: Measures, measured: Measured, measure: nodes.Sequence, picks: str) -> str:
    """Carry along the latest start from which each step can still be reached.

    `start_n` on a row is the latest start of a chain of n steps among the rows before it. The order is total:
    timestamp, then event_id, then the name, so that delivery cannot matter. In an account, everyone's events make one
    sequence, so that one person's step can follow another's or one of the account's own.
    """
    codes = [measures.selection.code(step) for step in measure.steps]
    source = measures.selection.source(measure.events)
    whose, owner = ("lead_id", "g, lead_id") if source == ENTERED else ("g", "g")
    window = f"OVER (PARTITION BY {whose} ORDER BY at_us, event_id NULLS LAST, code ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
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


def add_activity(measures: Measures, decay: nodes.Decay) -> None:
    """Add `activity_us`: the last activity, or signup where there is none."""
    picked = measures.selection.picked(decay.activity)
    last = measures.counts(decay.activity).aggregate("activity_last_us", "max(at_us)", picked)
    measures.column("activity_us", f"COALESCE({last}, lead.signup_us)")


def add_signals(measures: Measures, ceiling: nodes.Ceiling) -> None:
    """Add `signals`: how many upgrade signals are visible."""
    picked = measures.selection.picked(ceiling.signals)
    count = measures.counts(ceiling.signals).aggregate("signals", "count(*)", picked)
    measures.column("signals", f"COALESCE({count}, 0)")


def add_active(measures: Measures, product: nodes.Product) -> None:
    """Add `active`: whether the product was used lately."""
    picked = measures.selection.picked(product.active)
    count = measures.counts(product.active).aggregate("active_events", "count(*)", picked)
    measures.column("active", f"COALESCE({count}, 0) > 0")


def add_seen_events(measures: Measures) -> None:
    """Add `seen_events`: how many events of a lead are visible, which accounts for the rows that were used."""
    count = measures.counts(nodes.Events(None)).aggregate("seen_events", "count(*)", EVERY)
    measures.column("seen_events", f"COALESCE({count}, 0)")
