"""Values on which conditions hold: what an attribute or a property would have to be.

These are proposals; whoever uses one lets the conditions themselves decide whether it holds.
"""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from denizen.model import pattern
from denizen.model.values import Literal, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.plan import nodes

LEAST = Decimal("0.000000001")
"""Numbers are read to 9 decimals."""
_MOST_EXAMPLES = 12


def witnesses(conditions: Iterable[nodes.Condition]) -> list[str]:
    """Return values as texts, the likeliest first, one of which satisfies the conditions if any simple value does."""
    found = [value for condition in conditions for value in _witnesses(condition)]
    return list(dict.fromkeys([*found, "known"]))


def _witnesses(condition: nodes.Condition) -> Iterator[str]:
    operator, operand = condition.operator, condition.operand
    if isinstance(operand, bool):
        return
    if isinstance(operand, Decimal):
        nearby = (operand, operand + 1, operand - 1, operand + LEAST, operand - LEAST)
        yield from (plain(n) for n in nearby)
    elif operator == "between":
        low, high = cast("tuple[Decimal, Decimal]", operand)
        yield from (plain(low), plain(high))
    elif operator == "matches":
        yield from examples(operand)
    else:
        values = operand if isinstance(operand, tuple) else (operand,)
        texts = [v.written for v in values if isinstance(v, Literal)]
        yield from ([] if operator in ("is_not", "not_in") else texts)
        yield json.dumps(texts, ensure_ascii=False)
        yield from ("another value", "0")


def examples(operand: nodes.Operand) -> list[str]:
    """Return short texts in which a pattern is found, one for each of its alternatives, at most a dozen."""
    return list(dict.fromkeys(itertools.islice(_examples(cast("pattern.Node", operand)), _MOST_EXAMPLES)))


def _examples(node: pattern.Node) -> Iterator[str]:
    """Yield texts; the first takes the first alternative everywhere, each next one another alternative of some choice."""
    if isinstance(node, pattern.Char):
        yield node.char
    elif isinstance(node, pattern.Any):
        yield "x"
    elif isinstance(node, pattern.Class):
        yield from _members(node)
    elif isinstance(node, pattern.Repeat):
        yield from (text * node.low for text in _examples(node.part))
        if node.low == 0:
            yield from _examples(node.part)
    elif isinstance(node, pattern.Sequence):
        parts = [list(itertools.islice(_examples(part), _MOST_EXAMPLES)) for part in node.parts]
        yield "".join(part[0] for part in parts)
        for i, part in enumerate(parts):
            yield from (
                "".join([*(p[0] for p in parts[:i]), other, *(p[0] for p in parts[i + 1 :])]) for other in part[1:]
            )
    elif isinstance(node, pattern.Choice):
        for texts in itertools.zip_longest(*[_examples(option) for option in node.options]):
            yield from (text for text in texts if text is not None)
    else:
        yield ""


def _members(node: pattern.Class) -> list[str]:
    def inside(char: str) -> bool:
        return any(first <= char <= last for first, last in node.ranges)

    likely = "ax0_ -.,é☃"
    found = [c for c in likely if inside(c) != node.negated]
    return found[:3] or [node.ranges[0][0]]
