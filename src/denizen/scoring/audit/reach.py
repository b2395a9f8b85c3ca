"""How high a score can get with what is in the data: an upper bound, criterion by criterion.

What it can reach by design is reckoned by `denizen.model.lint.reach`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.build import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Collection

INFINITE = Decimal("Infinity")
ZERO = Decimal(0)


def worth(criterion: nodes.Criterion) -> Decimal:
    """Return the most points a criterion gives or takes in one way, with its sign: the largest in size."""
    scoring = criterion.scoring
    if isinstance(scoring, nodes.Bands):
        return max((b.points for b in scoring.bands), key=lambda p: (abs(p), p))
    if scoring.limit >= LINE_LIMIT:
        return INFINITE if scoring.points > 0 else scoring.points
    return scoring.limit.copy_sign(scoring.points)


def best(criterion: nodes.Criterion, most: int | None = None) -> Decimal:
    """Return the highest points of a criterion, with its recency bonus; `most` bounds a measure that counts names."""
    scoring = criterion.scoring
    if isinstance(scoring, nodes.Each):
        points = ZERO if most == 0 else max(ZERO, worth(criterion))
    elif most is None:
        points = max(ZERO, *(b.points for b in scoring.bands))
    else:
        points = max([ZERO, *(_first_band(scoring, Decimal(n)) for n in range(most + 1))])
    return points * criterion.recency.multiplier if criterion.recency and points > 0 else points


def best_with(criterion: nodes.Criterion, seen: Collection[str]) -> Decimal:
    """Return the highest points of a criterion over events when only these names ever occur."""
    events = criterion.events
    if events is None:
        return best(criterion)
    if events.names is None:
        return best(criterion) if seen else ZERO
    there = sum(n in seen for n in events.names)
    measure = criterion.measure
    if not there:
        return ZERO if isinstance(measure, nodes.DaysSince | nodes.Growth) else best(criterion, 0)
    if isinstance(measure, nodes.Sequence):
        return best(criterion) if there == len(events.names) else best(criterion, 0)
    counts_names = isinstance(measure, nodes.SessionDepth) or (
        isinstance(measure, nodes.Distinct) and measure.of == "events"
    )
    return best(criterion, there) if counts_names else best(criterion)


def _first_band(scoring: nodes.Bands, measure: Decimal) -> Decimal:
    return next((b.points for b in scoring.bands if all(_holds(c, measure) for c in b.conditions)), ZERO)


def _holds(condition: nodes.Condition, measure: Decimal) -> bool:
    operand = condition.operand
    if isinstance(operand, Decimal):
        return {
            "at_least": measure >= operand,
            "more_than": measure > operand,
            "at_most": measure <= operand,
            "less_than": measure < operand,
        }.get(condition.operator, True)
    if condition.operator == "between" and isinstance(operand, tuple):
        low, high = operand
        return isinstance(low, Decimal) and isinstance(high, Decimal) and low <= measure <= high
    return True


def velocity_best(plan: nodes.Plan, criteria_points: Decimal, seen: Collection[str]) -> Decimal:
    """Return the highest velocity bonus when only these names ever occur: none unless a key action can."""
    velocity = plan.velocity
    if velocity is None:
        return ZERO
    names = [n for events in velocity.actions for n in (events.names or tuple(seen))]
    if not any(n in seen for n in names):
        return ZERO
    if velocity.points is not None:
        bonus = velocity.points
    else:
        bonus = criteria_points * (velocity.multiplier or ZERO) if criteria_points else ZERO
    if not velocity.per_window:
        return bonus
    return bonus * velocity.max_awards if velocity.max_awards else INFINITE


def clamp(value: Decimal, limits: nodes.Limits) -> Decimal:
    """Return a score within its limits."""
    low = max(value, limits.low)
    return low if limits.high is None else min(low, limits.high)
