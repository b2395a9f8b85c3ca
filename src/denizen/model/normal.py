"""The normal form of a model: what it says, freed from how it is written.

Shorthands are written out, defaults filled in, names in any order sorted, values spelled as they are compared. Two
models with one normal form score alike; fingerprints are taken of it and `diff` compares it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from denizen.model.spec import OPERATORS, Condition, Criterion, Model
from denizen.model.values import Literal, plain

LABELS = frozenset({"title", "version"})
"""Keys of a model that are for people alone: they reach no result."""

_ANY_ORDER = frozenset({"count", "event", "of", "session_depth", "session_minutes", "days_since", "activity", "unless"})
_COMPARED = frozenset({"is", "is_not", "in", "not_in"})
_SEARCHED = frozenset({"contains", "contains_any", "contains_all"})


def normal_form(model: Model) -> dict[str, Any]:
    """Return all that could change a result, as plain data: numbers are Decimal or int, spans microseconds.

    Segments are left out: each is a whole model of its own.
    """
    return {key: value for key, value in normal(model).items() if key not in LABELS and key != "segments"}


def labels(model: Model) -> dict[str, Any]:
    """Return what is left of a file besides its normal form: title, version, the order of the criteria."""
    return {
        **{key: getattr(model, key) for key in sorted(LABELS)},
        "order": {
            "fit": list(model.fit.criteria),
            **{f"behavior {name}".strip(): list(b.criteria) for name, b in model.behaviors().items()},
            "account": list(model.account.criteria),
        },
    }


def normal(value: Any) -> Any:
    """Return the normal form of any part of a model."""
    if isinstance(value, Condition):
        return _condition(value)
    if isinstance(value, BaseModel):
        found = {
            field.alias or name: _field(field.alias or name, getattr(value, name))
            for name, field in type(value).model_fields.items()
        }
        found = {key: part for key, part in found.items() if part is not None}
        return _written_out(found) if isinstance(value, Criterion) else found
    if isinstance(value, dict):
        return {str(key): normal(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [normal(part) for part in value]
    return Decimal(plain(value)) if isinstance(value, Decimal) else value


def _field(key: str, value: Any) -> Any:
    if key in _ANY_ORDER and isinstance(value, list):
        return sorted(set(value))
    return normal(value)


def _written_out(criterion: dict[str, Any]) -> dict[str, Any]:
    """Write `points: N` out as the band it is short for."""
    if "bands" in criterion or "each" in criterion or "points" not in criterion:
        return criterion
    rest = {key: part for key, part in criterion.items() if key != "points"}
    return {**rest, "bands": [{"at_least": Decimal(1), "points": criterion["points"]}]}


def _condition(condition: Condition) -> dict[str, Any]:
    found = {name: _operand(name, value) for name, value in condition.operators().items()}
    others = type(condition).model_fields.keys() - OPERATORS.values()
    return {**found, **{key: normal(getattr(condition, key)) for key in others}}


def _operand(operator: str, value: Any) -> Any:
    if operator in _COMPARED:
        return _each(value, lambda v: Literal.of(v).canonical)
    if operator in _SEARCHED:
        return _each(value, lambda v: Literal.of(v).text)
    return normal(value)


def _each(value: Any, spell: Any) -> Any:
    return sorted({spell(v) for v in value}) if isinstance(value, list) else spell(value)
