"""Rules about gates, tiers and the ceiling: what decides, and what never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.lint.cells import situations
from denizen.model.lint.measures import can_hold
from denizen.model.lint.reach import ZERO, total_bounds
from denizen.model.lint.rule import Remark, Rule
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from denizen.model.lint.reach import Bounds
    from denizen.model.lint.rule import Subject
    from denizen.model.spec import Condition


def gate_unreachable(subject: Subject) -> Iterator[Remark]:
    """A gate that no lead can pass, so that there is never a PQL."""
    model = subject.model
    for name, condition in (model.pql.require or {}).items():
        if not can_hold(condition):
            message = f"no value of `{name}` satisfies all of this, so no lead can be a PQL"
            yield Remark(("pql", "require", name), message, at_key=True)
    for name, gate, bounds in _gates(subject, pql=True):
        if bounds is None:
            message = "every value of an attribute that passes the gates disqualifies, so no lead can be a PQL"
            yield Remark(_written(subject, name), message)
        elif bounds.high < gate:
            message = f"the gate on {name} asks for {plain(gate)} and a lead can reach {plain(bounds.high)} at most"
            yield Remark(_written(subject, name), message)


def gate_always_passed(subject: Subject) -> Iterator[Remark]:
    """A gate that every lead passes."""
    for name, gate, bounds in _gates(subject, pql=False):
        if bounds is not None and bounds.low >= gate and not _switched_off(subject, name):
            message = (
                f"every lead has at least {plain(bounds.low)}, so the gate of {plain(gate)} on {name} decides nothing"
            )
            yield Remark(_written(subject, name), message)


def gate_redundant(subject: Subject) -> Iterator[Remark]:
    """A total gate below the sum of the other two."""
    pql = subject.model.pql
    if pql.fit + pql.behavior > pql.total > ZERO:
        message = (
            f"who passes fit {plain(pql.fit)} and behavior {plain(pql.behavior)} has {plain(pql.fit + pql.behavior)}"
            f" already, so the total of {plain(pql.total)} decides nothing"
        )
        yield Remark(_written(subject, "total"), message)


def tier_unreachable(subject: Subject) -> Iterator[Remark]:
    """A tier that no lead can reach."""
    for part, tiers, high in (
        ("fit", subject.model.tiers.fit, subject.fit.score.high),
        ("behavior", subject.model.tiers.behavior, subject.behavior_score.high),
    ):
        if part not in subject.model.tiers.model_fields_set:
            continue
        for name, bound in tiers.items():
            if bound > high:
                message = f"the tier starts at {plain(bound)} and {part} reaches {plain(high)} at most"
                yield Remark(("tiers", part, name), message)


def ceiling_above_gate(subject: Subject) -> Iterator[Remark]:
    """A cap that reads as if the lead passed."""
    gate = subject.model.pql.behavior
    for reach in subject.behavior:
        ceiling = reach.section.behavior.ceiling if reach.section.behavior else None
        if ceiling is not None and ceiling.at >= gate:
            message = (
                f"a capped lead is no PQL, and its score of {plain(ceiling.at)} still passes the gate of {plain(gate)}"
            )
            yield Remark((*reach.section.path, "ceiling", "at"), message)


def ceiling_idle(subject: Subject) -> Iterator[Remark]:
    """A ceiling that no lead can meet."""
    for reach in subject.behavior:
        ceiling = reach.section.behavior.ceiling if reach.section.behavior else None
        for name, condition in ceiling.when.items() if ceiling else ():
            if not can_hold(condition):
                place = (*reach.section.path, "ceiling", "when", name)
                yield Remark(
                    place, f"no value of `{name}` satisfies all of this, so no lead is ever capped", at_key=True
                )


def segment_empty(subject: Subject) -> Iterator[Remark]:
    """A segment that no lead can be in."""
    segments = subject.model.segments or []
    for i, segment in enumerate(segments):
        place = ("segments", i, "when")
        for name, condition in segment.when.items():
            if not can_hold(condition):
                message = f"no value of `{name}` satisfies all of this, so no lead is in the segment"
                yield Remark((*place, name), message, at_key=True)
        earlier = next((s for s in segments[:i] if _covers(s.when, segment.when)), None)
        if earlier is not None:
            yield Remark(
                place, f"every lead it could hold is in `{earlier.name}` already, which comes first", at_key=True
            )


def _covers(wide: dict[str, Condition], narrow: dict[str, Condition]) -> bool:
    """Return whether whoever satisfies the narrow predicates certainly satisfies the wide ones."""
    return all(name in narrow and _implies(narrow[name], condition) for name, condition in wide.items())


def _implies(narrow: Condition, wide: Condition) -> bool:
    both = (narrow.operators(), wide.operators())
    return all(s.holds(both[0]) is False or s.holds(both[1]) is True for s in situations(both))


def _gates(subject: Subject, *, pql: bool) -> Iterator[tuple[str, Decimal, Bounds | None]]:
    """Yield each gate with the bounds of its score: of those that could be PQLs, or of every lead."""
    gates = subject.model.pql
    fit = subject.fit.pql if pql else subject.fit.score
    behavior = subject.behavior_of_pqls if pql else subject.behavior_score
    total = None if fit is None or behavior is None else total_bounds([fit, behavior])
    yield "fit", gates.fit, fit
    yield "behavior", gates.behavior, behavior
    if not pql or total is not None:
        yield "total", gates.total, total


def _switched_off(subject: Subject, name: str) -> bool:
    """Return whether a gate of 0 or less stands in the file on purpose, since there is nothing it could look at."""
    empty = {"fit": not subject.model.fit.criteria, "behavior": not any(s.spec.criteria for s in subject.behaviors)}
    return empty.get(name, False)


def _written(subject: Subject, name: str) -> tuple[str | int, ...]:
    """Return the place of a gate, or of `pql` where the default counts."""
    return ("pql", name) if name in subject.model.pql.model_fields_set else ("pql",)


_MODEL = """model: m
fit:
  criteria:
    company_size: {attribute: employees, bands: [{between: [50, 500], points: 30}]}
behavior:
  criteria:
    invites: {count: teammate_invited, points: 60}
"""
_CEILING = (
    _MODEL
    + """  ceiling: {when: {plan: WHEN}, after: 90d, unless: limit_hit, at: CAP}
pql: {total: 80, fit: 15, behavior: 40}
"""
)
_SEGMENTS = (
    _MODEL
    + """segments:
  - {name: one, when: {employees: FIRST}, pql: {total: 70}}
  - {name: other, when: {employees: SECOND}, pql: {total: 75}}
"""
)
RULES = (
    Rule(
        code="gate-unreachable",
        level="warning",
        title="A gate that no lead can pass",
        rationale="What a lead can reach at most, over every value and every sequence of events, is less than the gate asks"
        " for: there is never a PQL. Values that disqualify or that `require` refuses are left out.",
        source="semantics, section 4",
        mend="Lower the gate, or give the criteria more points.",
        bad=_MODEL + "pql: {total: 100, fit: 15, behavior: 40}\n",
        good=_MODEL + "pql: {total: 80, fit: 15, behavior: 40}\n",
        check=gate_unreachable,
    ),
    Rule(
        code="gate-always-passed",
        level="warning",
        title="A gate that every lead passes",
        rationale="Fit and behavior must each have a floor; without one, wrong companies or silent leads qualify on the other"
        " score alone. A gate on a section without criteria is left alone.",
        source="methodology, section 1, dual-score architecture",
        mend="Raise the gate above the lowest score there can be.",
        bad=_MODEL + "pql: {total: 80, fit: 0, behavior: 40}\n",
        good=_MODEL + "pql: {total: 80, fit: 15, behavior: 40}\n",
        check=gate_always_passed,
    ),
    Rule(
        code="gate-redundant",
        level="info",
        title="The total gate decides nothing",
        rationale="The total asks for more than the two floors together, or it is not a gate.",
        source="methodology, section 4, combined score and PQL qualification",
        mend="Raise `total` above `fit` plus `behavior`.",
        bad=_MODEL + "pql: {total: 50, fit: 15, behavior: 40}\n",
        good=_MODEL + "pql: {total: 80, fit: 15, behavior: 40}\n",
        check=gate_redundant,
    ),
    Rule(
        code="tier-unreachable",
        level="warning",
        title="A tier that no lead can reach",
        rationale="A tier whose lower bound is above the highest score there can be stays empty. Only tiers that stand in"
        " the file are judged.",
        source="methodology, section 4, tier thresholds",
        mend="Lower the bound, or give the criteria more points.",
        bad=_MODEL + "tiers: {behavior: {high: 80, low: 0}}\n",
        good=_MODEL + "tiers: {behavior: {high: 60, low: 0}}\n",
        check=tier_unreachable,
    ),
    Rule(
        code="ceiling-above-gate",
        level="warning",
        title="The ceiling is at or above the behavior gate",
        rationale="The ceiling keeps loyal free users out of sales. A capped lead is never a PQL, but a score at or above the"
        " gate reads as if it were.",
        source="methodology, section 5, edge case 3",
        mend="Set `at` below the behavior gate.",
        bad=_CEILING.replace("WHEN", "free").replace("CAP", "45"),
        good=_CEILING.replace("WHEN", "free").replace("CAP", "35"),
        check=ceiling_above_gate,
    ),
    Rule(
        code="ceiling-idle",
        level="warning",
        title="The ceiling can never apply",
        rationale="No value of an attribute satisfies what `when` asks for, so free users are never capped.",
        source="methodology, section 5, edge case 3",
        mend="Mend the predicates of `when`.",
        bad=_CEILING.replace("WHEN", "{in: [free, trial], not_in: [free, trial]}").replace("CAP", "35"),
        good=_CEILING.replace("WHEN", "{in: [free, trial]}").replace("CAP", "35"),
        check=ceiling_idle,
    ),
    Rule(
        code="segment-empty",
        level="warning",
        title="A segment that no lead can be in",
        rationale="The first segment that holds decides for a lead. This one asks for what no value satisfies, or an earlier"
        " one has everybody it could hold.",
        source="semantics, section 5",
        mend="Mend the predicates of `when`, or put the narrower segment first.",
        bad=_SEGMENTS.replace("FIRST", "{at_least: 50}").replace("SECOND", "{at_least: 1000}"),
        good=_SEGMENTS.replace("FIRST", "{at_least: 1000}").replace("SECOND", "{at_least: 50}"),
        check=segment_empty,
    ),
)
