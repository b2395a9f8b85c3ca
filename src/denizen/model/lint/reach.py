"""What can be reached: which bands, which criteria, and between which bounds every score lies (semantics, 2 to 4).

Criteria that look at one thing are judged together, because one value cannot be in two places. Bounds may be wider
than what can happen, never narrower: the tests hold every score of random worlds to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from typing import TYPE_CHECKING

from denizen.model.lint.cells import EXACT, Operators, Situation, situations
from denizen.model.lint.measures import impossible_property, range_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.model.lint.cells import Range
    from denizen.model.lint.sections import Section
    from denizen.model.source import Path
    from denizen.model.spec import Behavior, Condition, Criterion, Velocity

ZERO = Decimal(0)
LINE_LIMIT = Decimal(1_000_000)
"""The most that one line of `each` or velocity gives or takes: the limit of `denizen.plan.build`."""
_EACH_CAP = Decimal(10) ** 15
_AT_LEAST_ONE: Operators = {"at_least": Decimal(1)}


@dataclass(frozen=True, slots=True)
class Bounds:
    """A lowest and a highest number."""

    low: Decimal
    high: Decimal

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(EXACT.add(self.low, other.low), EXACT.add(self.high, other.high))

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(min(self.low, other.low), max(self.high, other.high))


NOTHING = Bounds(ZERO, ZERO)


@dataclass(slots=True)
class BandReach:
    """What can become of a band: whether its conditions can hold, whether it is ever the first, and who is before it."""

    can_hold: bool = False
    can_be_first: bool = False
    behind: set[int] = field(default_factory=set)


@dataclass(slots=True)
class CriterionReach:
    """What can become of a criterion: its bands, and the bounds of its points."""

    path: Path
    criterion: Criterion
    bands: list[BandReach]
    points: Bounds = NOTHING
    can_disqualify: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """Bounds of the points of criteria: as they stand, with recency on top, and of the positive ones alone."""

    plain: Bounds = NOTHING
    recent: Bounds = NOTHING
    positive: Decimal = ZERO

    def __add__(self, other: Sums) -> Sums:
        positive = EXACT.add(self.positive, other.positive)
        return Sums(self.plain + other.plain, self.recent + other.recent, positive)

    def __or__(self, other: Sums) -> Sums:
        return Sums(self.plain | other.plain, self.recent | other.recent, max(self.positive, other.positive))


@dataclass(frozen=True, slots=True)
class SectionReach:
    """Bounds of one section: of every lead, and of those that could be PQLs (None if there can be none).

    `criteria` are the bounds without recency, velocity, decay and limits, `positive` the most that positive ones add up to.
    """

    section: Section
    criteria: Bounds
    positive: Decimal
    score: Bounds
    pql: Bounds | None


def bands_of(criterion: Criterion) -> list[tuple[Operators, Decimal]]:
    """Return the bands of a criterion with the short form written out; none with `each`."""
    if criterion.each is not None:
        return []
    if criterion.bands is None:
        return [(_AT_LEAST_ONE, criterion.points or ZERO)]
    return [(band.operators(), band.points) for band in criterion.bands]


def reach_of(section: Section, require: dict[str, Condition] | None) -> tuple[SectionReach, dict[Path, CriterionReach]]:
    """Return the bounds of a section and what can become of each of its criteria."""
    reaches = {
        path: CriterionReach(path, criterion, [BandReach() for _ in bands_of(criterion)])
        for path, criterion in section.criteria()
    }
    every, pql = Sums(), Sums()
    can_be_pql = True
    for group in _groups(reaches.values()):
        needed = (require or {}).get(group[0].criterion.attribute or "")
        of_all, of_pql = _sums_of(group, section.behavior, needed)
        every += of_all
        can_be_pql = can_be_pql and of_pql is not None
        pql += of_pql or Sums()
    score = _score(section, every)
    qualified = _uncapped(section, pql) if can_be_pql else None
    return SectionReach(section, every.plain, every.positive, score, qualified), reaches


def points_alone(criterion: Criterion) -> Bounds:
    """Return the bounds of the points of a criterion by itself, whatever the others give."""
    reach = CriterionReach((), criterion, [BandReach() for _ in bands_of(criterion)])
    return _sums_of([reach], None, None)[0].plain


def _groups(reaches: Iterable[CriterionReach]) -> list[list[CriterionReach]]:
    """Put criteria together that measure the same."""
    groups: dict[str, list[CriterionReach]] = {}
    for reach in reaches:
        groups.setdefault(_measure_key(reach.criterion), []).append(reach)
    return list(groups.values())


def _measure_key(criterion: Criterion) -> str:
    scoring = {"bands", "points", "each", "max_points", "key", "recency", "disqualifies"}
    data = criterion.model_dump(exclude=scoring, exclude_none=True)
    for names in ("count", "session_minutes", "days_since"):
        if names in data:
            data[names] = sorted(set(data[names]))
    return repr(data)


def _sums_of(
    group: list[CriterionReach], behavior: Behavior | None, needed: Condition | None
) -> tuple[Sums, Sums | None]:
    """Return the sums over every situation of what a group measures, and over those in which a lead can be a PQL."""
    conditions = [operators for reach in group for operators, _ in bands_of(reach.criterion)]
    conditions += [needed.operators()] if needed else []
    every: list[Sums] = []
    pql: list[Sums] = []
    for situation in situations(conditions, range_of(group[0].criterion)):
        sums = reduce(lambda a, b: a + b, [_look(reach, behavior, situation) for reach in group])
        every.append(sums)
        refused = needed is not None and situation.holds(needed.operators()) is False
        if not refused and not any(_disqualifies(reach.criterion, situation) for reach in group):
            pql.append(sums)
    return reduce(lambda a, b: a | b, every), reduce(lambda a, b: a | b, pql) if pql else None


def _disqualifies(criterion: Criterion, situation: Situation) -> bool:
    """Return whether a disqualifying band certainly holds."""
    return criterion.disqualifies and any(situation.holds(operators) for operators, _ in bands_of(criterion))


def _look(reach: CriterionReach, behavior: Behavior | None, situation: Situation) -> Sums:
    """Return the points a criterion can give in one situation, and note what it shows about its bands."""
    criterion = reach.criterion
    found = _each(criterion, situation.cell.numbers) if criterion.each is not None else _bands(reach, situation)
    reach.points |= found
    multiplier = _multiplier(criterion, behavior)
    recent = found
    if multiplier is not None and found.high > ZERO:
        recent = Bounds(found.low, EXACT.multiply(found.high, multiplier))
    return Sums(found, recent, max(found.high, ZERO))


def _multiplier(criterion: Criterion, behavior: Behavior | None) -> Decimal | None:
    if behavior is None or criterion.attribute is not None:
        return None
    recency = criterion.recency or behavior.recency
    return None if recency is None else recency.multiplier


def _bands(reach: CriterionReach, situation: Situation) -> Bounds:
    """Return the bounds of the points of the first band that holds."""
    outcomes: list[Decimal] = []
    before: set[int] = set()
    for i, (operators, points) in enumerate(bands_of(reach.criterion)):
        held = situation.holds(operators)
        if held is False:
            continue
        band = reach.bands[i]
        band.can_hold = True
        reach.can_disqualify |= reach.criterion.disqualifies
        if _closed(before, reach, situation):
            band.behind |= before
            continue
        band.can_be_first = True
        outcomes.append(points)
        before.add(i)
    if not _closed(before, reach, situation):
        outcomes.append(ZERO)
    return Bounds(min(outcomes), max(outcomes))


def _closed(before: set[int], reach: CriterionReach, situation: Situation) -> bool:
    """Return whether one of these bands certainly holds."""
    bands = bands_of(reach.criterion)
    return any(situation.holds(bands[i][0]) for i in before)


def _each(criterion: Criterion, numbers: Range | None) -> Bounds:
    """Return the bounds of the points for every full N of a range of numbers."""
    if numbers is None or criterion.each is None or criterion.points is None:
        return NOTHING
    limit = LINE_LIMIT if criterion.max_points is None else criterion.max_points
    ends = [_times(numbers.low, criterion.each, ZERO), _times(numbers.high, criterion.each, _EACH_CAP)]
    points = [max(min(EXACT.multiply(times, criterion.points), limit), -limit) for times in ends]
    return Bounds(min(points), max(points))


def _times(number: Decimal | None, size: Decimal, otherwise: Decimal) -> Decimal:
    """Return how often N goes into a number; no number is `otherwise`."""
    bounded = max(min(otherwise if number is None else number, _EACH_CAP), ZERO)
    return EXACT.divide_int(bounded, size)


def _score(section: Section, sums: Sums) -> Bounds:
    """Return the bounds of a section's score for any lead."""
    behavior = section.behavior
    found = _uncapped(section, sums)
    if behavior is not None and behavior.ceiling is not None:
        return Bounds(min(found.low, behavior.ceiling.at), found.high)
    return found


def _uncapped(section: Section, sums: Sums) -> Bounds:
    """Return the bounds of a section's score for leads that no ceiling applies to."""
    behavior = section.behavior
    found = sums.plain if behavior is None else _behavior(behavior, sums)
    return limited(found, section.spec.min, section.spec.max)


def _behavior(behavior: Behavior, sums: Sums) -> Bounds:
    found = sums.plain | sums.recent
    if behavior.velocity is not None and can_have_key_actions(behavior):
        found += velocity_bounds(behavior.velocity, sums.positive)
    if behavior.decay is not None:
        return Bounds(min(found.low, behavior.decay.floor), found.high)
    return found


def can_have_key_actions(behavior: Behavior) -> bool:
    """Return whether any event can be a key action: one is enough, since it can be repeated."""
    if behavior.velocity is not None and behavior.velocity.of is not None:
        return True
    return any(c.key and impossible_property(c.where) is None for c in behavior.criteria.values())


def velocity_bounds(velocity: Velocity, positive: Decimal) -> Bounds:
    """Return the bounds of the velocity bonus when positive criterion points reach up to `positive`."""
    bonus = velocity.points
    if bonus is None:
        bonus = EXACT.multiply(positive, velocity.multiplier or ZERO)
    if velocity.award == "per_window":
        bonus = EXACT.multiply(bonus, Decimal(velocity.max_awards) if velocity.max_awards else _EACH_CAP)
    bonus = max(min(bonus, LINE_LIMIT), -LINE_LIMIT)
    return NOTHING | Bounds(bonus, bonus)


def limited(bounds: Bounds, low: Decimal, high: Decimal | None) -> Bounds:
    """Return the bounds of a score that is clamped and rounded once."""

    def clamp(number: Decimal) -> Decimal:
        raised = max(number, low)
        return _rounded(raised if high is None else min(raised, high))

    return Bounds(clamp(bounds.low), clamp(bounds.high))


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.000001"), ROUND_HALF_UP, EXACT)


def total_bounds(parts: Iterable[Bounds]) -> Bounds:
    """Return the bounds of a sum."""
    return reduce(lambda a, b: a + b, parts, NOTHING)
