"""The ways in which an attribute can turn out, told apart by all that any plan makes of its value.

What a value gives is said by the conditions and points of the plans themselves, in the words of the statement that
scores. This only tells which values are worth scoring: one that gives less of everything than another never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.candidates import candidates
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.dialect import DuckDB
from denizen.sql.literals import number, text
from denizen.sql.points import points_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from denizen.scoring.imagine import World
    from denizen.sql.tables import Value


@dataclass(frozen=True, slots=True)
class Kind:
    """One way for an attribute to turn out: a value that stands for all like it (None: unknown), and what it does.

    `segment` says which predicates of segments hold, `adds` what it gives each sum of points, `spares` which predicates
    of ceilings do not hold, `allows` which required predicates hold and which criteria do not disqualify.
    """

    value: str | None
    segment: tuple[bool, ...]
    adds: tuple[Decimal, ...]
    spares: tuple[bool, ...]
    allows: tuple[bool, ...]

    def at_least(self, other: Kind, *, allowing: bool) -> bool:
        """Return whether this one is as good as another in every way; `allowing` also looks at `allows`."""
        return (
            self.segment == other.segment
            and all(a >= b for a, b in zip(self.adds, other.adds, strict=True))
            and all(a >= b for a, b in zip(self.spares, other.spares, strict=True))
            and (not allowing or all(a >= b for a, b in zip(self.allows, other.allows, strict=True)))
        )


def kinds_of(world: World, name: str) -> list[Kind]:
    """Return every kind of value an attribute can have, the unknown one first."""
    plans = world.run.program.plans
    conditions = [*_conditions(plans, name)]
    eaches = [c.scoring for c in _criteria(plans, name) if isinstance(c.scoring, nodes.Each)]
    given = candidates(conditions, eaches)
    kinds = _judged(world, name, [None, *given])
    return list({(k.segment, k.adds, k.spares, k.allows): k for k in reversed(kinds)}.values())[::-1]


def best_of(kinds: Iterable[Kind], *, allowing: bool = False) -> list[Kind]:
    """Leave out every kind than which another is as good in every way."""
    kept: list[Kind] = []
    for kind in kinds:
        if any(k.at_least(kind, allowing=allowing) for k in kept):
            continue
        kept = [k for k in kept if not kind.at_least(k, allowing=allowing)]
        kept.append(kind)
    return kept


def segment_predicates(plans: Sequence[nodes.Plan], name: str) -> list[nodes.Predicate]:
    """Return the predicates by which segments look at an attribute."""
    audiences = [p.audience for p in plans if p.audience]
    groups = [group for a in audiences for group in (a.when, *a.earlier)]
    return list(dict.fromkeys(p for group in groups for p in group if p.subject == name))


def valued(world: World, value: Value, given: Sequence[str | None]) -> str:
    """Return a source of rows `i, given` with values in the forms an attribute or property is read in."""
    world.reader.read(g for g in given if g is not None)
    rows = []
    for i, g in enumerate(given):
        read = None if g is None else world.reader.known[g]
        forms = (None, None, None) if read is None else (read.text, read.number, read.words)
        decimal = "CAST(NULL AS DECIMAL(38, 9))" if forms[1] is None else f"CAST({number(forms[1])} AS DECIMAL(38, 9))"
        rows.append(f"({i}, {_text(g)}, {_text(forms[0])}, {decimal}, {_text(forms[2])})")
    return f"(VALUES {', '.join(rows)}) AS proposed (i, given, {value.text}, {value.number}, {value.words})"


def _text(given: str | None) -> str:
    return "CAST(NULL AS VARCHAR)" if given is None else text(given)


def _criteria(plans: Iterable[nodes.Plan], name: str) -> Iterator[nodes.Criterion]:
    for criterion in (c for plan in plans for c in plan.criteria):
        if isinstance(criterion.measure, nodes.Attribute) and criterion.measure.name == name:
            yield criterion


def _conditions(plans: Sequence[nodes.Plan], name: str) -> Iterator[nodes.Condition]:
    """Yield, once each, the conditions that any plan puts on an attribute."""
    bands = [c.scoring.bands for c in _criteria(plans, name) if isinstance(c.scoring, nodes.Bands)]
    groups = [band.conditions for of_criterion in bands for band in of_criterion]
    groups += [p.conditions for p in segment_predicates(plans, name)]
    for plan in plans:
        predicates = [*plan.gates.require, *(plan.ceiling.when if plan.ceiling else ())]
        groups += [p.conditions for p in predicates if p.subject == name]
    yield from dict.fromkeys(c for group in groups for c in group)


def _judged(world: World, name: str, given: list[str | None]) -> list[Kind]:
    """Let the plans say what they make of values."""
    plans, value = world.run.program.plans, world.tables.attributes[name]
    operand, dialect = Operand.of_value(value), DuckDB()
    columns: list[str] = []

    def ask(expression: str) -> int:
        columns.append(expression)
        return len(columns) - 1

    def ask_if(conditions: tuple[nodes.Condition, ...]) -> int:
        return ask(f"COALESCE({all_hold(conditions, operand, dialect)}, FALSE)")

    predicates = segment_predicates(plans, name)
    segment = [ask_if(p.conditions) for p in predicates]
    points = {
        (i, c): ask(points_of(c, operand, dialect)) for i, plan in enumerate(plans) for c in _criteria([plan], name)
    }
    spares = [
        ask_if(p.conditions) for plan in plans for p in (plan.ceiling.when if plan.ceiling else ()) if p.subject == name
    ]
    requires = [ask_if(p.conditions) for plan in plans for p in plan.gates.require if p.subject == name]
    disqualifies = [
        [ask_if(band.conditions) for band in c.scoring.bands]
        for c in _criteria(plans, name)
        if c.disqualifies and isinstance(c.scoring, nodes.Bands)
    ]
    found = world.cursor.execute(
        f"SELECT given, {', '.join([*columns, 'i'])} FROM {valued(world, value, given)} ORDER BY i"
    ).fetchall()
    kinds = []
    for stands_for, *row in found:
        told = dict(zip(predicates, (row[i] for i in segment), strict=True))
        sums: list[Decimal] = []
        for i, plan in enumerate(plans):
            reached = _can_count(plan, name, told)
            sums += _sums(plan, {c: row[at] for (of, c), at in points.items() if of == i and reached})
        allows = [row[i] for i in requires] + [not any(row[i] for i in bands) for bands in disqualifies]
        kinds.append(
            Kind(stands_for, tuple(told.values()), tuple(sums), tuple(not row[i] for i in spares), tuple(allows))
        )
    return kinds


def _can_count(plan: nodes.Plan, name: str, told: dict[nodes.Predicate, bool]) -> bool:
    """Return whether a lead can be of the plan's audience when an attribute is so."""
    audience = plan.audience
    if audience is None:
        return True
    if not all(told[p] for p in audience.when if p.subject == name):
        return False
    return not any(all(told.get(p, False) for p in earlier) for earlier in audience.earlier)


def _sums(plan: nodes.Plan, points: dict[nodes.Criterion, Decimal]) -> Iterator[Decimal]:
    """Yield the sums through which a plan's points reach its score; it never falls as one of them grows."""
    behavior = [p for c, p in points.items() if c.part == "behavior"]
    yield sum((p for c, p in points.items() if c.part == "fit"), Decimal(0))
    yield sum(behavior, Decimal(0))
    if plan.velocity and plan.velocity.multiplier is not None:
        yield sum((p for p in behavior if p > 0), Decimal(0))
    if plan.decay and plan.decay.can_turn:
        yield -sum(behavior, Decimal(0))
