"""Where engines differ, and nowhere else: a handful of named primitives.

Each takes and returns SQL text. Instants and spans are BIGINT microseconds, points are exact decimals,
and wide integers hold 38 digits, so that no engine's own rounding can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from denizen.model import pattern
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Callable


class Dialect(Protocol):
    """The primitives of one engine's SQL."""

    @property
    def name(self) -> str:
        """The name users write."""

    @property
    def wide(self) -> str:
        """The type of wide integers."""

    def quotient(self, dividend: str, divisor: str) -> str:
        """Return the whole quotient of integers that are not negative."""

    def bits_set(self, bits: str) -> str:
        """Return how many bits of a BIGINT are set."""

    def from_units(self, units: str, decimals: int) -> str:
        """Return a wide integer (below 10^25) as a decimal with so many decimals."""

    def found(self, subject: str, node: pattern.Node) -> str:
        """Return whether a pattern is found in a text."""


@dataclass(frozen=True, slots=True)
class DuckDB:
    """DuckDB 2."""

    name: str = "duckdb"
    wide: str = "HUGEINT"

    def quotient(self, dividend: str, divisor: str) -> str:
        """`//` truncates."""
        return f"({dividend}) // {divisor}"

    def bits_set(self, bits: str) -> str:
        """`bit_count` takes integers."""
        return f"bit_count({bits})"

    def from_units(self, units: str, decimals: int) -> str:
        """Division of decimals is floating point in DuckDB, multiplication is exact."""
        unit = f"0.{'0' * (decimals - 1)}1"
        return f"CAST({units} AS DECIMAL(26, 0)) * CAST({unit} AS DECIMAL({decimals}, {decimals}))"

    def found(self, subject: str, node: pattern.Node) -> str:
        """RE2, or the functions for plain texts, which are several times faster."""
        texts = pattern.texts_of(node)
        if texts is not None:
            return f"({' OR '.join(_found(subject, t) for t in texts)})"
        return f"regexp_matches({subject}, {text(spell(node, _RE2))})"


def _found(subject: str, wanted: pattern.Text) -> str:
    if wanted.start and wanted.end:
        return f"{subject} = {text(wanted.text)}"
    function = "starts_with" if wanted.start else "ends_with" if wanted.end else "contains"
    return f"{function}({subject}, {text(wanted.text)})"


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """PostgreSQL 14 and later."""

    name: str = "postgresql"
    wide: str = "NUMERIC"

    def quotient(self, dividend: str, divisor: str) -> str:
        """`div` is exact on integers and on NUMERIC."""
        return f"div({dividend}, {divisor})"

    def bits_set(self, bits: str) -> str:
        """`bit_count` takes bit strings, since PostgreSQL 14."""
        return f"bit_count(CAST({bits} AS BIT(64)))"

    def from_units(self, units: str, decimals: int) -> str:
        """NUMERIC is exact."""
        return f"({units}) * 0.{'0' * (decimals - 1)}1"

    def found(self, subject: str, node: pattern.Node) -> str:
        """POSIX advanced regular expressions, compared by code point."""
        return f'({subject} COLLATE "C") ~ {text(spell(node, _ARE))}'


@dataclass(frozen=True, slots=True)
class _Spelling:
    any_char: str
    start: str
    end: str
    boundary: str
    char: Callable[[str], str]
    empty: str


_WORD = "[a-zA-Z0-9_]"
_RE2 = _Spelling("[^\\n]", "\\A", "\\z", "\\b", lambda c: f"\\x{{{ord(c):x}}}", "(?:)")
_ARE = _Spelling(
    "[^\\n]",
    "\\A",
    "\\Z",
    f"(?:(?<!{_WORD})(?={_WORD})|(?<={_WORD})(?!{_WORD}))",
    lambda c: f"\\U{ord(c):08x}",
    "(?:)",
)


def spell(node: pattern.Node, spelling: _Spelling) -> str:
    """Return a pattern in the words of one engine."""
    if isinstance(node, pattern.Char):
        return _char(node.char, spelling)
    if isinstance(node, pattern.Any):
        return spelling.any_char
    if isinstance(node, pattern.Class):
        ranges = "".join(_range(first, last, spelling) for first, last in node.ranges)
        return f"[{'^' if node.negated else ''}{ranges}]"
    if isinstance(node, pattern.Anchor):
        return {"start": spelling.start, "end": spelling.end, "boundary": spelling.boundary}[node.kind]
    if isinstance(node, pattern.Repeat):
        bounds = f"{{{node.low},{'' if node.high is None else node.high}}}"
        simple = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((node.low, node.high), bounds)
        return f"(?:{spell(node.part, spelling)}){simple}"
    if isinstance(node, pattern.Sequence):
        return "".join(_grouped(part, spelling) for part in node.parts) or spelling.empty
    return "|".join(spell(option, spelling) for option in node.options)


def _grouped(node: pattern.Node, spelling: _Spelling) -> str:
    inner = spell(node, spelling)
    return f"(?:{inner})" if isinstance(node, pattern.Choice) else inner


def _char(char: str, spelling: _Spelling) -> str:
    return char if char.isascii() and (char.isalnum() or char in " _@,;:=<>'\"!%&~`#/-") else spelling.char(char)


def _range(first: str, last: str, spelling: _Spelling) -> str:
    def one(char: str) -> str:
        return char if char.isascii() and char.isalnum() else spelling.char(char)

    return one(first) if first == last else f"{one(first)}-{one(last)}"


DIALECTS: dict[str, Dialect] = {"duckdb": DuckDB(), "postgresql": PostgreSQL()}
