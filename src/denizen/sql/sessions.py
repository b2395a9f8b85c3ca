"""What is measured a session: how deep it went, how long it lasted (semantics, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.plan.needs import of_sessions
from denizen.sql.events import COLLEAGUES, ENTERED, PLACED, SEEN, WHOSE
from denizen.sql.running import INSTANT
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.sql.events import Picked, Selection
    from denizen.sql.passes import Measured, Measures
    from denizen.sql.statement import Statement

MINUTE_US = 60_000_000
SESSION_GAP_US = 30 * MINUTE_US
_SESSIONS: dict[str, tuple[str, str]] = {
    SEEN: ("given_session", "cut_session"),
    PLACED: ("given_session", "cut_session"),
    ENTERED: ("given_entered_session", "cut_entered_session"),
    COLLEAGUES: ("given_account_session", "cut_account_session"),
}
"""Where the events of each step stand with their session: those that name it, and those that are cut into sessions."""
BOTH, CUT = slice(None), slice(1, None)
"""Which of the two to look at."""


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
    whose = WHOSE[source]
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


def depth(measures: Measures, measured: Measured, measure: nodes.SessionDepth, picked: Picked) -> str:
    """Return the final expression of the most distinct names in one session, after adding what it needs."""
    selection, bits = measures.selection, f"{measured.column}_bits"
    for code in selection.codes_of(measure.events):
        selection.names.add_bit(bits, (code,))
    rule = f"{measured.criterion.name}: most distinct names in one session."
    whole, aggregates, picks = selection.dialect.bits_set("{0}"), (f"bit_or({bits})",), selection.text(picked)
    one_pass = measures.one_pass if selection.source(measure.events) in (SEEN, PLACED) else None
    found = one_pass and one_pass.depth(f"{measured.column}_given", picked)
    if one_pass is None or not found:
        return _most(measures, measured, rule, measure.events, picks, whole, aggregates)
    if one_pass.native.every_session:
        return found
    cut = _most(measures, measured, f"{rule} Of those without an id.", measure.events, picks, whole, aggregates, CUT)
    return f"greatest({found}, {cut})"


def minutes(measures: Measures, measured: Measured, measure: nodes.SessionMinutes, picks: str) -> str:
    """Return the final expression of the whole minutes of the longest session, after adding what it needs."""
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
    which: slice = BOTH,
) -> str:
    """Add the largest of what is made of a few aggregates over each session; `whole` has a place for each."""
    source, name = measures.selection.source(events), measured.column
    if source != ENTERED:
        inner = of_each_session(source, picks, f"{whole.format(*aggregates)} AS reached", which)
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


def of_each_session(source: str, picks: str, aggregate: str, which: slice = BOTH) -> str:
    """Return an aggregate over the picked events of each session; in an account, sessions are those of each person.

    Of what entered, it returns where each session began to have such an event.
    """
    columns = "lead_id, min(as_of_us) AS as_of_us" if source == ENTERED else f"g, {aggregate}"
    kinds = list(zip(_SESSIONS[source], ("session_id", "gap_no"), strict=True))[which]
    return "\n  UNION ALL\n".join(
        f"  SELECT {columns} FROM {table} WHERE {picks} GROUP BY {WHOSE[source]}, {session}" for table, session in kinds
    )
