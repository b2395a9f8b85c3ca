"""Values that tell conditions apart: one of every kind an attribute or a property could turn out to be.

For numbers, equality and words in lists the kinds are complete up to the bounds below; of a pattern, the texts of its
alternatives stand for all that it is found in. They are proposals: the conditions themselves say what holds on them.
"""

from __future__ import annotations

import itertools
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.values import Literal, plain
from denizen.plan.needs import WORDS
from denizen.plan.witness import LEAST, examples, witnesses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from denizen.plan import nodes

MOST_TOGETHER = 400
"""At most so many combinations of words are proposed for one attribute, the small ones first."""
_MOST_STEPS = 100


def candidates(conditions: Sequence[nodes.Condition], eaches: Iterable[nodes.Each] = ()) -> list[str]:
    """Return values of every kind that these conditions, and criteria that pay for every full N, tell apart."""
    singly = [*witnesses(conditions), *map(plain, _numbers(conditions)), *map(plain, _multiples(eaches))]
    return list(dict.fromkeys([*singly, *_numbers_with_words(conditions), *_together(conditions)]))


def _numbers(conditions: Iterable[nodes.Condition]) -> Iterator[Decimal]:
    """Yield every boundary, and what lies right beside it."""
    for condition in conditions:
        for operand in condition.operand if isinstance(condition.operand, tuple) else (condition.operand,):
            number = operand.number if isinstance(operand, Literal) else operand
            if isinstance(number, Decimal):
                yield from (number, number - LEAST, number + LEAST)


def _numbers_with_words(conditions: Sequence[nodes.Condition]) -> Iterator[str]:
    """Yield numbers in which digits stand that a condition looks for as a word: 2 stands in -2, in 7.2 and in 2.5."""
    words = dict.fromkeys(text for c in conditions if c.operator in WORDS for text in _texts(c.operand))
    digits = [word for word in words if word.isascii() and word.isdigit()]
    if not digits:
        return
    wholes = dict.fromkeys(str(math.floor(number)) for number in _numbers(conditions))
    below_above = [str(math.floor(number) + step) for number in _numbers(conditions) for step in (-1, 1)]
    for word in digits:
        yield f"-{word}"
        yield from (f"{whole}.{word}" for whole in dict.fromkeys([*wholes, *below_above]))
    for first, second in itertools.permutations(digits, 2):
        yield from (f"{first}.{second}", f"-{first}.{second}")


def _multiples(eaches: Iterable[nodes.Each]) -> Iterator[Decimal]:
    """Yield what earns or costs the most, nothing, and the first steps on the way."""
    for each in eaches:
        full = math.ceil(each.limit / abs(each.points)) if each.points else 1
        yield each.size * full
        yield Decimal(0)
        yield from (each.size * n for n in range(1, min(full, _MOST_STEPS)))


def _together(conditions: Sequence[nodes.Condition]) -> Iterator[str]:
    """Yield texts and lists that have several words or patterns at once."""
    words = dict.fromkeys(text for c in conditions if c.operator in WORDS for text in _texts(c.operand))
    found = dict.fromkeys(text for c in conditions if c.operator == "matches" for text in examples(c.operand))
    tokens = [t for t in dict.fromkeys([*words, *found]) if t]
    if any(c.operator in WORDS for c in conditions):
        yield json.dumps(["another value"])
    yield from itertools.islice(_joined(tokens, as_list=bool(words)), MOST_TOGETHER)


def _joined(tokens: Sequence[str], *, as_list: bool) -> Iterator[str]:
    if as_list:
        yield json.dumps(tokens, ensure_ascii=False)
    for size in range(1, len(tokens) + 1):
        for some in itertools.combinations(tokens, size):
            if as_list:
                yield json.dumps(some, ensure_ascii=False)
            yield " ".join(some)
            if size > 1:
                yield " ".join(reversed(some))


def _texts(operand: nodes.Operand) -> list[str]:
    values = operand if isinstance(operand, tuple) else (operand,)
    return [v.written for v in values if isinstance(v, Literal)]
