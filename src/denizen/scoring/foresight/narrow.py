"""No more than is needed: numbers of times, minutes and amounts made as small as they can be.

Where a criterion pays for every full N, only some of its steps are proposed; what was found with them may ask for more
than it takes. Every smaller number is really scored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.scoring.foresight.actions import FULL_TIMES, Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from denizen.scoring.foresight.choices import Standing
    from denizen.scoring.foresight.scenarios import Verdict

Combination = tuple[Choice, ...]
_PROBES = 32


@dataclass(frozen=True, slots=True)
class _Dial:
    """One number of a choice that could be smaller, and how the choice reads with another."""

    value: int
    turned: Callable[[int], Choice]


def narrowed(
    combination: Combination, standing: Standing, score: Callable[[Sequence[Combination]], list[Verdict]]
) -> Combination:
    """Return a combination that qualifies with each of its numbers as small as it can be, one after the other."""
    for place in range(len(combination)):
        for kind in _KINDS:
            dial = kind(combination[place], standing)
            if dial is not None:
                combination = _turned(combination, place, dial, score)
    return combination


def amounts_of(choice: Choice, summed: frozenset[str]) -> Decimal:
    """Return the sum of the amounts that an action has; 0 if none of its properties is summed."""
    properties = () if choice.action is None else choice.action.properties
    return sum((Decimal(value) for name, value in properties if name in summed and _is_whole(value)), Decimal(0))


def _turned(
    combination: Combination,
    place: int,
    dial: _Dial,
    score: Callable[[Sequence[Combination]], list[Verdict]],
) -> Combination:
    """Return the combination with the smallest number that still qualifies, found by narrowing a bracket around it."""

    def at(number: int) -> Combination:
        return (*combination[:place], dial.turned(number), *combination[place + 1 :])

    low, high = 0, dial.value
    while high - low > 1:
        step = max(1, (high - low) // (_PROBES + 1))
        probes = [*range(low + step, high, step)]
        verdicts = score([at(n) for n in probes])
        first = next((i for i, v in enumerate(verdicts) if v.pql), len(probes))
        low, high = ([low, *probes][first], [*probes, high][first])
    return at(high)


def _times(choice: Choice, standing: Standing) -> _Dial | None:
    if choice.action is None or choice.times <= FULL_TIMES or not any(standing.each(nodes.Count, nodes.Distinct)):
        return None
    return _Dial(choice.times, lambda n: replace(choice, times=n))


def _minutes(choice: Choice, standing: Standing) -> _Dial | None:
    action = choice.action
    if action is None or not action.minutes or not any(standing.each(nodes.SessionMinutes)):
        return None
    return _Dial(action.minutes, lambda n: replace(choice, action=replace(action, minutes=n)))


def _amount(choice: Choice, standing: Standing) -> _Dial | None:
    action = choice.action
    summed = {c.measure.of for _, c, _ in standing.each(nodes.Sum) if isinstance(c.measure, nodes.Sum)}
    if action is None:
        return None
    name, value = next(((n, v) for n, v in action.properties if n in summed and _is_whole(v)), ("", "0"))
    if int(value) <= 1:
        return None

    def turned(number: int) -> Choice:
        properties = tuple((n, str(number) if n == name else v) for n, v in action.properties)
        return replace(choice, action=replace(action, properties=properties))

    return _Dial(int(value), turned)


_KINDS: tuple[Callable[[Choice, Standing], _Dial | None], ...] = (_times, _minutes, _amount)


def _is_whole(value: str) -> bool:
    return value.isascii() and value.isdigit()
