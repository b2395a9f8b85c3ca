"""What a report is made of. Plain data: nothing here is escaped, the page escapes everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `tone` colors it: plain, good, warning or bad."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column names. A cell is shown as it is if text; numbers are aligned right; None is empty.

    `note` says below the table what a reader must know to read it; `tones` color the rows, as those of `Words`.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    tones: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite spec with its data inline (`data.values`); `alt` says in words what is to be seen.

    The page shows the data as a table behind a disclosure, so that nothing is only in the picture.
    """

    spec: dict[str, Any]
    alt: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    parts: Sequence[Words | Table | Chart | Code] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report: the verdict in words first, then facts (name and value), then sections, then small print."""

    title: str
    verdict: Words
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
    sections: Sequence[Section] = field(default_factory=tuple)
    small_print: Sequence[str] = field(default_factory=tuple)
