"""From a checked model to a plan: shorthands gone, defaults filled in, every step where the semantics put it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from denizen.model import spec
from denizen.model.pattern import parse_pattern
from denizen.model.values import Literal as Value
from denizen.plan import nodes

if TYPE_CHECKING:
    from denizen.model.load import LoadedModel

LINE_LIMIT = Decimal(1_000_000)
"""No `each` line yields more than this, so that every engine can add up any score."""


def build_program(model: LoadedModel) -> nodes.Program:
    """Return what a model computes: its segments and products, each as a plan, and its account score."""
    variants: list[nodes.Variant] = []
    earlier: list[tuple[nodes.Predicate, ...]] = []
    for segment in model.segments:
        when = _predicates(segment.when)
        variants.append(_variant(model, segment.spec, nodes.Audience(segment.name, when, tuple(earlier))))
        earlier.append(when)
    rest = nodes.Audience("", (), tuple(earlier)) if earlier else None
    variants.append(_variant(model, model.spec, rest))
    return nodes.Program(model.spec.model, model.fingerprint, tuple(variants), _account(model))


def _variant(model: LoadedModel, file: spec.Model, audience: nodes.Audience | None) -> nodes.Variant:
    bonus = file.cross_product_bonus
    plans = []
    for product, section in file.behaviors().items():
        own = _own_events(product, section)
        plan = _plan(model, file, section, own)
        if product:
            window = nodes.Window("last", bonus.active_within if bonus else 1)
            plan = replace(plan, product=nodes.Product(product, nodes.Events(None, own, window)))
        plans.append(replace(plan, audience=audience))
    return nodes.Variant(tuple(plans), nodes.CrossProductBonus(bonus.points, bonus.at_least) if bonus else None)


def _own_events(product: str, section: spec.Behavior) -> tuple[nodes.Predicate, ...]:
    """Return the predicates that say which events are a product's."""
    if not isinstance(section, spec.Product):
        return ()
    if section.events is not None:
        return _predicates(section.events)
    return (nodes.Predicate("product", (nodes.Condition("is", Value.of(product)),)),)


def _plan(model: LoadedModel, file: spec.Model, section: spec.Behavior, own: tuple[nodes.Predicate, ...]) -> nodes.Plan:
    fit = [_criterion(name, c, "fit", None, ()) for name, c in file.fit.criteria.items()]
    behavior = [_criterion(name, c, "behavior", section.recency, own) for name, c in section.criteria.items()]
    return nodes.Plan(
        model=model.spec.model,
        model_hash=model.fingerprint,
        criteria=tuple(nodes.Criterion(i, *parts) for i, parts in enumerate(fit + behavior, 1)),
        velocity=_velocity(section, own),
        decay=_decay(section.decay, own),
        fit_limits=nodes.Limits(file.fit.min, file.fit.max),
        behavior_limits=nodes.Limits(section.min, section.max),
        ceiling=_ceiling(section.ceiling, own),
        gates=_gates(file.pql),
        fit_tiers=_tiers(file.tiers.fit),
        behavior_tiers=_tiers(file.tiers.behavior),
    )


def _account(model: LoadedModel) -> nodes.Account:
    """Return the account score: the facts are a plan whose behavior criteria measure everyone's events."""
    account = model.spec.account
    section = spec.Behavior.model_construct(
        criteria={
            name: criterion.model_copy(update={"scope": "account"}) for name, criterion in account.criteria.items()
        }
    )
    facts = replace(
        _plan(model, model.spec, section, ()),
        behavior_limits=nodes.Limits(account.min, account.max),
        gates=_gates(account.pqa),
        fit_tiers=_tiers(account.tiers.fit),
        behavior_tiers=_tiers(account.tiers.behavior),
    )
    rollup = account.rollup
    if isinstance(rollup, spec.Top):
        return nodes.Account(facts, tuple(rollup.top), repeat=False, mean=False)
    return nodes.Account(facts, (Decimal(1),), repeat=rollup != "max", mean=rollup == "mean")


def _gates(pql: spec.Pql) -> nodes.Gates:
    return nodes.Gates(pql.total, pql.fit, pql.behavior, _predicates(pql.require))


def _criterion(
    name: str,
    criterion: spec.Criterion,
    part: nodes.Part,
    recency: spec.Recency | None,
    own: tuple[nodes.Predicate, ...],
) -> tuple[Any, ...]:
    measure, scoring = _measure(criterion, own), _scoring(criterion)
    bonus = criterion.recency or recency
    awards = [scoring.points] if isinstance(scoring, nodes.Each) else [band.points for band in scoring.bands]
    counts = bonus is not None and not isinstance(measure, nodes.Attribute) and max(awards) > 0
    plan_bonus = nodes.Recency(bonus.within, bonus.multiplier) if bonus and counts else None
    return name, part, measure, scoring, plan_bonus, criterion.disqualifies


def _measure(criterion: spec.Criterion, own: tuple[nodes.Predicate, ...]) -> nodes.Measure:
    if criterion.attribute is not None:
        return nodes.Attribute(criterion.attribute)

    def events(names: list[str]) -> nodes.Events:
        where = (*own, *_predicates(criterion.where))
        return nodes.Events(_names(names), where, _window(criterion.within), criterion.scope)

    if criterion.count is not None:
        return nodes.Count(events(criterion.count))
    if criterion.distinct is not None:
        return nodes.Distinct(events(criterion.distinct.event), criterion.distinct.of)
    if criterion.sum_ is not None:
        return nodes.Sum(events(criterion.sum_.event), criterion.sum_.of)
    if criterion.session_depth is not None:
        return nodes.SessionDepth(events(criterion.session_depth))
    if criterion.session_minutes is not None:
        return nodes.SessionMinutes(events(criterion.session_minutes))
    if criterion.days_since is not None:
        return nodes.DaysSince(events(criterion.days_since))
    if criterion.growth is not None:
        return nodes.Growth(events(criterion.growth.of), criterion.growth.recent, criterion.growth.previous)
    steps = criterion.sequence or []
    return nodes.Sequence(events(steps), tuple(steps), criterion.inside)


def _names(names: list[str]) -> tuple[str, ...] | None:
    return None if names == [spec.ANY] else tuple(dict.fromkeys(names))


def _window(within: spec.Within | None) -> nodes.Window | None:
    if within is None:
        return None
    if within.first is not None:
        return nodes.Window("first", within.first)
    if within.last is not None:
        return nodes.Window("last", within.last)
    if within.trial_last is not None:
        return nodes.Window("trial_last", within.trial_last)
    return nodes.Window("trial")


def _predicates(predicates: dict[str, spec.Condition] | None) -> tuple[nodes.Predicate, ...]:
    return tuple(nodes.Predicate(subject, _conditions(c)) for subject, c in (predicates or {}).items())


def _conditions(condition: spec.Condition) -> tuple[nodes.Condition, ...]:
    return tuple(
        nodes.Condition(name, _operand(name, v), v if name == "matches" else "")
        for name, v in condition.operators().items()
    )


def _operand(operator: str, value: Any) -> nodes.Operand:
    if operator == "matches":
        return parse_pattern(value)
    if operator == "exists":
        return bool(value)
    if operator == "between":
        return value[0], value[1]
    if operator in ("at_least", "more_than", "at_most", "less_than"):
        return Decimal(value)
    if isinstance(value, list):
        return tuple(Value.of(v) for v in value)
    return Value.of(value)


def _scoring(criterion: spec.Criterion) -> nodes.Bands | nodes.Each:
    if criterion.each is not None and criterion.points is not None:
        limit = LINE_LIMIT if criterion.max_points is None else criterion.max_points
        return nodes.Each(criterion.each, criterion.points, limit)
    if criterion.bands is None:
        at_least_one = nodes.Condition("at_least", Decimal(1))
        return nodes.Bands((nodes.Band((at_least_one,), criterion.points or Decimal(0)),))
    return nodes.Bands(tuple(nodes.Band(_conditions(b), b.points) for b in criterion.bands))


def _velocity(behavior: spec.Behavior, own: tuple[nodes.Predicate, ...]) -> nodes.Velocity | None:
    velocity = behavior.velocity
    if velocity is None:
        return None
    return nodes.Velocity(
        actions=_key_actions(behavior, own),
        at_least=velocity.at_least,
        within_us=velocity.within,
        points=velocity.points,
        multiplier=velocity.multiplier,
        per_window=velocity.award == "per_window",
        max_awards=velocity.max_awards,
        expires_us=velocity.expires,
    )


def _key_actions(behavior: spec.Behavior, own: tuple[nodes.Predicate, ...]) -> tuple[nodes.Events, ...]:
    """Return what counts as a key action: the `where` of a criterion applies, its `within` does not."""
    if behavior.velocity is not None and behavior.velocity.of is not None:
        return (nodes.Events(_names(behavior.velocity.of), own),)
    measures = [_measure(c, own) for c in behavior.criteria.values() if c.key]
    return tuple(nodes.Events(m.events.names, m.events.where) for m in measures if not isinstance(m, nodes.Attribute))


def _decay(decay: spec.Decay | None, own: tuple[nodes.Predicate, ...]) -> nodes.Decay | None:
    if decay is None:
        return None
    return nodes.Decay(
        activity=nodes.Events(_names(decay.activity or [spec.ANY]), own),
        idle=_penalty(decay, decay.after or 0),
        after_trial=_penalty(decay.after_trial, 0) if decay.after_trial else None,
        floor=decay.floor,
    )


def _penalty(penalty: spec.Penalty, after_us: int) -> nodes.Penalty | None:
    whole = penalty.periods == "whole"
    if penalty.points is not None:
        return nodes.Penalty("points", penalty.points, penalty.every or 1, after_us, whole)
    if penalty.percent is not None:
        return nodes.Penalty("percent", penalty.percent, penalty.every or 1, after_us, whole)
    if penalty.half_life is not None:
        return nodes.Penalty("half_life", Decimal(50), penalty.half_life, 0, whole_periods=False)
    return None


def _ceiling(ceiling: spec.Ceiling | None, own: tuple[nodes.Predicate, ...]) -> nodes.Ceiling | None:
    if ceiling is None:
        return None
    window = nodes.Window("last", ceiling.last) if ceiling.last else None
    signals = nodes.Events(_names(ceiling.unless), own, window)
    return nodes.Ceiling(_predicates(ceiling.when), ceiling.after, signals, ceiling.at)


def _tiers(bounds: dict[str, Decimal]) -> tuple[nodes.Tier, ...]:
    return tuple(nodes.Tier(name, b) for name, b in sorted(bounds.items(), key=lambda item: -item[1]))
