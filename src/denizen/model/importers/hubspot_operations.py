"""HubSpot's property operations as bands: what the Lists and Lead Scoring APIs write as `operation`.

The operation types and operators are those of HubSpot's "List filters overview" and of the public OpenAPI file of the
Lead Scoring API (2026-09-beta, 2027-03-beta). Names of types are read in both spellings (`NUMBER`, `number`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from denizen.model.importers.reading import read_points, shown
from denizen.model.importers.report import NotCarriedError

Operators = dict[str, Any]
MAX_VALUES = 500


@dataclass(frozen=True, slots=True)
class Test:
    """Operators that are tried in order: the first that holds decides whether the operation does."""

    operators: Operators
    holds: bool = True


_NUMBER = {
    "IS_EQUAL_TO": "is",
    "IS_NOT_EQUAL_TO": "is_not",
    "IS_GREATER_THAN": "more_than",
    "IS_GREATER_THAN_OR_EQUAL_TO": "at_least",
    "IS_LESS_THAN": "less_than",
    "IS_LESS_THAN_OR_EQUAL_TO": "at_most",
}
_KNOWN = {"IS_KNOWN": True, "IS_NOT_BLANK": True, "IS_UNKNOWN": False, "IS_NOT_KNOWN": False, "IS_BLANK": False}
_DATES = "the dates of attributes are not compared; send the happening as an event and count it"


def tests_of(operation: Any) -> list[Test]:
    """Return the tests that an operation is.

    Raises:
        NotCarriedError: there is no equal.
    """
    if not isinstance(operation, dict):
        raise NotCarriedError("the rule has no operation")
    kind = str(operation.get("operationType") or operation.get("type") or "").upper().replace("-", "_")
    operator = str(operation.get("operator") or "").upper()
    tests = _tests(kind, operator, operation)
    if operation.get("includeObjectsWithNoValueSet") is True and not _asks_presence(tests):
        tests.append(Test({"exists": False}))
    return tests


def _asks_presence(tests: list[Test]) -> bool:
    return any("exists" in t.operators and t.operators["exists"] is False for t in tests)


def _tests(kind: str, operator: str, operation: dict[str, Any]) -> list[Test]:
    if operator in _KNOWN:
        return [Test({"exists": _KNOWN[operator]})]
    if operator.startswith(("HAS_EVER", "HAS_NEVER")):
        raise NotCarriedError("the past values of a property are not kept; send each change as an event and count it")
    if kind in ("NUMBER_RANGED", "RANGED_NUMBER"):
        return _ranged(operator, operation)
    if kind == "NUMBER" and operator in _NUMBER:
        return [Test({_NUMBER[operator]: _number(operation.get("value"))})]
    if kind == "BOOL" and operator in ("IS_EQUAL_TO", "IS_NOT_EQUAL_TO"):
        return [Test({"is" if operator == "IS_EQUAL_TO" else "is_not": _bool(operation.get("value"))})]
    if kind == "ENUMERATION":
        return _enumeration(operator, _values(operation))
    if kind in ("STRING", "MULTISTRING", "MULTI_STRING"):
        return _text(operator, _values(operation))
    if "COMPARATIVE" in kind:
        raise NotCarriedError("two attributes are not compared with each other; derive the difference before loading")
    if any(word in kind for word in ("DATE", "TIME", "ROLLING")):
        raise NotCarriedError(_DATES)
    raise NotCarriedError(f"the operation {shown(kind)} with the operator {shown(operator)} has no equal")


def _ranged(operator: str, operation: dict[str, Any]) -> list[Test]:
    low, high = _number(operation.get("lowerBound")), _number(operation.get("upperBound"))
    if low > high:
        raise NotCarriedError(f"the range from {low} to {high} holds nothing")
    if operator == "IS_BETWEEN":
        return [Test({"between": [low, high]})]
    if operator == "IS_NOT_BETWEEN":
        return [Test({"less_than": low}), Test({"more_than": high})]
    raise NotCarriedError(f"the operator {shown(operator)} of a range has no equal")


def _enumeration(operator: str, values: list[str]) -> list[Test]:
    if operator == "IS_ANY_OF":
        return [Test({"in": values})]
    if operator == "IS_NONE_OF":
        return [Test({"not_in": values})]
    if operator == "CONTAINS_ALL":
        return [Test({"contains_all": values})]
    if operator == "DOES_NOT_CONTAIN_ALL":
        return _unless({"contains_all": values})
    if operator in ("IS_EXACTLY", "IS_NOT_EXACTLY") and len(values) == 1:
        return [Test({"is" if operator == "IS_EXACTLY" else "is_not": values[0]})]
    if operator in ("IS_EXACTLY", "IS_NOT_EXACTLY"):
        raise NotCarriedError("that a property holds exactly these several values has no equal")
    raise NotCarriedError(f"the operator {shown(operator)} of a choice has no equal")


def _text(operator: str, values: list[str]) -> list[Test]:
    either = "|".join(_literal(v) for v in values)
    either = either if len(values) == 1 else f"({either})"
    positive: dict[str, Operators] = {
        "IS_EQUAL_TO": {"in": values} if len(values) > 1 else {"is": values[0]},
        "CONTAINS": {"matches": either},
        "STARTS_WITH": {"matches": f"^{either}"},
        "ENDS_WITH": {"matches": f"{either}$"},
        "CONTAINS_EXACTLY": {"contains_any": values},
    }
    if operator in positive:
        return [Test(positive[operator])]
    if operator == "IS_NOT_EQUAL_TO":
        return [Test({"not_in": values})]
    negative = {"DOES_NOT_CONTAIN": "CONTAINS", "DOES_NOT_CONTAIN_EXACTLY": "CONTAINS_EXACTLY"}
    if operator in negative:
        return _unless(positive[negative[operator]])
    raise NotCarriedError(f"the operator {shown(operator)} of a text has no equal")


def _unless(operators: Operators) -> list[Test]:
    return [Test(operators, holds=False), Test({"exists": True})]


def _literal(text: str) -> str:
    """Return a text as a pattern that finds it; the white space around it is trimmed, as everywhere."""
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", text.strip())


def _number(value: Any) -> Decimal:
    number = read_points(value) if not isinstance(value, Decimal) else value
    if number is None and isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    if number is None:
        raise NotCarriedError(f"{shown(value)} is no number")
    return number


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise NotCarriedError(f"{shown(value)} is neither true nor false")


def _values(operation: dict[str, Any]) -> list[str]:
    given = operation.get("values") if "values" in operation else operation.get("value")
    listed = given if isinstance(given, list) else [given]
    values = [str(v) for v in listed if isinstance(v, str | int | Decimal) and str(v).strip()]
    if len(values) != len(listed) or not values:
        raise NotCarriedError(f"{shown(given)} holds no values to compare with, or some that are no text")
    if len(values) > MAX_VALUES:
        raise NotCarriedError(f"{len(values)} values; at most {MAX_VALUES} are carried over")
    return values


def flatten(condition: Any) -> list[dict[str, Any]]:
    """Return the single conditions of a composite one, all of which must hold.

    Raises:
        NotCarriedError: it has none, or joins them by something else than AND.
    """
    if isinstance(condition, dict) and condition.get("type") == "SINGLE":
        return [condition]
    if isinstance(condition, dict) and condition.get("operator") == "AND":
        inner = condition.get("conditions")
        found = [c for one in (inner if isinstance(inner, list) else []) for c in flatten(one)]
        if found:
            return found
    raise NotCarriedError("the condition is empty, or not a list joined by AND")
