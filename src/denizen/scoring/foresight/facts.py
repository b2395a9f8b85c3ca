"""What is unknown, and what knowing it could be worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.candidates import candidates
from denizen.plan.describe import describe_conditions
from denizen.plan.witness import witnesses
from denizen.scoring.foresight.kinds import best_of, kinds_of, segment_predicates, valued
from denizen.scoring.foresight.scenarios import BLANK, Scenario, score_scenarios
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.dialect import DuckDB

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from denizen.scoring.imagine import World
    from denizen.sql.tables import Value

Conditions = tuple[nodes.Condition, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A value an attribute could have: `words` say which values do, `points` what they add, limits aside."""

    attribute: str
    value: str
    words: str
    points: float


def witness(world: World, value: Value, bands: Sequence[Conditions]) -> str | None:
    """Return a value on which the last of these bands holds and none before it, or None if none is found."""
    conditions = [c for band in reversed(bands) for c in band]
    proposed = list(dict.fromkeys([*witnesses(conditions), *candidates(conditions)]))
    holds = [f"({all_hold(band, Operand.of_value(value), DuckDB())})" for band in bands]
    condition = " AND ".join([holds[-1], *[f"{h} IS NOT TRUE" for h in holds[:-1]]])
    found = world.cursor.execute(
        f"SELECT given FROM {valued(world, value, proposed)} WHERE {condition} ORDER BY i LIMIT 1"
    ).fetchall()
    return str(found[0][0]) if found else None


def possible_facts(world: World) -> list[Fact]:
    """Return the values that bands and requirements ask for, each with what it adds to a lead otherwise unknown."""
    world.reader.read(w for _, bands in _bands(world.plan) for w in witnesses([c for b in bands for c in b]))
    proposed = list(dict.fromkeys(_proposed(world)))
    scenarios = [Scenario(BLANK), *[Scenario(BLANK, (), ((a, v),)) for a, v, _ in proposed]]
    nothing, *verdicts = score_scenarios(world, scenarios)
    return [
        Fact(attribute, value, words, round(verdict.total - nothing.total, 6))
        for (attribute, value, words), verdict in zip(proposed, verdicts, strict=True)
        if nothing.disqualified or not verdict.disqualified
    ]


def learnable_facts(world: World, plans: Sequence[nodes.Plan], known: Collection[str]) -> list[Fact]:
    """Return the values worth learning of each attribute: none of them does less than another in every way.

    An attribute that only behavior looks at can change; any other is learned only if it is not among the `known`.
    """
    found = []
    for name in world.tables.attributes:
        if name in known and name in _fixed(world.run.program.plans):
            continue
        kinds = best_of(kinds_of(world, name), allowing=True)
        found += _told(world, plans, name, [k.value for k in kinds if k.value is not None])
    return found


def _fixed(plans: Sequence[nodes.Plan]) -> set[str]:
    """Return the attributes that are what they are: those of fit, of gates, ceilings and segments."""
    found = set()
    for plan in plans:
        predicates = [*plan.gates.require, *(plan.ceiling.when if plan.ceiling else ())]
        if plan.audience:
            predicates += [p for group in (plan.audience.when, *plan.audience.earlier) for p in group]
        found |= {p.subject for p in predicates}
        found |= {c.measure.name for c in plan.part("fit") if isinstance(c.measure, nodes.Attribute)}
    return found


def _told(world: World, plans: Sequence[nodes.Plan], name: str, values: Sequence[str]) -> list[Fact]:
    """Put into words which values are like these: the bands and requirements that hold on them."""
    if not values:
        return []
    value = world.tables.attributes[name]
    groups = list(dict.fromkeys(tuple(bands) for plan in plans for subject, bands in _bands(plan) if subject == name))
    groups += [(predicate.conditions,) for predicate in segment_predicates(plans, name)]
    columns = ["given"]
    for bands in groups:
        held = [f"({all_hold(band, Operand.of_value(value), DuckDB())})" for band in bands]
        columns.append(" AND ".join([held[-1], *[f"{h} IS NOT TRUE" for h in held[:-1]]]))
    rows = world.cursor.execute(
        f"SELECT {', '.join(columns)} FROM {valued(world, value, values)} ORDER BY i"
    ).fetchall()
    found = []
    for given, *holding in rows:
        told = dict.fromkeys(_words(g[-1], given) for g, holds in zip(groups, holding, strict=True) if holds)
        found.append(Fact(name, given, " and ".join(told) or f"such as {given}", 0.0))
    return found


def _proposed(world: World) -> Iterator[tuple[str, str, str]]:
    """Yield attribute, value and words for every band of an attribute and every requirement."""
    attributes = world.tables.attributes
    for name, bands in _bands(world.plan):
        value = witness(world, attributes[name], bands)
        if value is not None:
            yield name, value, _words(bands[-1], value)


def _bands(plan: nodes.Plan) -> Iterator[tuple[str, list[Conditions]]]:
    for criterion in plan.criteria:
        if not isinstance(criterion.measure, nodes.Attribute):
            continue
        if isinstance(criterion.scoring, nodes.Each):
            each = criterion.scoring
            full = each.size * (math.ceil(each.limit / abs(each.points)) if each.points else 1)
            yield criterion.measure.name, [(nodes.Condition("at_least", full),)]
            continue
        conditions = [band.conditions for band in criterion.scoring.bands]
        for i in range(len(conditions)):
            yield criterion.measure.name, conditions[: i + 1]
    for predicate in plan.gates.require:
        yield predicate.subject, [predicate.conditions]


def _words(conditions: Conditions, value: str) -> str:
    """Return what a value must be; a pattern has no words, so an example stands for it."""
    if any(c.operator == "matches" for c in conditions):
        return f"like {value}"
    return describe_conditions(conditions)
