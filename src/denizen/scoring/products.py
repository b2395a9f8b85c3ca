"""Which events are whose: of each product of a model by name, and those of no product (semantics, section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.sql.conditions import Operand, all_hold
from denizen.sql.dialect import DuckDB
from denizen.sql.literals import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

    from denizen.plan.nodes import Plan, Predicate
    from denizen.sql.tables import Tables

PROPERTY = "product"
"""The property that names a product, unless a product says otherwise with `events`."""
MOST_STRANGERS = 50


@dataclass(frozen=True, slots=True)
class ProductEvents:
    """The rows of each event name by product, and the rows of no product by what their property `product` says.

    Texts of the property are lower-cased; the empty text stands for events without one. Without products in the model
    both are empty.
    """

    names: dict[str, dict[str, int]] = field(default_factory=dict)
    strangers: dict[str, int] = field(default_factory=dict)

    def rows(self, product: str) -> int:
        """Return how many events are of a product."""
        return sum(self.names.get(product, {}).values())


def product_events(connection: DuckDBPyConnection, plans: Iterable[Plan], tables: Tables, rows: str) -> ProductEvents:
    """Return whose the events of a relation are; `rows` is its name, with a condition if wanted.

    Where segments tell the events of one product apart in several ways, an event is the product's if any of them holds.
    """
    conditions: dict[str, list[str]] = {}
    for plan in plans:
        if plan.product is not None:
            conditions.setdefault(plan.product.name, []).append(_own(plan.product.active.where, tables))
    if not conditions:
        return ProductEvents()
    own = {name: f"({' OR '.join(dict.fromkeys(found))})" for name, found in conditions.items()}
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in own.values())
    found = connection.execute(f"SELECT event, {counts} FROM {rows} GROUP BY event ORDER BY event").fetchall()
    names = {
        product: {str(row[0]): int(row[place]) for row in found if row[0] is not None and row[place]}
        for place, product in enumerate(own, 1)
    }
    value = tables.properties.get(PROPERTY)
    said = "''" if value is None else f"coalesce({value.text}, '')"
    strange = connection.execute(
        f"SELECT said, count(*) FROM (SELECT {said} AS said, ({' OR '.join(own.values())}) AS owned FROM {rows})"
        f" WHERE owned IS NOT TRUE GROUP BY said ORDER BY count(*) DESC, said LIMIT {number(MOST_STRANGERS)}"
    ).fetchall()
    return ProductEvents(names, {str(said): int(count) for said, count in strange})


def _own(where: tuple[Predicate, ...], tables: Tables) -> str:
    held = [all_hold(p.conditions, Operand.of_value(tables.properties[p.subject]), DuckDB()) for p in where]
    return f"({' AND '.join(held)})" if held else "TRUE"
