"""When a score changes, and when a PQL drops out, if nothing more happens: exact to the microsecond.

Time after the as-of instant is cut into pieces at the jumps of each lead (`denizen.sql.instants`). Within a piece only
idleness moves a score, and it can only take, so a piece whose end scores like its start is constant, and any other
piece holds exactly one first instant, found by narrowing a bracket. Every instant looked at is really scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.values import LATEST_US
from denizen.model.durations import LONGEST_US
from denizen.scoring.foresight.overtaken import can_be_overtaken, find_overtaken
from denizen.sql.dialect import DuckDB
from denizen.sql.instants import jumps_statement, moves_all_the_time, steps_statement

if TYPE_CHECKING:
    from denizen.scoring.imagine import World

CHANGE, DROP = "change", "drop"
_ROWS_A_ROUND = 20_000
_FEWEST_STEPS, _FEWEST_SPREAD, _MOST_PROBES = 2, 1, 64
_DOUBLINGS = 10
_WIDE_US = 1 << 30
_VERDICT = ("fit", "behavior", "pql", "disqualified", "capped")
_HIT = (
    f"CASE WHEN open.target = '{DROP}' THEN NOT imagined.pql ELSE"
    f" ({', '.join(f'imagined.{c}' for c in _VERDICT)}) IS DISTINCT FROM ({', '.join(f'now.{c}' for c in _VERDICT)}) END"
)


def find_instants(world: World) -> None:
    """Make the table `ahead`: `lead_id, next_change_us, drops_out_us` for every row of the world.

    Null means never, which is: not within 100 years, the longest duration a model can name.
    """
    Search(world).run()
    if can_be_overtaken(world.run.program):
        find_overtaken(world)


class Search:
    """A search over all leads at once; each round scores a few instants of every lead that is still open.

    `open` holds a row for each lead and target. It walks over the pieces from number `piece` on, with `low_us` the
    last instant known to be before the target; once `high_us` is set, the target lies in `(low_us, high_us]`.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.cursor = world.cursor
        plans = [scored.plan for scored in world.plans]
        self.always_moving = any(moves_all_the_time(plan) for plan in plans)

    def run(self) -> None:
        """Search until every target is found or known never to come."""
        self._start()
        rounds, fewest = 0, _FEWEST_SPREAD if self.always_moving else _FEWEST_STEPS
        while count := self._open_count():
            # The next step tells of nearly every lead, so only the few left over are looked at in many places.
            most = min(fewest << min(rounds, _DOUBLINGS), _MOST_PROBES)
            pieces = 1 << min(rounds, _DOUBLINGS)
            self._probe(pieces, max(fewest, min(most, _ROWS_A_ROUND // count)), near=rounds % 2 == 0)
            self._narrow(pieces)
            rounds += 1
        self.cursor.execute(
            "CREATE OR REPLACE TABLE ahead AS SELECT now.lead_id, change.at_us AS next_change_us, dropped.at_us AS"
            " drops_out_us FROM now"
            f" LEFT JOIN found AS change ON change.lead_id = now.lead_id AND change.target = '{CHANGE}'"
            f" LEFT JOIN found AS dropped ON dropped.lead_id = now.lead_id AND dropped.target = '{DROP}'"
        )

    def _open_count(self) -> int:
        return int(self.cursor.execute("SELECT count(*) FROM open").fetchall()[0][0])

    def _start(self) -> None:
        """List jumps and steps, and open the targets."""
        world, cursor = self.world, self.cursor
        plans = [scored.plan for scored in world.plans]
        every_jump = " UNION ".join(f"({jumps_statement(plan, DuckDB(), world.tables)})" for plan in plans)
        every_step = " UNION ".join(f"({steps_statement(plan, DuckDB(), world.tables)})" for plan in plans)
        cursor.execute("CREATE OR REPLACE TEMP TABLE now AS SELECT * FROM world_now")
        world.load("SELECT lead_id, as_of_us FROM world_rows")
        end = f"least(as_of_us + {LONGEST_US}, {LATEST_US})"
        jumps = f"SELECT lead_id, as_of_us, at_us FROM ({every_jump}) JOIN now USING (lead_id)"
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE pieces AS SELECT lead_id, row_number() OVER pieces_of AS piece,"
            " lag(at_us, 1, as_of_us) OVER pieces_of AS start_us,"
            f" CASE WHEN at_us = {end} THEN at_us ELSE at_us - 1 END AS end_us"
            f" FROM (SELECT * FROM ({jumps}) WHERE at_us > as_of_us AND at_us < {end}"
            f" UNION SELECT lead_id, as_of_us, {end} FROM now WHERE as_of_us < {end})"
            " WINDOW pieces_of AS (PARTITION BY lead_id ORDER BY at_us)"
        )
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE steps AS {every_step}")
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE open AS SELECT lead_id, target, 1 AS piece, as_of_us AS low_us,"
            f" CAST(NULL AS BIGINT) AS high_us FROM now JOIN (VALUES ('{CHANGE}'), ('{DROP}')) AS targets (target)"
            f" ON target = '{CHANGE}' OR pql WHERE lead_id IN (SELECT lead_id FROM pieces)"
        )
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE inside AS {_STEPS_INSIDE}")
        cursor.execute("CREATE OR REPLACE TEMP TABLE found (lead_id BIGINT, target VARCHAR, at_us BIGINT)")

    def _probe(self, pieces_a_round: int, probes: int, *, near: bool) -> None:
        """Score the instants of this round into `imagined`."""
        ends = (
            "SELECT lead_id, unnest([start_us, end_us]) AS at_us FROM open JOIN pieces USING (lead_id)"
            f" WHERE high_us IS NULL AND pieces.piece BETWEEN open.piece AND open.piece + {pieces_a_round - 1}"
        )
        inner = _spread(probes, near=near) if self.always_moving else _next_steps(probes)
        self.cursor.execute(
            "CREATE OR REPLACE TEMP TABLE probes AS SELECT DISTINCT lead_id, at_us AS as_of_us FROM"
            f" ({ends} UNION ALL {inner}) AS wanted JOIN now USING (lead_id) WHERE at_us > now.as_of_us"
        )
        self.world.score("SELECT lead_id, as_of_us FROM probes")

    def _narrow(self, pieces_a_round: int) -> None:
        """Move the brackets to what was seen; close what is found or exhausted."""
        cursor = self.cursor
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE told AS SELECT open.lead_id, open.target, imagined.as_of_us AS at_us,"
            f" {_HIT} AS hit, min(CASE WHEN {_HIT} THEN imagined.as_of_us END)"
            " OVER (PARTITION BY open.lead_id, open.target) AS first_hit_us"
            " FROM open JOIN now ON now.lead_id = open.lead_id JOIN imagined ON imagined.lead_id = open.lead_id"
            " AND imagined.as_of_us > open.low_us AND (open.high_us IS NULL OR imagined.as_of_us < open.high_us)"
        )
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE seen AS SELECT lead_id, target, any_value(first_hit_us) AS first_hit_us,"
            " max(at_us) FILTER (WHERE first_hit_us IS NULL OR at_us < first_hit_us) AS last_miss_us"
            " FROM told GROUP BY lead_id, target"
        )
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE open AS SELECT lead_id, target,"
            f" open.piece + {pieces_a_round} AS piece, coalesce(last_miss_us, low_us) AS low_us,"
            " coalesce(first_hit_us, high_us) AS high_us FROM open LEFT JOIN seen USING (lead_id, target)"
            " JOIN (SELECT lead_id, max(piece) AS last_piece FROM pieces GROUP BY lead_id) AS ends USING (lead_id)"
            f" WHERE first_hit_us IS NOT NULL OR high_us IS NOT NULL OR open.piece + {pieces_a_round} <= last_piece"
        )
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE inside AS {_STEPS_INSIDE}")
        closed = "high_us - low_us = 1"
        if not self.always_moving:
            closed += " OR high_us IS NOT NULL AND (lead_id, target) NOT IN (SELECT (lead_id, target) FROM inside)"
        cursor.execute(f"INSERT INTO found SELECT lead_id, target, high_us FROM open WHERE {closed}")
        cursor.execute("DELETE FROM open WHERE (lead_id, target) IN (SELECT (lead_id, target) FROM found)")


_STEPS_INSIDE = (
    "SELECT * FROM (SELECT lead_id, target, base_us, every_us,"
    " greatest((low_us - base_us) // every_us, 0) + 1 AS first_no,"
    " greatest(high_us - 1 - base_us, 0) // every_us AS last_no"
    " FROM open JOIN steps USING (lead_id) WHERE high_us IS NOT NULL AND every_us IS NOT NULL) AS numbered"
    " WHERE first_no <= last_no"
)
"""The steps strictly inside each bracket, by the numbers of the first and the last of each progression."""


def _next_steps(probes: int) -> str:
    """Return steps inside each bracket: the first two, because most often the next step tells, and some further on."""
    further = ", ".join(f"first_no + (last_no - first_no + 1) * {i} // {probes}" for i in range(1, probes))
    return (
        "SELECT lead_id, base_us + every_us * no AS at_us FROM (SELECT lead_id, base_us, every_us, last_no,"
        f" unnest([first_no, first_no + 1, {further}]) AS no FROM inside) AS numbers WHERE no <= last_no"
    )


def _spread(probes: int, *, near: bool) -> str:
    """Return instants inside each bracket: its middle or, where that is wide, `near` its start; more if there are many.

    A half-life moves a score within seconds, while a PQL drops out after weeks, so that both places are worth a look.
    """
    middle, close = "(high_us - low_us) // 2", "CAST(sqrt(high_us - low_us) AS BIGINT)"
    first = f"CASE WHEN high_us - low_us > {_WIDE_US} THEN {close} ELSE {middle} END" if near else middle
    evenly = [f"(high_us - low_us - 2) // {probes + 1} * {i} + 1" for i in range(1, probes, 2)]
    closely = [f"CAST(power(high_us - low_us - 1, {i} / {probes}) AS BIGINT)" for i in range(1, probes, 2)]
    listed = ", ".join(f"low_us + {offset}" for offset in [first, *evenly, *closely])
    return f"SELECT lead_id, unnest([{listed}]) AS at_us FROM open WHERE high_us IS NOT NULL AND high_us - low_us > 1"
