"""Milestones: for each band of a behavior criterion, what a lead would have to do to reach it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.scoring.foresight.actions import SOME_EVENT, Action, actions_of, bounds_of, can_add
from denizen.scoring.foresight.facts import Fact, possible_facts
from denizen.scoring.foresight.scenarios import NewEvent
from denizen.scoring.returning import only_idles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.scoring.imagine import World
    from denizen.scoring.trackable import Trackable

MOST_TIMES = 100
TIMES, OFTEN, DAYS = "{times}", "{often}", "{days}"
"""Stand in words for a number of times, the same with `once` or `times`, and with `days`."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """Reaching a `bound` of one criterion: by events in full, by as many as are missing, or by an attribute's value.

    `do` says it to a lead that has done some of it, `first` to one that has done nothing of it.
    `events` happen once; `repeated` happens as often as the measure is short of `bound`, or, with `amount`, once with
    what is missing as the value of that property. `label` names it; `plan_no` is whose criterion it is, and `own` whether
    that plan is the one that counts now.
    """

    number: int
    criterion: nodes.Criterion
    do: str
    first: str
    events: tuple[NewEvent, ...] = ()
    repeated: Action | None = None
    bound: int = 0
    amount: str | None = None
    fact: Fact | None = None
    label: str = ""
    plan_no: int = 0
    own: bool = True


def milestones_of(world: World, there: Trackable) -> tuple[list[Milestone], dict[str, tuple[str, ...]]]:
    """Return every milestone of the behavior section, in the order of the model, and by criterion what is nowhere.

    Nobody is asked for what no lead of the data has: where nothing of a criterion can be reached, it is told instead.
    """
    facts = possible_facts(world)
    fixed = {c.measure.name for c in world.plan.part("fit") if isinstance(c.measure, nodes.Attribute)}
    found: list[Milestone] = []
    nowhere: dict[str, tuple[str, ...]] = {}
    for criterion in world.plan.part("behavior"):
        if isinstance(criterion.measure, nodes.Attribute):
            name = criterion.measure.name
            known = [f for f in facts if f.attribute == name and f.points > 0 and name not in fixed]
            made = [Milestone(0, criterion, *_same(f"{f.attribute} {f.words}"), fact=f) for f in known]
        else:
            made = list(_of_events(world, criterion, there)) if can_add(criterion) and not only_idles(criterion) else []
        reachable = [m for m in made if _occurs(m, world, there)]
        if made and not reachable:
            nowhere[criterion.name] = there.missing(criterion, world.plan)
        found += reachable
    return [_numbered(m, i) for i, m in enumerate(found, 1)], nowhere


def _occurs(milestone: Milestone, world: World, there: Trackable) -> bool:
    """Return whether the data has what a milestone takes."""
    if milestone.fact is not None:
        return milestone.fact.attribute in there.attributes
    names = {e.event for e in milestone.events} | ({milestone.repeated.event} if milestone.repeated else set())
    return all(_there(name, world, there) for name in names)


def _there(name: str, world: World, there: Trackable) -> bool:
    return name == SOME_EVENT or there.has(name, world.plan)


def _numbered(m: Milestone, number: int) -> Milestone:
    return replace(m, number=number)


def _same(words: str) -> tuple[str, str]:
    return words, words


def _both(action: Action) -> tuple[str, str]:
    return action.describe(1, again=True), action.describe(1, again=False)


def _of_events(world: World, criterion: nodes.Criterion, there: Trackable) -> Iterator[Milestone]:
    measure = criterion.measure
    if isinstance(measure, nodes.Attribute):
        return
    actions = sorted(actions_of(world, measure.events), key=lambda a: not _there(a.event, world, there))
    first = actions[0]
    if isinstance(measure, nodes.SessionDepth):
        for bound in bounds_of(criterion.scoring):
            events = tuple(e for a in actions[:bound] for e in _in_session(a))
            names = ", ".join(a.event for a in actions[:bound])
            yield Milestone(0, criterion, *_same(f"one session with {names}"), events)
    elif isinstance(measure, nodes.Sequence):
        by_name = {a.event: a for a in actions}
        steps = tuple(e for name in measure.steps for e in by_name[name].happenings(1))
        yield Milestone(0, criterion, *_same(" then ".join(measure.steps)), steps)
    elif isinstance(measure, nodes.SessionMinutes):
        for bound in bounds_of(criterion.scoring):
            action = Action(first.event, first.properties, minutes=bound)
            yield Milestone(0, criterion, *_both(action), tuple(action.happenings(1)))
    elif isinstance(measure, nodes.DaysSince | nodes.Growth):
        yield Milestone(0, criterion, *_both(first), tuple(first.happenings(1)))
    else:
        yield from _counted(criterion, measure, first)


def _counted(
    criterion: nodes.Criterion, measure: nodes.Count | nodes.Sum | nodes.Distinct, action: Action
) -> Iterator[Milestone]:
    amount = None
    if isinstance(measure, nodes.Sum):
        amount = measure.of
    elif isinstance(measure, nodes.Distinct):
        action = action.distinct(measure.of)
    for bound in bounds_of(criterion.scoring):
        do, first = f"{TIMES} more {action.named}", f"{action.named} {OFTEN}"
        if amount:
            do, first = f"{action.event} with {TIMES} more {amount}", f"{action.event} with {amount} {TIMES}"
        elif action.each_on_its_own_day:
            do, first = f"{action.named} on {TIMES} more days", f"{action.named} on {DAYS}"
        yield Milestone(0, criterion, do, first, repeated=action, bound=bound, amount=amount)


def _in_session(action: Action) -> Iterator[NewEvent]:
    for event in action.happenings(1):
        yield NewEvent(event.event, event.later_us, "~ one session", event.properties)
