"""PQLs that drop out because a product with a ceiling becomes their best for a while.

Between two jumps each product's total only falls, yet which of them is highest may change and change back. A span of
time is settled when no capped product can have been above the best open one anywhere in it: the most that a capped one
had (at its start) is no more than the least that the best open one has (at its end). Any other span is cut up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denizen.plan.nodes import Program
    from denizen.scoring.imagine import World

_PARTS = 16
"""In how many spans an unsettled one is cut at a time."""


def can_be_overtaken(program: Program) -> bool:
    """Return whether a lead has several products and one of them a ceiling that its gates do not already exclude."""
    return any(
        len(variant.plans) > 1
        and any(p.ceiling is not None and p.ceiling.at >= p.gates.behavior for p in variant.plans)
        for variant in program.variants
    )


def find_overtaken(world: World) -> None:
    """Mend `drops_out_us` in the table `ahead` where a PQL drops out and is one again between two jumps.

    `pieces` and `now` are those of the search for instants.
    """
    cursor = world.cursor
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE spans AS SELECT lead_id, start_us AS low_us, least(end_us, drops_out_us) AS high_us"
        " FROM pieces JOIN now USING (lead_id) JOIN ahead USING (lead_id)"
        " WHERE now.pql AND (drops_out_us IS NULL OR start_us < drops_out_us)"
    )
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE told (lead_id BIGINT, at_us BIGINT, pql BOOLEAN, capped_total DECIMAL(18, 6),"
        " open_total DECIMAL(18, 6))"
    )
    cursor.execute("CREATE OR REPLACE TEMP TABLE first_drop (lead_id BIGINT, at_us BIGINT)")
    while cursor.execute("SELECT count(*) FROM spans").fetchall()[0][0]:
        world.score_products(
            "SELECT DISTINCT lead_id, at_us AS as_of_us FROM (SELECT lead_id, unnest([low_us, high_us]) AS at_us FROM spans)"
            " WHERE (lead_id, at_us) NOT IN (SELECT (lead_id, at_us) FROM told)"
        )
        cursor.execute(
            "INSERT INTO told SELECT lead_id, as_of_us, pql, capped_total, open_total FROM imagined_products"
        )
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE first_drop AS SELECT lead_id, min(at_us) AS at_us FROM told WHERE NOT pql GROUP BY lead_id"
        )
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE spans AS {_CUT}")
    cursor.execute(
        "CREATE OR REPLACE TABLE ahead AS SELECT ahead.lead_id, next_change_us, least(drops_out_us, first_drop.at_us) AS"
        " drops_out_us FROM ahead LEFT JOIN first_drop USING (lead_id)"
    )


_UNSETTLED = (
    "SELECT spans.lead_id, low_us, high_us FROM spans"
    " JOIN told AS low ON low.lead_id = spans.lead_id AND low.at_us = low_us"
    " JOIN told AS high ON high.lead_id = spans.lead_id AND high.at_us = high_us"
    " LEFT JOIN first_drop ON first_drop.lead_id = spans.lead_id"
    " WHERE low.pql AND high_us - low_us > 1 AND (first_drop.at_us IS NULL OR low_us < first_drop.at_us)"
    " AND (NOT high.pql OR low.capped_total > coalesce(high.open_total, 0))"
)
_CUT = (
    "SELECT DISTINCT lead_id, low_us + width * part AS low_us, least(low_us + width * (part + 1), high_us) AS high_us"
    f" FROM (SELECT *, greatest((high_us - low_us) // {_PARTS}, 1) AS width FROM ({_UNSETTLED}) AS unsettled) AS wide,"
    f" range({_PARTS + 2}) AS parts (part) WHERE low_us + width * part < high_us"
)
