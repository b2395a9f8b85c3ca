"""What a plan reads of the data: attributes, properties, columns. Nothing else is ever read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.model.values import Literal
from denizen.plan import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

WORDS = ("contains", "contains_any", "contains_all")
ORDERS = ("at_least", "more_than", "at_most", "less_than", "between")


@dataclass(frozen=True, slots=True)
class Forms:
    """In which forms a value is needed besides its normalized text, and how a plan speaks of it.

    `named` are the texts that it is compared with; `pattern` says that a regular expression is searched in it, `ordered`
    that it is compared by size, or its very number counts.
    """

    number: bool = False
    words: bool = False
    pattern: bool = False
    named: frozenset[str] = frozenset()
    ordered: bool = False

    def __or__(self, other: Forms) -> Forms:
        return Forms(
            self.number or other.number,
            self.words or other.words,
            self.pattern or other.pattern,
            self.named | other.named,
            self.ordered or other.ordered,
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """Which parts of the data a plan reads.

    `names` are the event names it waits for; `every_event` says that any event can matter, for idleness or to cut sessions.
    """

    attributes: dict[str, Forms]
    properties: dict[str, Forms]
    names: tuple[str, ...]
    every_event: bool
    sessions: bool
    order: bool
    accounts: bool


def needs_of(*plans: nodes.Plan) -> Needs:
    """Return what plans read, all of them together."""
    selections = [events for plan in plans for events in _selections(plan)]
    measures = [c.measure for plan in plans for c in plan.criteria]
    names = {n for events in selections for n in events.names or ()}
    sessions = any(of_sessions(m) for m in measures)
    return Needs(
        attributes=_attributes(plans),
        properties=_properties(measures, selections),
        names=tuple(sorted(names)),
        every_event=sessions or any(events.names is None for events in selections),
        sessions=sessions,
        order=any(isinstance(m, nodes.Sequence) for m in measures),
        accounts=any(events.scope == "account" for events in selections),
    )


def counts_event(*plans: nodes.Plan) -> Callable[[str], bool]:
    """Return what tells whether plans count an event of some name for points: by its name, or as any event."""
    counted = [c.events for plan in plans for c in plan.criteria if c.events is not None]
    counted += [events for plan in plans if plan.velocity for events in plan.velocity.actions]
    names = {name for events in counted for name in events.names or ()}
    counts_any = any(events.names is None for events in counted)
    return lambda name: counts_any or name in names


def of_sessions(measure: nodes.Measure) -> bool:
    """Return whether a measure looks at sessions."""
    if isinstance(measure, nodes.Distinct):
        return measure.of == "sessions"
    return isinstance(measure, nodes.SessionDepth | nodes.SessionMinutes)


def _selections(plan: nodes.Plan) -> Iterator[nodes.Events]:
    for criterion in plan.criteria:
        if criterion.events is not None:
            yield criterion.events
    if plan.velocity:
        yield from plan.velocity.actions
    if plan.decay:
        yield plan.decay.activity
    if plan.ceiling:
        yield plan.ceiling.signals
    if plan.product:
        yield plan.product.active


def _attributes(plans: tuple[nodes.Plan, ...]) -> dict[str, Forms]:
    found: dict[str, Forms] = {}
    for plan in plans:
        for criterion in plan.criteria:
            if isinstance(criterion.measure, nodes.Attribute):
                _add(found, criterion.measure.name, _scoring_forms(criterion.scoring))
        for predicate in _predicates(plan):
            _add(found, predicate.subject, _forms(predicate.conditions))
    return found


def _predicates(plan: nodes.Plan) -> Iterator[nodes.Predicate]:
    yield from plan.gates.require
    if plan.ceiling:
        yield from plan.ceiling.when
    if plan.audience:
        yield from plan.audience.when
        for earlier in plan.audience.earlier:
            yield from earlier


def _properties(measures: list[nodes.Measure], selections: list[nodes.Events]) -> dict[str, Forms]:
    found: dict[str, Forms] = {}
    for events in selections:
        for predicate in events.where:
            _add(found, predicate.subject, _forms(predicate.conditions))
    for measure in measures:
        if isinstance(measure, nodes.Sum) or (
            isinstance(measure, nodes.Distinct) and measure.of not in ("days", "events", "sessions", "leads")
        ):
            _add(found, measure.of, Forms(number=True))
    return found


def _add(found: dict[str, Forms], name: str, forms: Forms) -> None:
    found[name] = found.get(name, Forms()) | forms


def _scoring_forms(scoring: nodes.Bands | nodes.Each) -> Forms:
    if isinstance(scoring, nodes.Each):
        return Forms(number=True, ordered=True)
    return _forms(tuple(c for band in scoring.bands for c in band.conditions))


def _forms(conditions: tuple[nodes.Condition, ...]) -> Forms:
    return Forms(
        number=any(c.operator in ORDERS or _numeric(c.operand) for c in conditions),
        words=any(c.operator in WORDS for c in conditions),
        pattern=any(c.operator == "matches" for c in conditions),
        named=words_of(conditions),
        ordered=any(c.operator in ORDERS for c in conditions),
    )


def words_of(conditions: Iterable[nodes.Condition]) -> frozenset[str]:
    """Return the texts that conditions compare with, normalized."""
    return frozenset(v.text for c in conditions for v in _literals(c.operand))


def _numeric(operand: nodes.Operand) -> bool:
    return any(v.number is not None for v in _literals(operand))


def _literals(operand: nodes.Operand) -> list[Literal]:
    values = operand if isinstance(operand, tuple) else (operand,)
    return [v for v in values if isinstance(v, Literal)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What plans ask of attributes and properties: conditions by subject, and subjects whose very number counts."""

    attributes: dict[str, list[nodes.Condition]]
    properties: dict[str, list[nodes.Condition]]
    counted: frozenset[str]


def asked_of(*plans: nodes.Plan) -> Asked:
    """Return every condition that plans put on attributes and properties."""
    asked = Asked({}, {}, frozenset(_counted(plans)))
    for plan in plans:
        for criterion in plan.criteria:
            if isinstance(criterion.measure, nodes.Attribute):
                bands = criterion.scoring.bands if isinstance(criterion.scoring, nodes.Bands) else ()
                found = asked.attributes.setdefault(criterion.measure.name, [])
                found += [c for band in bands for c in band.conditions]
        for predicate in _predicates(plan):
            asked.attributes.setdefault(predicate.subject, []).extend(predicate.conditions)
        for predicate in (p for events in _selections(plan) for p in events.where):
            asked.properties.setdefault(predicate.subject, []).extend(predicate.conditions)
        for name in _properties([c.measure for c in plan.criteria], []):
            asked.properties.setdefault(name, [])
    return asked


def _counted(plans: tuple[nodes.Plan, ...]) -> Iterator[str]:
    for criterion in (c for plan in plans for c in plan.criteria):
        if isinstance(criterion.measure, nodes.Attribute) and isinstance(criterion.scoring, nodes.Each):
            yield criterion.measure.name
        if isinstance(criterion.measure, nodes.Sum | nodes.Distinct):
            yield criterion.measure.of
