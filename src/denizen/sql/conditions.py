"""Conditions on a value: the operators of bands and predicates (semantics, section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from denizen.model import pattern
from denizen.sql.literals import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.model.values import Literal as Literal_
    from denizen.plan import nodes
    from denizen.sql.dialect import Dialect
    from denizen.sql.tables import Value

SEPARATOR = "\x1f"
_ORDER = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<"}
_NOT_A_WORD = pattern.Class((("0", "9"), ("_", "_"), ("a", "z"), ("\x80", "\U0010ffff")), negated=True)


@dataclass(frozen=True, slots=True)
class Operand:
    """SQL expressions for one value: null text means unknown; a measure has a number and no text of its own."""

    text: str
    number: str
    words: str = "NULL"

    @classmethod
    def of_value(cls, value: Value, source: str = "") -> Operand:
        """Return the operand of an attribute or property whose columns stand in `source`."""
        dot = f"{source}." if source else ""
        return cls(dot + value.text, dot + value.number, dot + value.words)

    @classmethod
    def of_measure(cls, measure: str) -> Operand:
        """Return the operand of a measure."""
        return cls(measure, measure)


def all_hold(conditions: Iterable[nodes.Condition], operand: Operand, dialect: Dialect) -> str:
    """Return an expression that is true when every condition holds, and false or null otherwise."""
    return " AND ".join(holds(c, operand, dialect) for c in conditions)


def holds(condition: nodes.Condition, operand: Operand, dialect: Dialect) -> str:
    """Return an expression that is true when one condition holds; an unknown value satisfies only `exists: false`."""
    name, value = condition.operator, condition.operand
    if name == "exists":
        return f"{operand.text} IS {'NOT ' if value else ''}NULL"
    if name in _ORDER and isinstance(value, Decimal):
        return f"{operand.number} {_ORDER[name]} {number(value)}"
    if name == "between":
        low, high = cast("tuple[Decimal, Decimal]", value)
        return f"{operand.number} BETWEEN {number(low)} AND {number(high)}"
    if name == "matches":
        return dialect.found(operand.text, cast("pattern.Node", value))
    values = value if isinstance(value, tuple) else (value,)
    literals = cast("tuple[Literal_, ...]", values)
    meant = (*literals, *(other for _, other in condition.also))
    if name in ("is", "in"):
        return _equals(operand, meant)
    if name in ("is_not", "not_in"):
        return f"({operand.text} IS NOT NULL AND ({_equals(operand, meant)}) IS NOT TRUE)"
    if name != "contains_all":
        return f"({_any_of(operand, meant, dialect)})"
    spellings = [(v, *(other for word, other in condition.also if word == v.text)) for v in literals]
    return f"({' AND '.join(f'({_any_of(operand, each, dialect)})' for each in spellings)})"


def _any_of(operand: Operand, values: tuple[Literal_, ...], dialect: Dialect) -> str:
    return " OR ".join(_contains(operand, v, dialect) for v in values)


def _equals(operand: Operand, values: tuple[Literal_, ...]) -> str:
    """Compare as numbers where the literal reads as one, else as text."""
    numbers = ", ".join(number(v.number) for v in values if v.number is not None and v.is_exact)
    texts = ", ".join(text(v.text) for v in values if not v.is_exact)
    if operand.text == operand.number:
        texts = ""  # a measure is a number and equals no word
    found = [f"{operand.number} IN ({numbers})"] if numbers else []
    if texts:
        found.append(f"{operand.text} IN ({texts})")
    return f"({' OR '.join(found)})" if found else "FALSE"


def _contains(operand: Operand, value: Literal_, dialect: Dialect) -> str:
    """An element of a list, or a whole word of a text.

    A word ends where a character is neither an ASCII letter, digit or underscore nor outside ASCII.
    """
    element = f"strpos({operand.words}, {text(SEPARATOR + value.canonical + SEPARATOR)})"
    start = pattern.Choice((pattern.Anchor("start"), _NOT_A_WORD))
    end = pattern.Choice((pattern.Anchor("end"), _NOT_A_WORD))
    letters = re.sub(r"[\x1f]", " ", value.text)
    word = dialect.found(operand.text, pattern.Sequence((start, *map(pattern.Char, letters), end)))
    # Most texts lack the letters altogether, and that is seen much faster than where a word ends.
    word = f"strpos({operand.text}, {text(letters)}) > 0 AND {word}"
    return f"({element} > 0 OR ({operand.words} IS NULL AND {word}))"
