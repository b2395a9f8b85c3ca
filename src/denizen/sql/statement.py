"""A statement under construction: named steps (CTEs), each with the rule it implements as a comment."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field


@dataclass(slots=True)
class Statement:
    """Steps in order; each may read those before it."""

    steps: list[str] = field(default_factory=list)

    def add(self, name: str, rule: str, body: str, *, reused: bool = False) -> str:
        """Add a step and return its name; `reused` keeps its rows instead of computing them for each reader."""
        comment = "\n".join(f"-- {line}" for line in textwrap.wrap(rule, 106))
        hint = "MATERIALIZED" if reused else "NOT MATERIALIZED"
        self.steps.append(f"{comment}\n{name} AS {hint} (\n{textwrap.indent(body, '  ')}\n)")
        return name

    def text(self, final: str) -> str:
        """Return the whole statement."""
        return "WITH\n" + ",\n\n".join(self.steps) + "\n\n" + final


def select(columns: list[str], source: str, *clauses: str) -> str:
    """Return `SELECT columns FROM source clauses`, one column a line."""
    listed = ",\n".join(f"  {c}" for c in columns)
    tail = "".join(f"\n{c}" for c in clauses if c)
    return f"SELECT\n{listed}\nFROM {source}{tail}"
