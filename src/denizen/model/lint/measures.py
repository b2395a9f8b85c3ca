"""Which numbers a measure can give, whatever leads do (semantics, section 2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US, UNIT_US
from denizen.model.lint.cells import ONE, Range, situations
from denizen.model.spec import ANY

if TYPE_CHECKING:
    from denizen.model.spec import Condition, Criterion

_NOTHING = Range(Decimal(0), Decimal(0), ONE)
_ONLY_UNKNOWN = Range(ONE, Decimal(0), ONE, unknown=True)


def range_of(criterion: Criterion) -> Range | None:
    """Return the numbers a measure can give; None for an attribute, which can be anything."""
    if criterion.attribute is not None:
        return None
    found = _range_of(criterion)
    return replace(found, unknown=True) if criterion.scope == "account" else found


def _range_of(criterion: Criterion) -> Range:
    if impossible_property(criterion.where) is not None:
        return _ONLY_UNKNOWN if criterion.days_since is not None or criterion.growth is not None else _NOTHING
    if criterion.sum_ is not None:
        return Range()
    if criterion.growth is not None:
        return Range(Decimal(0), None, unknown=True)
    if criterion.days_since is not None:
        last = criterion.within.last if criterion.within else None
        return Range(Decimal(0), None if last is None else _most_whole(last, DAY_US), ONE, unknown=True)
    return Range(Decimal(0), _most(criterion), ONE)


def impossible_property(where: dict[str, Condition] | None) -> str | None:
    """Return the first property of a `where` on which no value can satisfy every operator, or None."""
    for path, condition in (where or {}).items():
        if not can_hold(condition):
            return path
    return None


def can_hold(condition: Condition) -> bool:
    """Return whether any value satisfies every operator of a predicate."""
    operators = condition.operators()
    return any(situation.holds(operators) is not False for situation in situations([operators]))


def _most(criterion: Criterion) -> Decimal | None:
    if criterion.sequence is not None:
        return ONE
    if criterion.session_depth is not None:
        return Decimal(len(set(criterion.session_depth)))
    span = _span(criterion)
    if criterion.session_minutes is not None:
        return None if span is None else _most_whole(span, UNIT_US["m"])
    if criterion.distinct is not None:
        if criterion.distinct.of == "days":
            return None if span is None else _most_whole(span, DAY_US) + 2
        if criterion.distinct.of == "events" and criterion.distinct.event != [ANY]:
            return Decimal(len(set(criterion.distinct.event)))
    return None


def _span(criterion: Criterion) -> int | None:
    """Return how long the window is, None where it has no fixed length."""
    within = criterion.within
    return None if within is None else within.first or within.last or within.trial_last


def _most_whole(span_us: int, unit_us: int) -> Decimal:
    """Return the most whole units between two instants less than a span apart."""
    return Decimal((span_us - 1) // unit_us)
