"""What a lead could do, and how often: the numbers of times at which something can change."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.scoring.foresight.actions import (
    FULL_TIMES,
    MOST_TIMES,
    Action,
    Choice,
    can_add,
    in_measure,
    needed_more,
    paying_steps,
    step_of,
)
from denizen.scoring.foresight.deeds import Counted, Deed, counted_by, deeds, shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from denizen.scoring.foresight.actions import Moment
    from denizen.scoring.imagine import World

_MOST_RANGE = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """The plans a lead can be scored by, with what each of their criteria measures now, and its instants."""

    plans: dict[int, nodes.Plan]
    measures: dict[int, dict[str, Decimal]]
    moment: Moment
    missing: Decimal

    def measured(self, plan_no: int, criterion: nodes.Criterion) -> Decimal:
        """Return what a criterion measures now; 0 where it is unknown."""
        return self.measures.get(plan_no, {}).get(criterion.name, Decimal(0))

    def each(self, *kinds: type[nodes.Measure]) -> Iterator[tuple[int, nodes.Criterion, nodes.Each]]:
        """Yield the criteria that pay for every full N of such measures, with the number of their plan."""
        for plan_no, plan in self.plans.items():
            for criterion in plan.criteria:
                if isinstance(criterion.measure, kinds) and isinstance(criterion.scoring, nodes.Each):
                    yield plan_no, criterion, criterion.scoring

    @property
    def summed(self) -> frozenset[str]:
        """The properties of which some criterion takes the sum."""
        criteria = (c for plan in self.plans.values() for c in plan.criteria)
        return frozenset(c.measure.of for c in criteria if isinstance(c.measure, nodes.Sum))

    @property
    def first_skipped(self) -> int | None:
        """The smallest number of times that might matter and is not among the choices; None if there is none."""
        skipped = []
        for plan_no, criterion, each in self.each(nodes.Count, nodes.Distinct):
            measured = self.measured(plan_no, criterion)
            if each.points > 0 and paying_steps(each, measured) > FULL_TIMES:
                skipped.append(step_of(each, measured, FULL_TIMES + 1))
        return min(skipped, default=None)


def event_choices(world: World, standing: Standing) -> list[Choice]:
    """Return what could be done: for each event, every number of times at which something can change."""
    counted = counted_by(standing.plans, standing.moment)
    found = deeds(world, counted, _amounts(standing, counted))
    times: dict[Action, set[int]] = {}
    for number, one in enumerate(counted):
        _add_times(times, standing, one, list(shared(found, number)), counted)
    closing = {d.action.event: _closes(standing, d, counted) for d in found}
    return [
        Choice(f"{action}", action, n, closes_us=closing.get(action.event))
        for action, levels in times.items()
        for n in sorted(levels)
    ]


def _amounts(standing: Standing, counted: Sequence[Counted]) -> dict[str, set[int]]:
    """Return, by property, which amounts reach a bound of a sum."""
    found: dict[str, set[int]] = {}
    for one in counted:
        if one.criterion and isinstance(one.criterion.measure, nodes.Sum):
            found.setdefault(one.criterion.measure.of, set()).update(_needed(standing, one.plan_no, one.criterion))
    return found


def _needed(standing: Standing, plan_no: int, criterion: nodes.Criterion) -> list[int]:
    wanted = needed_more(criterion, standing.measured(plan_no, criterion), standing.missing)
    return [n for n in wanted if n >= 1]


def _add_times(
    times: dict[Action, set[int]],
    standing: Standing,
    one: Counted,
    counting: list[Deed],
    counted: Sequence[Counted],
) -> None:
    """Add how often each deed that counts for one thing is worth doing, because of that."""
    if one.criterion is None:
        _add_plain_times(times, standing.plans[one.plan_no], one, counting, counted)
        return
    criterion = one.criterion
    if one.bad or not can_add(criterion):
        return
    measured, needed = standing.measured(one.plan_no, criterion), _needed(standing, one.plan_no, criterion)
    levels = [n for n in needed if n <= MOST_TIMES]
    if not needed and isinstance(criterion.measure, nodes.Count | nodes.Sum | nodes.Distinct):
        return
    for deed in counting:
        for action, often in in_measure(deed.action, criterion.measure, levels, measured):
            times.setdefault(action, set()).update(often)
    if len(counting) > 1 and levels and isinstance(criterion.measure, nodes.Count):
        for deed in _fillers(counting, counted):
            times[deed.action].update(range(1, min(max(levels), _MOST_RANGE) + 1))


def _add_plain_times(
    times: dict[Action, set[int]], plan: nodes.Plan, one: Counted, counting: list[Deed], counted: Sequence[Counted]
) -> None:
    """Add the times for activity, upgrade signals and key actions, of which a burst needs several."""
    for deed in counting:
        times.setdefault(deed.action, set()).add(1)
    if plan.velocity and one.events in plan.velocity.actions:
        for deed in _fillers(counting, counted):
            most = min(plan.velocity.at_least, _MOST_RANGE) + max(n for n in times[deed.action] if n <= _MOST_RANGE)
            times[deed.action].update(range(1, most + 1))


def _fillers(counting: Sequence[Deed], counted: Sequence[Counted]) -> Sequence[Deed]:
    """Return the deed of several that can be done any number of times without harm, else all of them."""
    harmless = [d for d in counting if all(counted[i].good for i in d.counts)]
    return harmless[:1] or counting


def _closes(standing: Standing, deed: Deed, counted: Sequence[Counted]) -> int | None:
    """Return when the first window of a criterion that counts this event ends."""
    ends = [
        standing.moment.closes_us(counted[i].events.window)
        for i in deed.counts
        if counted[i].criterion is not None and not counted[i].bad
    ]
    return min((e for e in ends if e is not None), default=None)
