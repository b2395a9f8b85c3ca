"""What the data of a run can show at all: attributes known of somebody, events that occur as far as visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.scoring.products import product_events

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.scoring.run import Run


@dataclass(frozen=True, slots=True)
class Trackable:
    """The attributes known of at least one lead, and the names of visible events: of all, and of each product.

    `events` is None where no events were given, so that nothing can be said of them.
    """

    attributes: frozenset[str]
    events: frozenset[str] | None
    of_products: dict[str, frozenset[str]]

    def has(self, name: str, plan: nodes.Plan) -> bool:
        """Return whether an event occurs where a plan counts it: a product's only among its own events."""
        if self.events is None:
            return True
        own = self.events if plan.product is None else self.of_products.get(plan.product.name, frozenset())
        return name in own

    def missing(self, criterion: nodes.Criterion, plan: nodes.Plan) -> tuple[str, ...]:
        """Return what a criterion waits for and nobody has: its attribute, or those of its events that never occur."""
        if isinstance(criterion.measure, nodes.Attribute):
            name = criterion.measure.name
            return () if name in self.attributes else (name,)
        names = criterion.events.names if criterion.events else None
        return tuple(name for name in names or () if not self.has(name, plan))


def trackable(run: Run, data: Data) -> Trackable:
    """Return what the data of a run at one instant can show."""
    connection = run.connection
    values = run.tables.attributes
    known: frozenset[str] = frozenset()
    if values:
        counts = ", ".join(f"count({value.text})" for value in values.values())
        row = connection.execute(f"SELECT {counts} FROM leads").fetchall()[0]
        known = frozenset(name for name, count in zip(values, row, strict=True) if count)
    if data.events is None:
        return Trackable(known, None, {})
    received = " AND (received_us IS NULL OR received_us <= (SELECT max(as_of_us) FROM final))" if run.known else ""
    visible = f"events WHERE at_us <= (SELECT max(as_of_us) FROM final){received}"
    names = connection.execute(f"SELECT DISTINCT event FROM {visible}").fetchall()
    owned = product_events(connection, [scored.plan for scored in run.plans], run.tables, visible)
    of_products = {product: frozenset(found) for product, found in owned.names.items()}
    return Trackable(known, frozenset(str(row[0]) for row in names), of_products)
