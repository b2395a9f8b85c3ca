"""Compare what a case expects with what was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from denizen.errors import did_you_mean
from denizen.testing.found import gate_said, in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator

    from denizen.scoring.explain import Gate
    from denizen.scoring.explain_account import AccountGate
    from denizen.testing.found import Found, Ledger
    from denizen.testing.spec import ExpectAccount, ExpectLead

_OF_LEADS = ("fit", "behavior", "total", "pql", "disqualified", "capped", "fit_tier", "behavior_tier")
_OF_ACCOUNTS = (
    *("fit", "behavior", "total", "pqa", "disqualified", "fit_tier", "behavior_tier"),
    *("members", "pql_members"),
)
_LEAST = 1e-9
"""Less than the last decimal of a score."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was expected and what was found instead, by name; `line` is that line of the ledger, or what explains it, in words.

    `missed` are the gates for which a PQL or PQA that was expected is none.
    """

    name: str
    as_of: str
    expected: Any
    found: Any
    line: str = ""
    missed: tuple[Gate | AccountGate, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "name": self.name,
            "as_of": self.as_of,
            "expected": _as_json(self.expected),
            "found": self.found,
            "line": self.line,
            "missed": [asdict(gate) for gate in self.missed],
        }


def compare_lead(
    expect: ExpectLead, found: Found, at: str, names: Collection[str], whose: str = ""
) -> Iterator[Difference]:
    """Yield what differs for a person; `names` are those a line can have, `whose` goes before the names."""
    yield from _scores(expect, _OF_LEADS, found, at, whose)
    yield from _lines(expect, found.ledger, at, whose, names)
    if expect.unknown is not None:
        unknown = found.ledger.unknown()
        if sorted(expect.unknown) != unknown:
            yield Difference(f"{whose}unknown", at, sorted(expect.unknown), unknown)
    yield from _gates(expect, found, at, whose)


def compare_account(
    expect: ExpectAccount, found: Found | None, at: str, names: Collection[str]
) -> Iterator[Difference]:
    """Yield what differs for the account of the lead, which may have none; `names` are those a line can have."""
    if found is None:
        yield Difference("account", at, "an account", "none", "nothing says or shows to which account the lead belongs")
        return
    yield from _scores(expect, _OF_ACCOUNTS, found, at, "account ")
    yield from _lines(expect, found.ledger, at, "account ", names)
    for name, people in expect.people.items():
        row = yield from _one(found.ledger, name, sorted(people), at, f"account people of {name}")
        if row is not None and sorted(people) != sorted(row["people"]):
            yield Difference(f"account people of {name}", at, sorted(people), row["people"], in_words(row))
    yield from _gates(expect, found, at, "account ")


def _scores(
    expect: ExpectLead | ExpectAccount, names: tuple[str, ...], found: Found, at: str, whose: str
) -> Iterator[Difference]:
    for name in names:
        wanted = getattr(expect, name)
        if wanted is not None and not _same(wanted, found.scores[name]):
            missed = found.missed if name in ("pql", "pqa") and wanted else ()
            told = f"missed: {'; '.join(map(gate_said, missed))}" if missed else ""
            yield Difference(whose + name, at, wanted, found.scores[name], told, missed)


def _lines(
    expect: ExpectLead | ExpectAccount, ledger: Ledger, at: str, whose: str, names: Collection[str]
) -> Iterator[Difference]:
    for name, points in expect.lines.items():
        row = yield from _one(ledger, name, points, at, whose + name)
        if row is not None and not _same(points, row["points"]):
            yield Difference(whose + name, at, points, row["points"], in_words(row))
    for name in expect.absent:
        if name.removeprefix("fit ").removeprefix("behavior ") not in names:
            told = f"no line can have this name, so it says nothing; {did_you_mean(name, names) or 'see the ledger of `denizen explain`'}"
            yield Difference(whose + name, at, "absent", None, told)
        for row in ledger.named(name):
            yield Difference(whose + name, at, None, row["points"], in_words(row))


def _one(
    ledger: Ledger, name: str, expected: Any, at: str, shown: str
) -> Generator[Difference, None, dict[str, Any] | None]:
    """Return the only line of a name, or yield that there is none, or that there are several."""
    rows = ledger.named(name)
    if len(rows) == 1:
        return rows[0]
    told = f"there is no such line; {did_you_mean(name, ledger.names()) or 'lines: ' + ', '.join(ledger.names())}"
    if rows:
        told = f"there are several; write {' or '.join(f'`{ledger.shortest(r)}`' for r in rows)}"
    yield Difference(shown, at, expected, None, told)
    return None


def _gates(expect: ExpectLead | ExpectAccount, found: Found, at: str, whose: str) -> Iterator[Difference]:
    gates = {gate.gate: gate for gate in found.gates}
    for name, wanted in expect.gates.items():
        if name not in gates:
            told = f"there is no such gate; {did_you_mean(name, gates) or 'gates: ' + ', '.join(gates)}"
            yield Difference(f"{whose}gate {name}", at, wanted, None, told)
        elif (holds := gates[name].holds) != wanted:
            yield Difference(f"{whose}gate {name}", at, wanted, holds, "" if holds else gate_said(gates[name]))


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool | str) or found is None:
        return bool(expected == found)
    return abs(float(expected) - float(found)) < _LEAST


def _as_json(value: Any) -> Any:
    return value if isinstance(value, bool | str | list) or value is None else float(value)
