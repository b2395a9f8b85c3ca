"""HubSpot's event calculators as behavior criteria."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from denizen.model.importers.hubspot_operations import Operators, flatten, tests_of
from denizen.model.importers.reading import read_points, shown
from denizen.model.importers.report import NotCarriedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

OVERLAP = "the ranges overlap, and HubSpot does not document which counts; here the highest does"
SUMMED = "HubSpot limits what the whole rule gives; here each of its criteria has the limit"
LONGEST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Made:
    """A criterion, or the reason why there is none."""

    place: str
    said: str = ""
    criterion: dict[str, Any] | None = None
    reason: str = ""


def event_criteria(
    entry: Any, place: str, limited: Callable[[Decimal], Decimal], highest: Decimal | None
) -> Iterator[Made]:
    """Yield a criterion for each way in which one event gives points."""
    if not isinstance(entry, dict) or not str(entry.get("eventTypeId") or "").strip():
        yield Made(place, reason="there is no event type")
        return
    try:
        base: dict[str, Any] = {"count": str(entry["eventTypeId"])}
        base |= _window(entry.get("eventTimeframe"))
    except NotCarriedError as error:
        yield Made(place, reason=str(error))
        return
    frequency = entry.get("eventFrequencyCriteria")
    calculation = entry.get("recordCalculation")
    if frequency:
        yield _by_frequency(base, frequency, calculation, place, limited)
        return
    leaves = list(_leaves(calculation, f"{place}.recordCalculation"))
    for where, value, here, why in leaves:
        if why:
            yield Made(here, reason=why)
            continue
        points = read_points(value)
        if points is None or points == 0:
            yield Made(here, reason=f"{shown(value)} is no number of points to give")
            continue
        limit = {} if highest is None or highest <= 0 or points < 0 else {"max_points": highest}
        criterion = {**base, **({"where": where} if where else {}), "each": 1, "points": points, **limit}
        reason = SUMMED if limit and len(leaves) > 1 else ""
        yield Made(here, f"gives {points} each time", criterion, reason)


def _by_frequency(
    base: dict[str, Any], frequency: Any, calculation: Any, place: str, limited: Callable[[Decimal], Decimal]
) -> Made:
    ranges = frequency.get("ranges") if isinstance(frequency, dict) else None
    if not isinstance(ranges, list) or not ranges:
        return Made(place, reason="the frequency has no ranges")
    leaves = list(_leaves(calculation, place))
    if len(leaves) != 1 or leaves[0][3]:
        return Made(place, reason="several conditions and a frequency together have no equal")
    where = leaves[0][0]
    try:
        spans = sorted((_span(one) for one in ranges), key=lambda s: (s[0], s[1]), reverse=True)
    except NotCarriedError as error:
        return Made(place, reason=str(error))
    bands = [{**operators, "points": limited(points)} for *_, operators, points in spans]
    overlap = any(low <= upper for (low, *_), (_, upper, *_) in pairwise(spans))
    said = "gives " + ", ".join(str(b["points"]) for b in bands) + " by how often"
    criterion = {**base, **({"where": where} if where else {}), "bands": bands}
    return Made(place, said, criterion, OVERLAP if overlap else "")


def _span(one: Any) -> tuple[int, int, Operators, Decimal]:
    kind = one.get("type") if isinstance(one, dict) else None
    low, high, points = (one.get("from"), one.get("to"), read_points(one.get("value"))) if kind else (None, None, None)
    if not isinstance(low, int) or isinstance(low, bool) or low < 0 or points is None:
        raise NotCarriedError(f"{shown(one)} is no range of how often")
    if kind == "AT_LEAST":
        return low, 2**31, {"at_least": low}, points
    if kind == "EXACTLY":
        return low, low, {"is": low}, points
    if kind == "BETWEEN" and isinstance(high, int) and high >= low:
        return low, high, {"between": [low, high]}, points
    raise NotCarriedError(f"{shown(one)} is no range of how often")


def _leaves(calculation: Any, place: str) -> Iterator[tuple[dict[str, Any], Any, str, str]]:
    """Yield the predicates on properties, the points, the place, and why it cannot be carried."""
    kind = calculation.get("type") if isinstance(calculation, dict) else None
    if kind == "CONSTANT":
        yield {}, calculation.get("value"), place, ""
    elif kind == "MATCH" and isinstance(calculation.get("matchRules"), list):
        for i, match in enumerate(calculation["matchRules"]):
            here = f"{place}.matchRules[{i}]"
            try:
                name = _property(calculation)
                where = {name: _predicate(match.get("operation") if isinstance(match, dict) else None)}
            except NotCarriedError as error:
                yield {}, None, here, str(error)
                continue
            yield where, match.get("value"), here, ""
    elif kind == "CONDITIONAL":
        try:
            where = where_of(calculation.get("whereCondition"))
        except NotCarriedError as error:
            yield {}, None, place, str(error)
            return
        yield where, calculation.get("value"), place, ""
    elif kind == "MULTI" and isinstance(calculation.get("calculators"), list):
        for i, inner in enumerate(calculation["calculators"]):
            yield from _leaves(inner, f"{place}.calculators[{i}]")
    else:
        yield {}, None, place, f"the calculation {shown(kind)} has no equal for an event"


def where_of(condition: Any) -> dict[str, Any]:
    """Return conditions on the properties of an event, all of which must hold."""
    where: dict[str, Any] = {}
    for one in flatten(condition):
        name = _property(one)
        if name in where:
            raise NotCarriedError(f"two conditions on the property {shown(name)} do not stand together")
        where[name] = _predicate(one.get("operation"))
    return where


def _property(holder: dict[str, Any]) -> str:
    name = holder.get("property")
    if not isinstance(name, str) or not name.strip():
        raise NotCarriedError("the condition names no property")
    return name.strip()


def _predicate(operation: Any) -> Operators:
    tests = tests_of(operation)
    if len(tests) != 1 or not tests[0].holds:
        raise NotCarriedError("a condition on an event that needs several bands has no equal")
    return tests[0].operators


def _window(timeframe: Any) -> dict[str, Any]:
    if not timeframe:
        return {}
    operation = timeframe.get("eventFilterOperation") if isinstance(timeframe, dict) else None
    days = _last_days(operation if isinstance(operation, dict) else {})
    if days is None or not 0 < days <= LONGEST_DAYS:
        raise NotCarriedError("the time frame is none of the last days; within: {last: …} is the only one carried over")
    return {"within": {"last": f"{days}d"}}


def _last_days(operation: dict[str, Any]) -> int | None:
    kind, operator = str(operation.get("operationType") or "").upper(), str(operation.get("operator") or "").upper()
    if "ROLLING" in kind and "LESS_THAN" in operator and operator.endswith("AGO"):
        days = operation.get("numberOfDays")
        return days if isinstance(days, int) and not isinstance(days, bool) else None
    if "TIME_RANGED" in (kind, operation.get("type")) and operator == "IS_BETWEEN":
        lower, upper = operation.get("lowerBoundTimePoint"), operation.get("upperBoundTimePoint")
        offset = lower.get("offset") if isinstance(lower, dict) else None
        days = offset.get("days") if isinstance(offset, dict) and list(offset) == ["days"] else None
        if isinstance(days, int) and _is_now(upper) and isinstance(lower, dict) and _reference(lower) == "NOW":
            return -days
    return None


def _reference(point: Any) -> str | None:
    reference = point.get("indexReference") if isinstance(point, dict) else None
    return reference.get("referenceType") if isinstance(reference, dict) else None


def _is_now(point: Any) -> bool:
    return _reference(point) == "NOW" and not point.get("offset")
