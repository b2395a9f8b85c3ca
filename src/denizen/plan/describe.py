"""A plan's parts in a few words, for people."""

from __future__ import annotations

from decimal import Decimal

from denizen.model.values import Literal, plain
from denizen.plan import nodes


def describe_conditions(conditions: tuple[nodes.Condition, ...]) -> str:
    """Return e.g. `at least 50`, `between 50 and 500`, `in SaaS, Software` or ``matches `vp|head of` ``, values as written."""
    return " and ".join(f"{c.operator.replace('_', ' ')} {_operand(c)}".strip() for c in conditions)


def describe_measure(measure: nodes.Measure) -> str:
    """Return what a criterion looks at, e.g. `country` or `count of logged_in`."""
    if isinstance(measure, nodes.Attribute):
        return measure.name
    names = "any event" if measure.events.names is None else ", ".join(measure.events.names)
    if isinstance(measure, nodes.Distinct):
        return f"distinct {measure.of} of {names}"
    if isinstance(measure, nodes.Sum):
        return f"sum of {measure.of} of {names}"
    return f"{_MEASURES[type(measure)]} {names}"


_MEASURES: dict[type[nodes.Measure], str] = {
    nodes.Count: "count of",
    nodes.SessionDepth: "session depth of",
    nodes.SessionMinutes: "session minutes of",
    nodes.DaysSince: "days since",
    nodes.Growth: "growth of",
    nodes.Sequence: "sequence of",
}


def _operand(condition: nodes.Condition) -> str:
    value = condition.operand
    if isinstance(value, bool):
        return str(value).lower()
    values: tuple[object, ...] = value if isinstance(value, tuple) else (value,)
    words = [v.written if isinstance(v, Literal) else plain(v) for v in values if isinstance(v, Literal | Decimal)]
    if condition.operator == "matches":
        return f"`{condition.pattern}`"
    return (" and " if condition.operator == "between" else ", ").join(words)
