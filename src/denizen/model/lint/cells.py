"""What a value can be, cut into cells on which conditions agree, so that "can this ever hold?" is answered by looking.

An attribute is unknown, a number, one of the texts the model names, or something else; a measure is a number in its
range. Where a text's words or a pattern decide, both answers are tried. Cells may allow more than can happen, never
less, so that whatever is called impossible is impossible (semantics, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

from denizen.model.lint.matching import is_found
from denizen.model.pattern import parse_pattern
from denizen.model.values import NUMBER_DECIMALS, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Operators = dict[str, Any]
Atom = tuple[str, str]

TINY = Decimal(1).scaleb(-NUMBER_DECIMALS)
ONE = Decimal(1)
EXACT = Context(prec=80)
"""Digits enough that no sum of numbers in a model is rounded."""
MOST_ATOMS = 8
"""With more open questions about one value than this, each is left open instead of trying every combination."""

_WORDS = ("contains", "contains_any", "contains_all")
_EQUAL = ("is", "is_not", "in", "not_in")


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers a value can be: from `low` to `high` (None is without end) in steps of `step`; or unknown."""

    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal = TINY
    unknown: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is no number in it."""
        return self.low is not None and self.high is not None and self.low > self.high


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of value: unknown, a range of numbers, a text, or any other known value."""

    numbers: Range | None = None
    text: str | None = None
    known: bool = True

    @property
    def number(self) -> Decimal | None:
        """The only number in it, if there is only one."""
        return self.numbers.low if self.numbers and self.numbers.low == self.numbers.high else None


@dataclass(frozen=True, slots=True)
class Situation:
    """A value, as far as conditions can tell: its cell, and answers to what the cell leaves open."""

    cell: Cell
    answers: dict[Atom, bool]

    def holds(self, operators: Operators) -> bool | None:
        """Return whether all operators hold; None if that cannot be told."""
        found = [self._holds(name, value) for name, value in operators.items()]
        return False if False in found else None if None in found else True

    def _holds(self, name: str, value: Any) -> bool | None:
        if name == "exists":
            return self.cell.known is bool(value)
        if not self.cell.known:
            return False
        if name in _EQUAL:
            equal = _any(self._equals(literal) for literal in literals_of(value))
            return equal if name in ("is", "in") else None if equal is None else not equal
        if name in _WORDS:
            join = _all if name == "contains_all" else _any
            return join(self._answer(("contains", literal.canonical)) for literal in literals_of(value))
        if name == "matches":
            return self._answer(("matches", value))
        return _in_order(self.cell.numbers, name, value)

    def _equals(self, literal: Literal) -> bool | None:
        if literal.number is not None and not literal.is_exact:
            return None
        if literal.number is None:
            return self.cell.text == literal.text
        return self.cell.number == literal.number

    def _answer(self, atom: Atom) -> bool | None:
        decided = _decided(self.cell, atom)
        return self.answers.get(atom) if decided is None else decided


def situations(conditions: Iterable[Operators], domain: Range | None = None) -> Iterator[Situation]:
    """Yield every situation that conditions can tell apart.

    `domain` is the range of a measure; without one the value is an attribute or property, and can be anything.
    """
    listed = list(conditions)
    atoms = _atoms(listed)
    for cell in _cells(listed, domain):
        open_atoms = [atom for atom in atoms if _decided(cell, atom) is None] if cell.known else []
        groups = _alike(open_atoms, listed)
        if len(groups) > MOST_ATOMS:
            yield Situation(cell, {})
            continue
        for answers in product((True, False), repeat=len(groups)):
            given = zip(groups, answers, strict=True)
            yield Situation(cell, {atom: answer for group, answer in given for atom in group})


def literals_of(value: Any) -> list[Literal]:
    """Return the literals of an operand, one or a list."""
    return [Literal.of(v) for v in (value if isinstance(value, list) else [value])]


def _cells(conditions: list[Operators], domain: Range | None) -> Iterator[Cell]:
    if domain is None or domain.unknown:
        yield Cell(known=False)
    whole = domain or Range()
    for numbers in _cut(whole, sorted(set(_numbers(conditions)))):
        yield Cell(numbers=numbers)
    if domain is None:
        for text in sorted(set(_texts(conditions))):
            yield Cell(text=text)
        yield Cell()


def _cut(whole: Range, cuts: list[Decimal]) -> Iterator[Range]:
    """Yield the cuts themselves and the ranges between them."""
    low = whole.low
    for cut in cuts:
        if (low is not None and cut < low) or (whole.high is not None and cut > whole.high):
            continue
        at = _ceiling(cut, whole.step)
        yield from _if_any(Range(low, EXACT.subtract(at, whole.step), whole.step))
        if at == cut:
            yield Range(cut, cut, whole.step)
            low = EXACT.add(at, whole.step)
        else:
            low = at
    yield from _if_any(Range(low, whole.high, whole.step))


def _if_any(numbers: Range) -> Iterator[Range]:
    if not numbers.is_empty:
        yield numbers


def _ceiling(number: Decimal, step: Decimal) -> Decimal:
    if step == ONE:
        return number.to_integral_value(ROUND_CEILING)
    return number


def _numbers(conditions: list[Operators]) -> Iterator[Decimal]:
    for operators in conditions:
        for name, value in operators.items():
            if name in ("at_least", "more_than", "at_most", "less_than"):
                yield value
            elif name == "between":
                yield from value
            elif name in _EQUAL:
                yield from (v.number for v in literals_of(value) if v.number is not None)


def _texts(conditions: list[Operators]) -> Iterator[str]:
    for operators in conditions:
        for name in _EQUAL:
            if name in operators:
                yield from (v.text for v in literals_of(operators[name]) if v.number is None)


def _atoms(conditions: list[Operators]) -> list[Atom]:
    found: dict[Atom, None] = {}
    for operators in conditions:
        for name in _WORDS:
            for literal in literals_of(operators[name]) if name in operators else ():
                found["contains", literal.canonical] = None
        if "matches" in operators:
            found["matches", operators["matches"]] = None
    return list(found)


def _alike(atoms: list[Atom], conditions: list[Operators]) -> list[list[Atom]]:
    """Group words that stand in the same lists only, all of `contains_any` or all of `contains_all`: one answer serves."""
    groups: dict[tuple[object, ...], list[Atom]] = {}
    for atom in atoms:
        places = tuple(
            (i, name)
            for i, operators in enumerate(conditions)
            for name in _WORDS
            if name in operators and atom in {("contains", v.canonical) for v in literals_of(operators[name])}
        )
        kinds = {name for _, name in places}
        alike = kinds in ({"contains_any"}, {"contains_all"})
        groups.setdefault(places if alike else atom, []).append(atom)
    return list(groups.values())


def _decided(cell: Cell, atom: Atom) -> bool | None:
    """Return the answer that the cell itself gives, whether the value is a text or a list that reads the same."""
    kind, wanted = atom
    if not cell.known:
        return False
    if cell.text is None:
        return None
    if kind == "matches":
        return is_found(parse_pattern(wanted), cell.text)
    return True if cell.text == wanted and "," not in wanted else None


def _in_order(numbers: Range | None, name: str, value: Any) -> bool:
    """Return whether an order operator holds; cells are cut at its bounds, so one number stands for all of a cell."""
    if numbers is None:
        return False
    low, high = numbers.low, numbers.high
    if name == "between":
        return low is not None and high is not None and value[0] <= low and high <= value[1]
    if name == "at_least":
        return low is not None and low >= value
    if name == "more_than":
        return low is not None and low > value
    if name == "at_most":
        return high is not None and high <= value
    return high is not None and high < value


def _any(found: Iterable[bool | None]) -> bool | None:
    seen = list(found)
    return True if True in seen else None if None in seen else False


def _all(found: Iterable[bool | None]) -> bool | None:
    seen = list(found)
    return False if False in seen else None if None in seen else True
