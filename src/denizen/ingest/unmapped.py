"""Columns that nothing reads: neither of a meaning of their own, nor mapped, nor asked for by a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.columns import KNOWN_AS
from denizen.ingest.derive.recipes import RECIPES
from denizen.ingest.prepare import connect
from denizen.ingest.raw import CANONICAL
from denizen.ingest.sources import read_raw

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.plan.needs import Needs

DERIVING = {*RECIPES, *(source.attribute for sources in RECIPES.values() for source in sources)}


def unmapped_columns(data: Data, needs: Needs) -> dict[str, tuple[str, ...]]:
    """Return, by table that was given, the columns that nothing reads, in their order; of JSON Lines those of a sample."""
    asked = {"leads": {*needs.attributes, *DERIVING}, "accounts": {*needs.attributes, *DERIVING}}
    asked["events"] = {*needs.properties, "account_id"}
    connection = connect()
    try:
        found = {}
        for table, known in KNOWN_AS.items():
            source = getattr(data, table)
            if source is None:
                continue
            raw = read_raw(connection, table, source, data.mapping(table))
            names = {*CANONICAL[table], *known, *asked.get(table, ())}
            read = {raw.mapping.get(name, name).lower() for name in names} | {c.lower() for c in raw.mapping.values()}
            read |= {name.partition(".")[0] for name in read}
            found[table] = tuple(column for column in raw.columns if column.lower() not in read)
        return found
    finally:
        connection.close()
