"""What a lead could still do, read off a plan: for each kind of event, how often it could matter.

These are proposals only. What they are worth is always scored.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.durations import DAY_US
from denizen.model.values import Literal
from denizen.plan import nodes
from denizen.plan.build import LINE_LIMIT
from denizen.scoring.foresight.facts import Fact, witness
from denizen.scoring.foresight.scenarios import NewEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.scoring.imagine import World

MINUTE_US = 60_000_000
MOST_TIMES = 1_000
FULL_TIMES = 30
"""So many first steps of `each` are proposed one by one where a step is something to do again."""
_FULL_AMOUNTS = 4
"""The same where a step is a larger amount or a longer session; those in between are found by narrowing."""
_VARIANTS = 3
SOME_EVENT = "any event"
FRESH = "\x00"
"""Stands in a property for a value that no other event has."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What must be known of a lead to tell which windows are open: its instants, in microseconds."""

    as_of_us: int
    signup_us: int | None
    trial_started_us: int | None
    trial_ends_us: int | None

    def closes_us(self, window: nodes.Window | None) -> int | None:
        """Return when a window ends, None if it never does or its bounds are unknown."""
        if window is None or window.kind == "last":
            return None
        if window.kind == "first":
            return None if self.signup_us is None else self.signup_us + window.span_us
        return self.trial_ends_us

    def opens_us(self, window: nodes.Window) -> int | None:
        """Return when a window begins, None if that is unknown."""
        if window.kind == "first":
            return self.signup_us
        if window.kind == "trial_last":
            return None if self.trial_ends_us is None else self.trial_ends_us - window.span_us
        return self.signup_us if self.trial_started_us is None else self.trial_started_us

    def is_open(self, window: nodes.Window | None) -> bool:
        """Return whether an event at the as-of instant lies in a window."""
        if window is None or window.kind == "last":
            return True
        end = self.closes_us(window)
        if window.kind == "first" and end is None:
            return True
        start = self.opens_us(window)
        return start is not None and end is not None and start <= self.as_of_us < end


@dataclass(frozen=True, slots=True)
class Action:
    """An event that could happen, several times in sessions of `minutes`, on days or in sessions of their own."""

    event: str
    properties: tuple[tuple[str, str], ...] = ()
    minutes: int = 0
    each_on_its_own_day: bool = False
    own_session: bool = False

    def happenings(self, times: int) -> list[NewEvent]:
        """Return the events of doing it so often."""
        return [e for i in range(times) for e in self._once(i)]

    @property
    def named(self) -> str:
        """The event with the properties it needs, in words."""
        having = ", ".join(f"{name} {value}" for name, value in self.properties if value != FRESH)
        fresh = ", ".join(f"a new {name}" for name, value in self.properties if value == FRESH)
        with_ = " and ".join(w for w in (having, fresh) if w)
        return f"{self.event} with {with_}" if with_ else self.event

    def describe(self, times: int, *, again: bool) -> str:
        """Return what to do, in words; `again` says that it was done before."""
        if self.minutes:
            session = f"{times} more session" if again else "a session"
            return f"{session} of {self.minutes} minutes with {self.named}"
        if self.each_on_its_own_day:
            return f"{self.named} on {times} days in a row"
        return f"{times} more {self.named}" if again else f"{self.named} {how_often(times)}"

    def _once(self, i: int) -> Iterator[NewEvent]:
        properties = tuple((name, f"new {i}" if value == FRESH else value) for name, value in self.properties)
        if self.minutes:
            session = f"~{self.event} {i}"
            yield NewEvent(self.event, 0, session, properties)
            yield NewEvent(self.event, self.minutes * MINUTE_US, session, properties)
            return
        own = f"~{self.event} {i}" if self.own_session else None
        yield NewEvent(self.event, i * DAY_US if self.each_on_its_own_day else 0, own, properties)

    def distinct(self, of: str) -> Action:
        """Return the action whose every happening is a new value of what is told apart."""
        if of == "days":
            return replace(self, each_on_its_own_day=True)
        if of == "sessions":
            return replace(self, own_session=True)
        return self if of in ("events", "leads") else _with(self, of, FRESH)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that could be done so often, or one fact; at most one choice of a group is taken."""

    group: str
    action: Action | None
    times: int
    fact: Fact | None = None
    closes_us: int | None = None


def how_often(times: int) -> str:
    """Return a number of times in words."""
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def can_add(criterion: nodes.Criterion) -> bool:
    """Return whether an event can raise what a criterion gives: it has points to give, or idleness to end."""
    if isinstance(criterion.measure, nodes.DaysSince):
        return True
    if isinstance(criterion.scoring, nodes.Each):
        return criterion.scoring.points > 0
    return any(band.points > 0 for band in criterion.scoring.bands)


def rises(criterion: nodes.Criterion, *, down: bool = False) -> bool:
    """Return whether more events can only raise what a criterion gives; with `down`, only lower it."""
    sign = -1 if down else 1
    if isinstance(criterion.measure, nodes.DaysSince | nodes.Growth | nodes.Attribute):
        return False
    if criterion.disqualifies and not down:
        return False
    if isinstance(criterion.measure, nodes.Sum) and not isinstance(criterion.scoring, nodes.Each):
        return False
    if isinstance(criterion.scoring, nodes.Each):
        return criterion.scoring.points * sign >= 0
    bounds = []
    for band in criterion.scoring.bands:
        operand = band.conditions[0].operand
        if len(band.conditions) > 1 or band.conditions[0].operator not in ("at_least", "more_than"):
            return False
        bounds.append((operand, band.points * sign))
    falling = all(a[0] >= b[0] and a[1] >= b[1] for a, b in itertools.pairwise(bounds))  # type: ignore[operator]  # decimals
    return falling and all(points >= 0 for _, points in bounds)


def in_measure(
    action: Action, measure: nodes.Measure, needed: list[int], measured: Decimal
) -> Iterator[tuple[Action, Iterable[int]]]:
    """Yield how to do something so that a measure grows by what is needed, and how often."""
    if isinstance(measure, nodes.Count):
        yield action, needed
    elif isinstance(measure, nodes.Sum):
        yield action, (1,)
    elif isinstance(measure, nodes.SessionMinutes):
        for minutes in needed:
            yield replace(action, minutes=minutes + int(measured)), (1,)
    elif isinstance(measure, nodes.Distinct) and measure.of == "days":
        yield action, (1,)
        yield action.distinct("days"), (*needed, *[n + 1 for n in needed])
    elif isinstance(measure, nodes.Distinct) and measure.of not in ("events", "leads"):
        yield action.distinct(measure.of), needed
    elif isinstance(measure, nodes.Growth):
        yield action, (1, 2, 3, 5, 8, 13)
    else:
        yield action, (1, 2) if isinstance(measure, nodes.Sequence) else (1,)


def _with(action: Action, name: str, value: str) -> Action:
    kept = tuple(p for p in action.properties if p[0] != name)
    return replace(action, properties=(*kept, (name, value)))


def needed_more(criterion: nodes.Criterion, measured: Decimal, missing: Decimal) -> list[int]:
    """Return how much more of what a criterion measures reaches each bound above it."""
    scoring = criterion.scoring
    if isinstance(scoring, nodes.Each):
        left = paying_steps(scoring, measured)
        wanted = math.ceil(missing / scoring.points) if scoring.points > 0 else 1
        again = isinstance(criterion.measure, nodes.Count | nodes.Distinct)
        first = min(FULL_TIMES, max(wanted, _FULL_AMOUNTS)) if again else _FULL_AMOUNTS
        steps = {*range(1, first + 1), min(left, wanted)}
        if scoring.points > 0 and scoring.limit < LINE_LIMIT:
            steps.add(left)
        return [step_of(scoring, measured, n) for n in sorted(steps) if 0 < n <= left]
    numbers = [n for band in scoring.bands for c in band.conditions for n in _numbers(c.operand)]
    return sorted({k for n in numbers for k in (math.ceil(n - measured), math.floor(n - measured) + 1) if k > 0})


def paying_steps(each: nodes.Each, measured: Decimal) -> int:
    """Return how many more full N can give or take points before the limit is reached."""
    if not each.points:
        return 0
    return max(0, math.ceil(each.limit / abs(each.points)) - max(0, math.floor(measured / each.size)))


def step_of(each: nodes.Each, measured: Decimal, steps: int) -> int:
    """Return how much more of a measure makes so many more full N."""
    return math.ceil(each.size * (math.floor(measured / each.size) + steps) - measured)


def bounds_of(scoring: nodes.Bands | nodes.Each) -> list[int]:
    """Return the whole numbers from which on a band that gives points holds."""
    if isinstance(scoring, nodes.Each):
        return [max(1, math.ceil(scoring.size))]
    found = set()
    for band in scoring.bands:
        if band.points > 0:
            found |= {
                math.floor(n) + 1 for c in band.conditions if c.operator == "more_than" for n in _numbers(c.operand)
            }
            low = [
                _numbers(c.operand)[:1] for c in band.conditions if c.operator in ("at_least", "between", "is", "in")
            ]
            found |= {math.ceil(n) for numbers in low for n in numbers}
    return sorted(n for n in found if n > 0)


def _numbers(operand: nodes.Operand) -> list[Decimal]:
    values = operand if isinstance(operand, tuple) else (operand,)
    found = [v.number if isinstance(v, Literal) else v for v in values]
    return [n for n in found if isinstance(n, Decimal)]


def actions_of(world: World, events: nodes.Events) -> list[Action]:
    """Return one action for each name, with properties on which the `where` of these events holds."""
    properties = []
    for predicate in events.where:
        value = witness(world, world.tables.properties[predicate.subject], [predicate.conditions])
        if value is not None:
            properties.append((predicate.subject, value))
    names = (SOME_EVENT,) if events.names is None else events.names
    return [Action(name, tuple(sorted(properties))) for name in names]
