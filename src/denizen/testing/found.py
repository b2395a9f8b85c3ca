"""What a run of cases found: the scores of people and accounts, and the lines of their ledgers by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from denizen.clock import iso, to_us
from denizen.scoring.explain_account import AccountGate
from denizen.scoring.gate_words import account_gate_in_words, gate_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.scoring.explain import Gate

PARTS = ("fit", "behavior")


@dataclass(slots=True)
class Ledger:
    """The lines of one score.

    A criterion goes by its name, any other line by `kind name`; either may have its part before it, and must where
    two parts have a line of one name.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of that name: none, one, or several that only their parts tell apart."""
        return [r for r in self.rows if name in (line_name(r), f"{r['part']} {line_name(r)}")]

    def names(self) -> list[str]:
        """Return the shortest name of each line."""
        return [self.shortest(r) for r in self.rows]

    def shortest(self, row: dict[str, Any]) -> str:
        """Return the shortest name by which a line can be told from the others."""
        name = line_name(row)
        return name if len(self.named(name)) == 1 else f"{row['part']} {name}"

    def unknown(self) -> list[str]:
        """Return the criteria whose measure is unknown, sorted."""
        return sorted(str(r["line"]) for r in self.rows if r["kind"] == "criterion" and r["unknown"])


@dataclass(slots=True)
class Found:
    """One score with its ledger and, where they are looked at, its gates."""

    scores: dict[str, Any]
    ledger: Ledger = field(default_factory=Ledger)
    gates: tuple[Gate, ...] | tuple[AccountGate, ...] = ()

    @property
    def missed(self) -> tuple[Gate | AccountGate, ...]:
        """The gates that do not hold."""
        return tuple(gate for gate in self.gates if not gate.holds)


def gate_said(gate: Gate | AccountGate) -> str:
    """Return a gate that is missed in the words of `denizen explain`."""
    return account_gate_in_words(gate) if isinstance(gate, AccountGate) else gate_in_words(gate)


def line_name(row: dict[str, Any]) -> str:
    """Return how a line is called in a case."""
    return str(row["line"]) if row["kind"] == "criterion" else f"{row['kind']} {row['line']}"


def in_words(row: dict[str, Any]) -> str:
    """Return a line of the ledger, e.g. `behavior invites: measure 1, 1 event, last 2026-06-01T10:00:00Z`."""
    told = ", ".join(_details(row))
    return f"{row['part']} {line_name(row)}{': ' if told else ''}{told}"


def _details(row: dict[str, Any]) -> Iterator[str]:
    if row.get("unknown"):
        yield "unknown"
    elif row["measure"] is not None:
        yield f"measure {row['measure']}"
    if row.get("events"):
        yield f"{row['events']} event{'s' * (row['events'] != 1)}"
        yield f"last {iso(to_us(row['last_at']))}"
    if row.get("people"):
        yield f"by {', '.join(row['people'])}"
