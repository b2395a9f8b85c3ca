"""Who could qualify if the gates on total, fit and behavior stood open.

The one scorer tells: the same model with its gates at the bottom. What is then no PQL is disqualified, capped or fails
a `require`, and no choice of gates lets it in.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.spec import MAX_POINTS

if TYPE_CHECKING:
    from denizen.model.load import LoadedModel
    from denizen.model.spec import Model


def with_open_gates(model: LoadedModel) -> LoadedModel:
    """Return the model with gates that every score passes; its `require` predicates stay."""
    segments = tuple(replace(s, spec=_open(s.spec)) for s in model.segments)
    return replace(model, spec=_open(model.spec), segments=segments)


def _open(spec: Model) -> Model:
    bottom = Decimal(-MAX_POINTS) * 1000
    gates = spec.pql.model_copy(update={"total": bottom, "fit": bottom, "behavior": bottom})
    return spec.model_copy(update={"pql": gates})
