"""A plan's parts in a few words, for people."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.values import Literal, plain

if TYPE_CHECKING:
    from denizen.plan import nodes


def describe_conditions(conditions: tuple[nodes.Condition, ...]) -> str:
    """Return e.g. `at_least 50` or `in saas, software`; patterns are only named, their text is in the model."""
    return " and ".join(f"{c.operator} {_operand(c)}".strip() for c in conditions)


def _operand(condition: nodes.Condition) -> str:
    value = condition.operand
    if isinstance(value, bool):
        return str(value).lower()
    values: tuple[object, ...] = value if isinstance(value, tuple) else (value,)
    words = [v.text if isinstance(v, Literal) else plain(v) for v in values if isinstance(v, Literal | Decimal)]
    return ", ".join(words)
