"""What became of every rule that was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Fate = Literal["carried", "changed", "dropped"]
FATES: tuple[Fate, ...] = ("carried", "changed", "dropped")


class NotCarriedError(Exception):
    """A rule that has no equal here; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule or setting of the source: where it stood, what it became, and why it is not the same."""

    fate: Fate
    rule: str
    place: str
    became: str = ""
    reason: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the line as plain data."""
        return {"rule": self.rule, "place": self.place, "became": self.became, "reason": self.reason}


@dataclass(slots=True)
class Report:
    """Every rule that was read, in the order of the source, and what to know about the whole."""

    kind: str
    file: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of(self, fate: Fate) -> list[Line]:
        """Return the lines of one fate."""
        return [line for line in self.lines if line.fate == fate]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for `--json`; `read` = carried + changed + dropped."""
        return {
            "kind": self.kind,
            "file": self.file,
            "read": len(self.lines),
            **{fate: [line.as_dict() for line in self.of(fate)] for fate in FATES},
            "notes": list(self.notes),
        }
