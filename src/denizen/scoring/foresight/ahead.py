"""Foresight for every score of a run, as columns beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.scoring.foresight.reachable import find_reachable
from denizen.scoring.foresight.search import find_instants
from denizen.scoring.imagine import World

if TYPE_CHECKING:
    from denizen.scoring.run import Run

_COLUMNS = "next_change_at, drops_out_at, max_reachable, unknown_could_add"
FORESEEN = (
    f"SELECT scores.*, {_COLUMNS} FROM scores JOIN foreseen USING (lead_id, as_of) ORDER BY total DESC, lead_id, as_of"
)
"""The scores of a run with foresight, after `look_ahead`."""


def look_ahead(run: Run) -> World:
    """Make the view `foreseen`: a row a score with what is to come of it; return the world in which it was seen."""
    world = World(run)
    find_instants(world)
    find_reachable(world)
    run.connection.execute(
        "CREATE OR REPLACE TEMP VIEW foreseen AS SELECT real_id AS lead_id, make_timestamptz(as_of_us) AS as_of,"
        " make_timestamptz(next_change_us) AS next_change_at, make_timestamptz(drops_out_us) AS drops_out_at,"
        " max_reachable, unknown_could_add"
        " FROM world_rows JOIN ahead USING (lead_id) JOIN reachable USING (lead_id)"
    )
    return world
