"""Parts of a model in plain English, for people who do not read YAML."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from denizen.model.durations import UNIT_US, format_duration
from denizen.model.spec import ANY, Condition, Criterion, Distinct, Growth, Recency, Sum, Within
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DURATIONS = frozenset(
    "within after every half_life expires last first inside recent previous trial_last active_within".split()  # noqa: SIM905
)
"""Keys whose value is a span of time."""

_UNITS = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}
_NO_WEEKS = ("d", "h", "m", "s")
_HOUR = UNIT_US["h"]
_LONGEST_IN_HOURS = 72


def span(us: int) -> str:
    """Return e.g. `14 days`, `48 hours`."""
    if us % _HOUR == 0 and us // _HOUR <= _LONGEST_IN_HOURS:
        return plural(us // _HOUR, "hour")
    unit = next(u for u in _NO_WEEKS if us % UNIT_US[u] == 0)
    return plural(us // UNIT_US[unit], _UNITS[unit])


def plural(number: Decimal | int, noun: str) -> str:
    """Return e.g. `1 point`, `15 points`."""
    text = plain(Decimal(number))
    return f"{text} {noun}" if text in ("1", "-1") else f"{text} {noun}s"


def points(number: Decimal) -> str:
    """Return e.g. `15 points`."""
    return plural(number, "point")


def listed(values: Iterable[Any], joiner: str = "or") -> str:
    """Return e.g. `a, b or c`."""
    words = [scalar(v) for v in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joiner} {words[-1]}"


def scalar(value: Any) -> str:
    """Return a YAML scalar as it is written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(Decimal(value)) if isinstance(value, int | Decimal) else str(value)


def condition(parts: Condition) -> str:
    """Return e.g. `2 or more`, `50 to 500`, `SaaS or Software`."""
    return " and ".join(_OPERATORS[name](value) for name, value in parts.operators().items())


_OPERATORS: dict[str, Callable[[Any], str]] = {
    "at_least": lambda v: f"{plain(v)} or more",
    "more_than": lambda v: f"more than {plain(v)}",
    "at_most": lambda v: f"at most {plain(v)}",
    "less_than": lambda v: f"less than {plain(v)}",
    "between": lambda v: f"{plain(v[0])} to {plain(v[1])}",
    "is": scalar,
    "is_not": lambda v: f"known and not {scalar(v)}",
    "in": listed,
    "not_in": lambda v: f"known and none of {listed(v)}",
    "contains": lambda v: f"containing {scalar(v)}",
    "contains_any": lambda v: f"containing {listed(v)}",
    "contains_all": lambda v: f"containing {listed(v, 'and')}",
    "matches": lambda v: f"matching `{v}`",
    "exists": lambda v: "any known value" if v else "unknown",
}


def predicates(found: Mapping[str, Condition]) -> str:
    """Return e.g. `plan is pro and amount is 10 or more`."""
    return " and ".join(f"{subject} is {condition(c)}" for subject, c in found.items())


def window(within: Within) -> str:
    """Return e.g. `in the first 14 days since signup`."""
    if within.first is not None:
        return f"in the first {span(within.first)} since signup"
    if within.last is not None:
        return f"in the last {span(within.last)}"
    if within.trial_last is not None:
        return f"in the last {span(within.trial_last)} of the trial"
    return "during the trial"


def events(names: list[str]) -> str:
    """Return event names, or `any event`."""
    return "any event" if names == [ANY] else listed(names)


def measure(criterion: Criterion) -> str:
    """Return what a criterion looks at, e.g. `the number of teammate_invited`."""
    if criterion.attribute is not None:
        return f"the attribute {criterion.attribute}"
    if criterion.count is not None:
        return f"the number of {events(criterion.count)}"
    if criterion.session_depth is not None:
        return f"how many of {listed(criterion.session_depth, 'and')} occur in one session"
    if criterion.session_minutes is not None:
        return f"the minutes of the longest session with {events(criterion.session_minutes)}"
    if criterion.days_since is not None:
        return f"the days since the last {events(criterion.days_since)}"
    if criterion.sequence is not None:
        return f"whether {listed(criterion.sequence, 'and then')} occurred in this order"
    return next(
        (_nested(p) for p in (criterion.distinct, criterion.sum_, criterion.growth) if p is not None), "nothing"
    )


def _nested(part: Distinct | Sum | Growth) -> str:
    if isinstance(part, Distinct):
        return f"the number of distinct {part.of} of {events(part.event)}"
    if isinstance(part, Sum):
        return f"the sum of {part.of} of {events(part.event)}"
    return (
        f"the count of {events(part.of)} in the last {span(part.recent)} over that of the {span(part.previous)} before"
    )


def recency(part: Recency) -> str:
    """Return e.g. `x 1.25 within 72 hours`."""
    return f"times {plain(part.multiplier)} when done in the last {span(part.within)}"


def value(key: str, part: Any) -> str:
    """Return any value of a model: what is typed in its own words, the rest as plain data."""
    if key in DURATIONS and isinstance(part, int):
        return span(part)
    if isinstance(part, Within):
        return window(part)
    if isinstance(part, Recency):
        return recency(part)
    if isinstance(part, Condition):
        return condition(part)
    if isinstance(part, dict) and part and all(isinstance(p, Condition) for p in part.values()):
        return predicates(part)
    if isinstance(part, list) and part and all(isinstance(p, str) for p in part):
        return events(part)
    if isinstance(part, BaseModel | dict | list | tuple):
        return json.dumps(plain_data(part), ensure_ascii=False)
    return "nothing" if part is None else scalar(part)


def plain_data(part: Any, key: str = "") -> Any:
    """Return a part of a model as a file would hold it: numbers stay numbers, spans read `14d`."""
    if isinstance(part, BaseModel):
        found = {field.alias or name: getattr(part, name) for name, field in type(part).model_fields.items()}
        return {k: plain_data(v, k) for k, v in found.items() if v is not None}
    if isinstance(part, dict):
        return {k: plain_data(v, k) for k, v in part.items()}
    if isinstance(part, list | tuple):
        return [plain_data(v) for v in part]
    if key in DURATIONS and isinstance(part, int):
        return format_duration(part)
    if isinstance(part, Decimal):
        return int(part) if part == part.to_integral_value() else float(part)
    return part
