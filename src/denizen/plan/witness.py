"""Values on which conditions hold: what an attribute or a property would have to be.

These are proposals; whoever uses one lets the conditions themselves decide whether it holds.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from denizen.model import pattern
from denizen.model.values import Literal, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.plan import nodes

_LEAST = Decimal("0.000000001")


def witnesses(conditions: Iterable[nodes.Condition]) -> list[str]:
    """Return values as texts, the likeliest first, one of which satisfies the conditions if any simple value does."""
    found = [value for condition in conditions for value in _witnesses(condition)]
    return list(dict.fromkeys([*found, "known"]))


def _witnesses(condition: nodes.Condition) -> Iterator[str]:
    operator, operand = condition.operator, condition.operand
    if isinstance(operand, bool):
        return
    if isinstance(operand, Decimal):
        nearby = (operand, operand + 1, operand - 1, operand + _LEAST, operand - _LEAST)
        yield from (plain(n) for n in nearby)
    elif operator == "between":
        low, high = cast("tuple[Decimal, Decimal]", operand)
        yield from (plain(low), plain(high))
    elif operator == "matches":
        yield _example(cast("pattern.Node", operand))
    else:
        values = operand if isinstance(operand, tuple) else (operand,)
        texts = [v.text for v in values if isinstance(v, Literal)]
        yield from ([] if operator in ("is_not", "not_in") else texts)
        yield json.dumps(texts, ensure_ascii=False)
        yield from ("another value", "0")


def _example(node: pattern.Node) -> str:
    """Return a short text in which a pattern is found."""
    if isinstance(node, pattern.Char):
        return node.char
    if isinstance(node, pattern.Any):
        return "x"
    if isinstance(node, pattern.Class):
        return _member(node)
    if isinstance(node, pattern.Repeat):
        return _example(node.part) * node.low
    if isinstance(node, pattern.Sequence):
        return "".join(_example(part) for part in node.parts)
    if isinstance(node, pattern.Choice):
        return _example(node.options[0])
    return ""


def _member(node: pattern.Class) -> str:
    def inside(char: str) -> bool:
        return any(first <= char <= last for first, last in node.ranges)

    likely = "ax0_ -.,é☃"
    found = [c for c in likely if inside(c) != node.negated]
    return found[0] if found else node.ranges[0][0]
