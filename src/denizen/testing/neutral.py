"""Neutral values: other texts and numbers on which a model's conditions hold exactly as on the real ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from denizen.ingest.prepare import Moments, connect, prepare
from denizen.ingest.project import Data
from denizen.model.values import Literal, normalize, plain, read_number
from denizen.plan.needs import Forms
from denizen.sql.conditions import Operand, holds
from denizen.sql.dialect import DIALECTS
from denizen.sql.tables import Tables, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from denizen.plan.nodes import Condition


BOOLEANS = ("true", "false")


@dataclass(slots=True)
class Neutral:
    """Replaces the values of one attribute or property; one value is always replaced by the same.

    `forms` are those of an attribute, which may be derived or brought to a common word; a property has none.
    `counted` says that the very number matters, so numbers stay. `kept` lists what could not be replaced.
    """

    name: str
    conditions: Sequence[Condition]
    counted: bool = False
    forms: Forms | None = None
    kept: list[str] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)

    def of(self, value: str) -> str:
        """Return what stands for a value (a text, or a list as JSON)."""
        key = Literal.of(value).canonical
        if key not in self._known:
            self._known[key] = self._find(value, len(self._known) + 1)
        return self._known[key]

    def _find(self, value: str, number: int) -> str:
        if self.counted and read_number(normalize(value)) is not None:
            return value
        candidates = list(dict.fromkeys(self._candidates(value, number)))
        signatures = self._signatures([value, *candidates])
        for candidate, signature in zip(candidates, signatures[1:], strict=True):
            if signature == signatures[0]:
                return candidate
        least = self._least(value, signatures[0])
        self.kept.append(least)
        return least

    def _candidates(self, value: str, number: int) -> Iterator[str]:
        literals = self._literals()
        wanted = Literal.of(value).canonical
        yield from [v for v in literals if Literal.of(v).canonical == wanted]
        if wanted in BOOLEANS:
            yield wanted  # it tells nothing about anybody
        elements = _elements(value)
        if elements is not None:
            yield _listed(elements, set(literals), "item")
            return
        exact = read_number(normalize(value))
        if exact is not None:
            yield from _numbers(exact, self._bounds())
        for form in ("text {}", "text{}", "x{}", "({})", "été {}"):
            yield form.format(number)
        if not self.counted:
            yield from literals

    def _literals(self) -> list[str]:
        found = []
        for condition in self.conditions:
            values = condition.operand if isinstance(condition.operand, tuple) else (condition.operand,)
            found += [v.text for v in values if isinstance(v, Literal)]
        return found

    def _bounds(self) -> list[Decimal]:
        found: list[Decimal] = []
        for condition in self.conditions:
            values = condition.operand if isinstance(condition.operand, tuple) else (condition.operand,)
            found += [v for v in values if not isinstance(v, Literal | bool) and hasattr(v, "as_tuple")]  # type: ignore[misc]  # Decimals alone have it
        return found

    def _least(self, value: str, signature: tuple[bool, ...]) -> str:
        """Return the value with every word, then every character, left out that no condition looks at."""
        if _elements(value) is not None:
            return value
        for joiner in (" ", ""):
            parts = value.split() if joiner else list(value)
            while len(parts) > 1:
                shorter = [joiner.join(parts[:i] + parts[i + 1 :]) for i in range(len(parts))]
                found = self._signatures(shorter)
                same = next((i for i, s in enumerate(found) if s == signature and shorter[i].strip()), None)
                if same is None:
                    break
                del parts[same]
            value = joiner.join(parts)
        return value

    def _signatures(self, values: list[str]) -> list[tuple[bool, ...]]:
        """Return which conditions hold on each value, as the scorer's own SQL says."""
        name = self.name if self.forms else "property"
        column = Value(name, "subject", (self.forms or Forms()) | Forms(number=True, words=True))
        tables = Tables({name: column}, {}, sessions=False, shown=False, event_ids=False, accounts=False)
        rows = [{"lead_id": i, name: value} for i, value in enumerate(values)]
        dialect = DIALECTS["duckdb"]
        asked = [f"coalesce({holds(c, Operand.of_value(column), dialect)}, FALSE)" for c in self.conditions]
        asked += ["subject IS NULL"]
        connection = connect()
        try:
            prepare(connection, Data(leads=rows), tables, Moments((0,)), grid=False)
            found = connection.execute(f"SELECT {', '.join(asked)} FROM leads ORDER BY lead_id").fetchall()
        finally:
            connection.close()
        return [tuple(bool(v) for v in row) for row in found]


def _elements(value: str) -> list[Any] | None:
    if not value.lstrip().startswith("["):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _listed(elements: list[Any], literals: set[str], word: str) -> str:
    spelled = [e if isinstance(e, str) else json.dumps(e) for e in elements if e is not None]
    known = {Literal.of(v).canonical for v in literals}
    kept = [e if Literal.of(e).canonical in known else f"{word} {i}" for i, e in enumerate(spelled, 1)]
    return json.dumps(kept, ensure_ascii=False)


def _numbers(exact: Decimal, bounds: list[Decimal]) -> Iterator[str]:
    """Yield round numbers and bounds near a number, the nearest bound first."""
    for bound in sorted(bounds, key=lambda b: abs(b - exact)):
        yield from (plain(bound), plain(bound + 1), plain(bound - 1))
    yield "1"
