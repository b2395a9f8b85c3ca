"""Gates in words: what was reached of what is needed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.values import plain

if TYPE_CHECKING:
    from denizen.scoring.explain import Gate, Origin
    from denizen.scoring.explain_account import AccountGate


def gate_in_words(gate: Gate) -> str:
    """Return e.g. `total 70 of 80, missed by 10` or `require plan is pro: unknown`."""
    if isinstance(gate.value, float) and isinstance(gate.needed, float):
        miss = "" if gate.holds else f", missed by {_number(gate.missed_by)}"
        return f"{gate.gate} {_number(gate.value)} of {_number(gate.needed)}{miss}"
    if gate.needed is None:
        return gate.gate if gate.holds else _against(gate.gate)
    return f"{gate.gate} {gate.needed}: {gate.value}{origin_in_words(gate.derived_from, gate.gate.removeprefix('require '))}"


def account_gate_in_words(gate: AccountGate) -> str:
    """Return e.g. `total by 10 (needs 80)`, for a gate that is missed."""
    if gate.needed is None or gate.missed_by is None:
        return gate.gate
    return f"{gate.gate} by {_number(gate.missed_by)} (needs {_number(gate.needed)})"


def origin_in_words(origin: Origin | None, attribute: str | None) -> str:
    """Say what a value was derived from."""
    if origin is None:
        return ""
    how = "read from" if origin.attribute == attribute else f"derived from {origin.attribute}"
    return f', {how} "{origin.value}"'


def _against(gate: str) -> str:
    """Return what rules a lead out, from the name of the gate that says it does not."""
    return gate.replace(" does not disqualify", " disqualifies").replace("ceiling does not apply", "ceiling applies")


def _number(value: float) -> str:
    return plain(round(Decimal(str(value)), 6))
