"""The highest total that a lead can have, whatever its unknown attributes turn out to be.

Attributes that act on each other only through a sum have one best value each. Where they do not (one attribute feeds
fit and behavior, two products, a ceiling or a segment), the combinations of their kinds are scored, those left out that
give less of everything than another.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING

import pyarrow as pa

from denizen.scoring.foresight.kinds import Kind, best_of, kinds_of
from denizen.scoring.foresight.scenarios import columns_of, store
from denizen.scoring.imagine import LEADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from denizen.scoring.imagine import World

MOST_COMBINATIONS = 64
"""At most so many combinations of values are scored for a lead; of more, those that add the most points."""
_ROWS_A_ROUND = 200_000


@dataclass(frozen=True, slots=True)
class _Combination:
    """Values of several attributes, and together what one kind is of one attribute."""

    values: tuple[str | None, ...]
    kind: Kind


def find_reachable(world: World) -> None:
    """Make the table `reachable`: `lead_id, max_reachable, unknown_could_add`. It needs `now`, the present scores."""
    fronts = {name: best_of(kinds_of(world, name)) for name in world.tables.attributes}
    fronts = {name: kinds for name, kinds in fronts.items() if [k.value for k in kinds] != [None]}
    world.cursor.execute("CREATE OR REPLACE TEMP TABLE reached AS SELECT lead_id, total FROM now")
    if fronts:
        _score_best(world, fronts)
    world.cursor.execute(
        "CREATE OR REPLACE TABLE reachable AS SELECT now.lead_id, CAST(max(reached.total) AS DOUBLE) AS max_reachable,"
        " CAST(max(reached.total) - any_value(now.total) AS DOUBLE) AS unknown_could_add"
        " FROM now JOIN reached USING (lead_id) GROUP BY now.lead_id"
    )


def _score_best(world: World, fronts: dict[str, list[Kind]]) -> None:
    """Score every lead that lacks any of these attributes with every combination of values worth it."""
    cursor = world.cursor
    text = {name: world.tables.attributes[name].text for name in fronts}
    lacks = " || ".join(f"CASE WHEN {column} IS NULL THEN '1' ELSE '0' END" for column in text.values())
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE lacking AS SELECT r.lead_id, r.as_of_us, {lacks} AS lacks FROM world_rows AS r"
        f" JOIN {LEADS} AS w ON w.lead_id = r.lead_id"
    )
    found = cursor.execute("SELECT DISTINCT lacks FROM lacking WHERE contains(lacks, '1') ORDER BY lacks").fetchall()
    rows = [
        (lacks, no, dict(zip(fronts, combination.values, strict=True)))
        for (lacks,) in found
        for no, combination in enumerate(_combinations(fronts, lacks))
    ]
    if not rows:
        return
    columns = columns_of(world, LEADS)
    _store_turns(world, rows, columns)
    made = {
        column: f"CASE WHEN w.{value.text} IS NULL THEN t.{column} ELSE w.{column} END"
        for name, value in world.tables.attributes.items()
        if name in fronts
        for column in value.columns(shown=True)
    }
    listed = ", ".join(f"{made.get(c, f'w.{c}')} AS {c}" for c in columns if c != "lead_id")
    leads = int(cursor.execute("SELECT count(*) FROM lacking").fetchall()[0][0])
    a_round = max(1, _ROWS_A_ROUND // leads)
    for first in range(0, 1 + max(no for _, no, _ in rows), a_round):
        world.score_turned(
            f"SELECT r.lead_id, r.as_of_us, {listed} FROM lacking AS r JOIN {LEADS} AS w ON w.lead_id = r.lead_id"
            f" JOIN turns AS t ON t.lacks = r.lacks AND t.no BETWEEN {first} AND {first + a_round - 1}"
        )
        cursor.execute("INSERT INTO reached SELECT lead_id, max(total) FROM imagined GROUP BY lead_id")


def _store_turns(world: World, rows: Sequence[tuple[str, int, Mapping[str, str | None]]], wanted: list[str]) -> None:
    """Make `turns`: how attributes turn out, by which of them a lead lacks."""
    columns: dict[str, pa.Array] = {
        "lacks": pa.array([lacks for lacks, _, _ in rows], pa.string()),
        "no": pa.array([no for _, no, _ in rows], pa.int64()),
    }
    for name in rows[0][2]:
        value = world.tables.attributes[name]
        columns |= world.reader.columns(value, [values[name] for _, _, values in rows], wanted)
    store(world, "turns", pa.table(columns))


def _combinations(fronts: Mapping[str, list[Kind]], lacks: str) -> list[_Combination]:
    """Return the combinations worth scoring for leads that lack some attributes; the others stay as they are."""
    found = [_Combination((), Kind(None, (), (), (), ()))]
    for kinds, lacking in zip(fronts.values(), lacks, strict=True):
        if lacking == "1":
            found = _best([_joined(one, kind) for one, kind in itertools.product(found, kinds)])
        else:
            found = [_Combination((*one.values, None), one.kind) for one in found]
    return found


def _joined(one: _Combination, kind: Kind) -> _Combination:
    adds = tuple(map(add, one.kind.adds, kind.adds)) if one.kind.adds else kind.adds
    both = Kind(None, one.kind.segment + kind.segment, adds, one.kind.spares + kind.spares, ())
    return _Combination((*one.values, kind.value), both)


def _best(combinations: Iterable[_Combination]) -> list[_Combination]:
    kept: list[_Combination] = []
    for one in combinations:
        if any(k.kind.at_least(one.kind, allowing=False) for k in kept):
            continue
        kept = [k for k in kept if not one.kind.at_least(k.kind, allowing=False)]
        kept.append(one)
    return sorted(kept, key=lambda k: -sum(k.kind.adds))[:MOST_COMBINATIONS]
