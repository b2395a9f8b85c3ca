"""Coming back: what ends idleness, whatever else a lead does then.

Who does anything in the product has come back to it. So coming back is no milestone of its own; it goes with each of
them, and is told apart from what they are worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.scoring.foresight.actions import SOME_EVENT, Action, actions_of
from denizen.scoring.foresight.scenarios import NewEvent, event_table, logged, store
from denizen.scoring.imagine import EVENTS
from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.scoring.imagine import World

COMING_BACK = "coming back"
CAME_BACK = "came_back"


def only_idles(criterion: nodes.Criterion) -> bool:
    """Return whether a criterion does nothing but take points for time without an event."""
    if not isinstance(criterion.measure, nodes.DaysSince):
        return False
    scoring = criterion.scoring
    given = [scoring.points] if isinstance(scoring, nodes.Each) else [band.points for band in scoring.bands]
    return all(points <= 0 for points in given)


def find_returning(world: World) -> str:
    """Make `came_back`, the events with which idle leads come back, and `back`, what every lead scores then.

    It needs `now`, the present scores, and the ledger of the run. Idle is a lead from whom decay or a criterion on the days
    since an event takes points. Returns in words what they do.
    """
    actions = _actions(world)
    store(world, "ways_back", event_table(world, [(0, no, e) for no, e in enumerate(_once(actions), 1)]))
    lines = [text(c.name) for c in world.plan.part("behavior") if only_idles(c)]
    idle = f"kind = 'decay' OR (kind = 'criterion' AND line IN ({', '.join(lines) or text('')}))"
    world.run.connection.execute(
        "CREATE OR REPLACE TABLE returning_leads AS SELECT DISTINCT world_rows.lead_id FROM lines JOIN final USING (g)"
        f" JOIN world_rows ON world_rows.real_id = final.lead_id WHERE part = 'behavior' AND points < 0 AND ({idle})"
    )
    changed = {"lead_id": "r.lead_id", "event_id": "'~ ' || lpad(CAST(a.no AS VARCHAR), 6, '0')"}
    world.cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {CAME_BACK} AS SELECT {logged(world, changed)} FROM ways_back AS a"
        " CROSS JOIN world_rows AS r WHERE r.lead_id IN (SELECT lead_id FROM returning_leads)"
    )
    kept = f"SELECT * FROM {EVENTS} WHERE {world.concerns('SELECT lead_id FROM returning_leads')}"
    world.score(
        "SELECT lead_id, as_of_us FROM world_rows WHERE lead_id IN (SELECT lead_id FROM returning_leads)",
        events=f"({kept} UNION ALL BY NAME SELECT * FROM {CAME_BACK})",
    )
    world.cursor.execute(
        "CREATE OR REPLACE TEMP TABLE back AS SELECT lead_id, total, pql FROM imagined UNION ALL"
        " SELECT lead_id, total, pql FROM now WHERE lead_id NOT IN (SELECT lead_id FROM imagined)"
    )
    named = [a.named for a in actions if a.event != SOME_EVENT]
    return f"{' and '.join(named)} again" if named else "do anything again"


def _actions(world: World) -> list[Action]:
    """Return what ends idleness: an event of each criterion on days since one, and of the activity that decay asks for."""
    plan = world.plan
    events = [c.events for c in plan.part("behavior") if only_idles(c) and c.events is not None]
    events += [plan.decay.activity] if plan.decay else []
    found = dict.fromkeys(actions_of(world, e)[0] for e in events)
    named = [a for a in found if a.event != SOME_EVENT]
    return named or list(found)


def _once(actions: list[Action]) -> list[NewEvent]:
    return [event for action in actions for event in action.happenings(1)]
