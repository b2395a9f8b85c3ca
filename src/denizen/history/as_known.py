"""What a reader must know of attributes: which are taken as they are now, and for how many leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.plan.build import build_program
from denizen.plan.needs import needs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel


def as_now(history: History, *models: LoadedModel) -> Iterator[str]:
    """Yield a note on those attributes of some models that are not known as they were then."""
    attributes = needs_of(*[plan for m in models for plan in build_program(m).plans]).attributes
    if not attributes:
        return
    if history.data.attributes_history is None:
        yield (
            f"Attributes are taken as they are now, not as they were then ({', '.join(attributes)});"
            " --attributes-history gives them as known then."
        )
        return
    leads, lacking = history.cohort.leads, {}
    for number, name in enumerate(history.tables.attributes, 1):
        known = "SELECT count(DISTINCT lead_id) FROM cohort WHERE lead_id IN (SELECT lead_id FROM known_"
        told = int(history.connection.execute(f"{known}{number})").fetchall()[0][0])
        if name in attributes and told < leads:
            lacking[name] = leads - told
    if lacking:
        each = ", ".join(
            f"{name} ({'all' if n == leads else f'{n:,} of {leads:,}'} leads)" for name, n in lacking.items()
        )
        yield f"Where a lead has no history of an attribute, it is taken as it is now, not as it was then: {each}."
