"""The shortest path to PQL: the fewest, then the cheapest, actions and facts with which a lead really scores as one.

An action is one event; a fact is one attribute learned. Combinations are scored in order of their number, so that the
first that qualifies is the shortest; where there are too many, the path is still verified but not proved shortest.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.model.values import normalize
from denizen.plan import nodes
from denizen.scoring.foresight.actions import FRESH, SOME_EVENT, Choice, Moment
from denizen.scoring.foresight.blocked import blocked_by, closed_windows
from denizen.scoring.foresight.choices import Standing, event_choices
from denizen.scoring.foresight.facts import learnable_facts
from denizen.scoring.foresight.narrow import amounts_of, narrowed
from denizen.scoring.foresight.scenarios import Scenario, Verdict, score_scenarios
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from denizen.scoring.foresight.actions import Action
    from denizen.scoring.imagine import World

CHUNK = 2_000
_MOST_SCENARIOS = 12_000
_MOST_ROWS = 2_000_000
_MOST_ORDERED = 8
_MOST_WITHOUT_HOPE = 3
"""Where not even the best that was found qualifies, combinations of so few actions are tried all the same."""
Combination = tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: an event so many `times` with these `properties`, or an attribute becoming known as `value`.

    `points` is what it adds to the total after the steps before it, `closes_at` when a window for it ends.
    """

    do: str
    points: float
    event: str | None = None
    times: int = 0
    properties: dict[str, str] | None = None
    attribute: str | None = None
    value: str | None = None
    closes_at: str | None = None


@dataclass(frozen=True, slots=True)
class NewEventAt:
    """One event of a path."""

    event: str
    at: str
    event_id: str
    session_id: str | None
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Path:
    """What would make a lead a PQL, or why nothing would.

    With `found`, the lead scores `fit`, `behavior` and `total` as a PQL at `qualifies_at` with `events` and the facts of
    `steps` added; `shortest` says that no fewer actions do. Without, `blocked_by` says what stands in the way.
    `closed` names criteria whose window is over or not open yet.
    """

    found: bool
    steps: tuple[Step, ...] = ()
    actions: int = 0
    shortest: bool = False
    qualifies_at: str | None = None
    fit: float | None = None
    behavior: float | None = None
    total: float | None = None
    events: tuple[NewEventAt, ...] = ()
    blocked_by: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


def find_path(
    world: World, plan_no: int, plans: dict[int, nodes.Plan], measures: dict[int, dict[str, Decimal]], missing: Decimal
) -> Path:
    """Return the shortest path of the one lead of a world that is no PQL.

    Args:
        world: the world of one lead.
        plan_no: the plan that counts now.
        plans: every plan that could count, by number: of each product, and of each segment it could turn out to be of.
        measures: what each of their criteria measures now.
        missing: by how many points the farthest gate is missed.
    """
    standing = Standing(plans, measures, _moment(world), missing)
    choices = event_choices(world, standing)
    facts = learnable_facts(world, list(plans.values()), _known(world))
    choices += [Choice(f.attribute, None, 1, f) for f in facts]
    groups = [list(g) for _, g in itertools.groupby(sorted(choices, key=_group), key=_group)]
    return _Search(world, plan_no, groups, standing).run()


def _group(choice: Choice) -> tuple[bool, str, int]:
    return choice.fact is not None, choice.group, 0


def _moment(world: World) -> Moment:
    row = world.cursor.execute(
        "SELECT r.as_of_us, w.signup_us, w.trial_started_us, w.trial_ends_us, (SELECT min(at_us) FROM world_events)"
        " FROM world_rows AS r JOIN world_leads AS w ON w.lead_id = r.lead_id WHERE r.lead_id = 1"
    ).fetchall()[0]
    return Moment(int(row[0]), row[1] if row[1] is not None else row[4], row[2], row[3])


def _known(world: World) -> set[str]:
    attributes = world.tables.attributes
    if not attributes:
        return set()
    listed = ", ".join(f"{v.text} IS NOT NULL" for v in attributes.values())
    row = world.cursor.execute(f"SELECT {listed} FROM world_leads WHERE lead_id = 1").fetchall()[0]
    return {name for name, known in zip(attributes, row, strict=True) if known}


class _Search:
    """A search over combinations of choices, at most one of each group."""

    def __init__(self, world: World, plan_no: int, groups: list[list[Choice]], standing: Standing) -> None:
        self.world = world
        self.plan_no = plan_no
        self.groups = groups
        self.standing = standing
        self.moment = standing.moment
        self.closed = closed_windows(standing)
        events = int(world.cursor.execute("SELECT count(*) FROM world_events").fetchall()[0][0])
        self.budget = min(_MOST_SCENARIOS, _MOST_ROWS // (events + 10))

    def run(self) -> Path:
        most, verdict = self._most()
        proved, fewest = True, sum(c.times for c in most)
        if not verdict.pql:
            fewest, self.budget = _MOST_WITHOUT_HOPE, min(self.budget, 2 * CHUNK)
        for actions in range(1, fewest + 1):
            best, complete = self._of_size(actions)
            proved = proved and complete
            if best is not None:
                skipped = self.standing.first_skipped
                return self._path(best, shortest=proved and (skipped is None or actions <= skipped))
            if not complete:
                break
        if not verdict.pql:
            return Path(found=False, blocked_by=blocked_by(self.world, self._scenario(most)), closed=self.closed)
        return self._path(self._reduced(most), shortest=False)

    def _most(self) -> tuple[Combination, Verdict]:
        """Return what comes nearest to a PQL: everything at once, made better one choice at a time."""
        best: Combination = tuple(group[-1] for group in self.groups)
        verdict = self._score([best])[0]
        while not verdict.pql:
            others = [
                (*best[:i], *other, *best[i + 1 :])
                for i, choice in enumerate(best)
                for other in [(), *[(c,) for c in self._levels(choice) if c is not choice]]
            ]
            others += [(*best, c) for group in self.groups if not {*group} & {*best} for c in group]
            verdicts = self._score(others)
            i = max(range(len(others)), key=lambda i: self._nearness(verdicts[i]), default=None)
            if i is None or self._nearness(verdicts[i]) <= self._nearness(verdict):
                break
            best, verdict = others[i], verdicts[i]
        return best, verdict

    def _levels(self, choice: Choice) -> list[Choice]:
        return next(group for group in self.groups if group[0].group == choice.group and choice in group)

    def _nearness(self, verdict: Verdict) -> tuple[bool, bool, bool, float]:
        """Order verdicts: first what rules out, then the points that are missing."""
        gates = self.standing.plans[self.plan_no].gates
        missed = [
            max(0.0, float(needed) - reached)
            for needed, reached in (
                (gates.total, verdict.total),
                (gates.fit, verdict.fit),
                (gates.behavior, verdict.behavior),
            )
        ]
        return verdict.pql, not verdict.disqualified, not verdict.capped, -sum(missed)

    def _of_size(self, actions: int) -> tuple[Combination | None, bool]:
        """Return the cheapest combination of so many actions that qualifies, and whether all of them were scored."""
        left = combinations(self.groups, actions)
        while chunk := list(itertools.islice(left, min(CHUNK, max(self.budget, 0)))):
            self.budget -= len(chunk)
            good = [(c, v) for c, v in zip(chunk, self._score(chunk), strict=True) if v.pql]
            if good:
                return min(good, key=lambda found: _effort(found[0], found[1], self.standing.summed))[0], True
        return None, next(left, None) is None

    def _reduced(self, combination: Combination) -> Combination:
        """Leave out whatever is not needed, the costliest first, until everything left is."""
        while True:
            smaller = sorted(_smaller(combination, self.groups), key=lambda c: sum(x.times for x in c))
            verdicts = self._score(smaller)
            fitting = next((c for c, v in zip(smaller, verdicts, strict=True) if v.pql), None)
            if fitting is None:
                return combination
            combination = fitting

    def _best_first(self, combination: Combination) -> Combination:
        """Order the steps so that each adds the most it can after those before it."""
        ordered: Combination = ()
        left = list(combination)
        while len(left) > 1 and len(combination) <= _MOST_ORDERED:
            verdicts = self._score([(*ordered, choice) for choice in left])
            best = max(range(len(left)), key=lambda i: (verdicts[i].total, -i))
            ordered = (*ordered, left.pop(best))
        return (*ordered, *left)

    def _score(self, combinations_: Sequence[Combination]) -> list[Verdict]:
        return score_scenarios(self.world, [self._scenario(c) for c in combinations_])

    def _scenario(self, combination: Combination) -> Scenario:
        return _scenario(combination, self.standing.plans.values())

    def _path(self, combination: Combination, *, shortest: bool) -> Path:
        combination = self._best_first(narrowed(combination, self.standing, self._score))
        verdicts = self._score([combination[:i] for i in range(len(combination) + 1)])
        points = [round(b.total - a.total, 6) for a, b in itertools.pairwise(verdicts)]
        scenario, end = self._scenario(combination), verdicts[-1]
        return Path(
            found=True,
            steps=tuple(_step(self.world, c, p) for c, p in zip(combination, points, strict=True)),
            actions=sum(c.times for c in combination),
            shortest=shortest,
            qualifies_at=iso(self.moment.as_of_us + scenario.later_us),
            fit=end.fit,
            behavior=end.behavior,
            total=end.total,
            events=tuple(
                NewEventAt(e.event, iso(self.moment.as_of_us + e.later_us), f"~{no:06}", e.session, dict(e.properties))
                for no, e in enumerate(scenario.events, 1)
            ),
            closed=self.closed,
        )


def combinations(groups: Sequence[Sequence[Choice]], actions: int) -> Iterator[Combination]:
    """Yield every combination of at most one choice a group that takes exactly so many actions."""
    if actions == 0:
        yield ()
        return
    for i, group in enumerate(groups):
        for choice in group:
            if choice.times <= actions:
                for rest in combinations(groups[i + 1 :], actions - choice.times):
                    yield (choice, *rest)


def _smaller(combination: Combination, groups: Sequence[Sequence[Choice]]) -> Iterator[Combination]:
    levels = {group[0].group: group for group in groups}
    for i, choice in enumerate(combination):
        rest = combination[:i], combination[i + 1 :]
        yield (*rest[0], *rest[1])
        for lower in levels[choice.group]:
            if lower.times < choice.times and lower.fact is None:
                yield (*rest[0], lower, *rest[1])


def _effort(combination: Combination, verdict: Verdict, summed: frozenset[str]) -> tuple[int, int, int, Decimal, float]:
    """Order what takes equally many actions: to do before to learn, quick before slow, small amounts, then the total."""
    facts = sum(c.fact is not None for c in combination)
    slow = max((e.later_us for c in combination if c.action for e in c.action.happenings(c.times)), default=0)
    amount = sum((amounts_of(c, summed) for c in combination), Decimal(0))
    return facts, slow, len(combination), amount, -verdict.total


def _scenario(combination: Combination, plans: Iterable[nodes.Plan]) -> Scenario:
    """Let the events happen in rounds, each in the order in which sequences of the plans want them."""
    measures = [c.measure for plan in plans for c in plan.criteria]
    order = [s for m in measures if isinstance(m, nodes.Sequence) for s in m.steps]
    place = {name: i for i, name in reversed(list(enumerate(order)))}
    done = [list(enumerate(c.action.happenings(c.times))) for c in combination if c.action is not None]
    events = sorted(
        (happening for one in done for happening in one), key=lambda h: (h[1].later_us, h[0], place.get(h[1].event, 0))
    )
    facts = tuple((c.fact.attribute, c.fact.value) for c in combination if c.fact is not None)
    return Scenario(1, tuple(e for _, e in events), facts)


def _was_done(world: World, action: Action) -> bool:
    """Return whether the lead did something like this before: the event, with these properties."""
    asked = [] if action.event == SOME_EVENT else [f"event = {text(action.event)}"]
    for name, value in action.properties:
        if value != FRESH:
            asked.append(f"{world.tables.properties[name].text} = {text(normalize(value))}")
    where = " AND ".join(["lead_id = 1", *asked])
    return bool(world.cursor.execute(f"SELECT count(*) FROM world_events WHERE {where}").fetchall()[0][0])


def _step(world: World, choice: Choice, points: float) -> Step:
    if choice.fact is not None:
        fact = choice.fact
        return Step(f"learn {fact.attribute}: {fact.words}", points, attribute=fact.attribute, value=fact.value)
    action = choice.action
    if action is None:
        raise TypeError("a choice is an action or a fact")
    closes_at = None if choice.closes_us is None else iso(choice.closes_us)
    do = action.describe(choice.times, again=_was_done(world, action))
    return Step(do, points, action.event, choice.times, dict(action.properties), closes_at=closes_at)
