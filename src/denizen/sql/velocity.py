"""The velocity bonus: how often a burst of key actions earns it (semantics, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.sql.events import ENTERED, PLACED, SEEN, WHOSE, Picked
from denizen.sql.passes import EVERY
from denizen.sql.running import INSTANT
from denizen.sql.statement import select

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.sql.events import Selection
    from denizen.sql.passes import Measures


def add_velocity(measures: Measures, velocity: nodes.Velocity) -> None:
    """Add `bursts`: how often the velocity bonus is earned (semantics, 3.3)."""
    selection = measures.selection
    actions = key_actions(selection, velocity)
    key = selection.text(actions)
    if measures.detail:
        counts = measures.counts(velocity.actions[0])
        events = counts.aggregate("velocity_events", "count(*)", actions)
        measures.column("velocity_events", f"COALESCE({events}, 0)")
        measures.column("velocity_first_us", counts.aggregate("velocity_first_us", "min(at_us)", actions))
        measures.column("velocity_last_us", counts.aggregate("velocity_last_us", "max(at_us)", actions))
    if measures.one_pass is not None and (found := measures.one_pass.burst("bursts", actions, velocity)):
        measures.column("velocity_awards", _at_most(found, velocity))
        return
    back = velocity.at_least - 1
    running = selection.frame.is_running and velocity.expires_us is None
    source = ENTERED if running else PLACED if velocity.per_window else SEEN
    start = f"lag(at_us, {back}) OVER (PARTITION BY {WHOSE[source]} ORDER BY at_us)" if back else "at_us"
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
    measures.column("velocity_awards", _at_most(found, velocity))


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
    return awards


def key_actions(selection: Selection, velocity: nodes.Velocity) -> Picked:
    """Return what the key actions are: any of the alternatives."""
    each = [selection.picked(events) for events in velocity.actions]
    if all(p == Picked(p.codes) and p.codes is not None for p in each):
        return Picked(tuple(sorted({code for p in each for code in p.codes or ()})))
    return EVERY.which(f"({' OR '.join(f'({selection.text(p)})' for p in each)})")


def _at_most(awards: str, velocity: nodes.Velocity) -> str:
    earned = f"COALESCE({awards}, 0)"
    once_or_no_limit = not velocity.per_window or velocity.max_awards is None
    return earned if once_or_no_limit else f"least({earned}, {velocity.max_awards})"
