"""Run cases: all cases of one model in one run, each lead at its own instants (a grid)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.api import explain, parse_instant, score
from denizen.clock import iso, to_us
from denizen.errors import did_you_mean
from denizen.scoring.run import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from denizen.testing.cases import Case
    from denizen.testing.spec import CaseMoment, Expect

_SCORES = "fit behavior total pql disqualified capped fit_tier behavior_tier".split()  # noqa: SIM905
_LEAST = 1e-9
"""Less than the last decimal of a score."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was expected and what was found instead, by name; `line` is that line of the ledger, in words."""

    name: str
    as_of: str
    expected: Any
    found: Any
    line: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        expected = (
            self.expected
            if isinstance(self.expected, bool | str | list) or self.expected is None
            else float(self.expected)
        )
        return {"name": self.name, "as_of": self.as_of, "expected": expected, "found": self.found, "line": self.line}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case that was run."""

    case: Case
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether everything expected came out."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Found:
    """The score of one lead at one instant."""

    scores: dict[str, Any]
    lines: dict[str, dict[str, Any]]


def run_case(case: Case, engine: str = IN_MEMORY) -> dict[str, tuple[Any, Any]]:
    """Score a case and return what differs: expected and found, by name. Empty means it holds."""
    several = len(case.moments) > 1
    found = run_cases([case], engine)[0].differences
    return {f"{d.name} at {d.as_of}" if several else d.name: (d.expected, d.found) for d in found}


def run_cases(cases: Iterable[Case], engine: str = IN_MEMORY) -> list[Outcome]:
    """Score cases and return what differs in each, in their order; cases of one model are one run.

    Raises:
        DenizenError: the engine cannot be used.
    """
    listed = list(cases)
    outcomes: dict[int, Outcome] = {}
    for group in _groups(listed):
        found = _score(listed, group, engine)
        for i in group:
            differing = [
                d for moment in listed[i].moments for d in _compare(listed[i], i, moment, found[i, _us(moment)], engine)
            ]
            outcomes[i] = Outcome(listed[i], tuple(differing))
    return [outcomes[i] for i in range(len(listed))]


def _groups(cases: Sequence[Case]) -> Iterator[list[int]]:
    """Yield the cases that can be scored together: of one model, and strangers to each other."""
    together: dict[tuple[Any, ...], list[int]] = {}
    for i, case in enumerate(cases):
        alone = i if "account_id" in case.lead else -1
        together.setdefault((case.model.fingerprint, case.known, case.account is None, alone), []).append(i)
    yield from together.values()


def _us(moment: CaseMoment) -> int:
    return parse_instant(moment.as_of)


def _called(i: int) -> str:
    return f"case {i}"


def _tables(cases: Sequence[Case], group: list[int]) -> dict[str, Any]:
    """Return leads, accounts and events of a group as rows, every row with the same columns."""
    names = {name for i in group for name in cases[i].lead}
    firm = {name for i in group for name in cases[i].account or ()}
    leads, accounts = [], []
    for i in group:
        given = {name: _plain(cases[i].lead.get(name)) for name in sorted(names)}
        link = {} if cases[i].account is None or "account_id" in given else {"account_id": f"account {i}"}
        leads.append({**given, **link, "lead_id": _called(i)})
        if cases[i].account is not None:
            attributes = {name: _plain((cases[i].account or {}).get(name)) for name in sorted(firm)}
            accounts.append({**attributes, "account_id": leads[-1]["account_id"]})
    events = [
        {
            "lead_id": _called(i),
            "event": e.event,
            "timestamp": e.at,
            "event_id": e.id,
            "session_id": e.session,
            "received_at": e.received,
            "properties": json.dumps(e.properties, default=str),
        }
        for i in group
        for e in cases[i].events
    ]
    return {"leads": leads, "accounts": accounts or None, "events": events or None}


def _score(cases: Sequence[Case], group: list[int], engine: str) -> dict[tuple[int, int], _Found]:
    model, known = cases[group[0]].model, cases[group[0]].known
    wanted = {(i, _us(m)) for i in group for m in cases[i].moments}
    grid = [{"lead_id": _called(i), "as_of": iso(us)} for i, us in sorted(wanted)]
    result = score(model, **_tables(cases, group), grid=grid, known=known, ledger=True, engine=engine)
    numbers = {_called(i): i for i in group}
    found = {(numbers[str(row["lead_id"])], to_us(row["as_of"])): _Found(row, {}) for row in result.scores.to_pylist()}
    for row in result.ledger.to_pylist() if result.ledger is not None else ():
        found[numbers[str(row["lead_id"])], to_us(row["as_of"])].lines[_line_name(row)] = row
    return found


def _plain(value: Any) -> Any:
    """Return a value as a file would hold it: everything but null is text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str) if not hasattr(value, "normalize") else str(value)


def _line_name(row: dict[str, Any]) -> str:
    return str(row["line"]) if row["kind"] == "criterion" else f"{row['kind']} {row['line']}"


def _compare(case: Case, i: int, moment: CaseMoment, found: _Found, engine: str) -> Iterator[Difference]:
    expect, at = moment.expect, iso(_us(moment))
    for name in _SCORES:
        wanted = getattr(expect, name)
        if wanted is not None and not _same(wanted, found.scores[name]):
            yield Difference(name, at, wanted, found.scores[name])
    yield from _lines(expect, at, found)
    if expect.unknown is not None:
        unknown = sorted(n for n, row in found.lines.items() if row["unknown"] and row["kind"] == "criterion")
        if sorted(expect.unknown) != unknown:
            yield Difference("unknown", at, sorted(expect.unknown), unknown)
    if expect.gates:
        yield from _gates(case, i, moment, at, engine)


def _lines(expect: Expect, at: str, found: _Found) -> Iterator[Difference]:
    for name, points in expect.lines.items():
        row = found.lines.get(name)
        if row is None:
            told = f"there is no such line; {did_you_mean(name, found.lines) or 'lines: ' + ', '.join(found.lines)}"
            yield Difference(name, at, points, None, told)
        elif not _same(points, row["points"]):
            yield Difference(name, at, points, row["points"], _in_words(row))
    for name in expect.absent:
        if name in found.lines:
            yield Difference(name, at, None, found.lines[name]["points"], _in_words(found.lines[name]))


def _in_words(row: dict[str, Any]) -> str:
    """Return a line of the ledger, e.g. `behavior invites: measure 1, 1 event, last 2026-06-01T10:00:00Z`."""
    parts = ["unknown" if row["unknown"] else f"measure {row['measure']}" if row["measure"] is not None else ""]
    if row["events"]:
        parts += [f"{row['events']} event{'s' * (row['events'] != 1)}", f"last {iso(to_us(row['last_at']))}"]
    told = ", ".join(p for p in parts if p)
    return f"{row['part']} {_line_name(row)}{': ' if told else ''}{told}"


def _gates(case: Case, i: int, moment: CaseMoment, at: str, engine: str) -> Iterator[Difference]:
    tables = _tables({i: case}, [i])  # type: ignore[arg-type]  # looked up by number alone
    explained = explain(case.model, _called(i), **tables, as_of=at, known=case.known, engine=engine)
    holds = {gate.gate: gate.holds for gate in explained.gates}
    for name, wanted in moment.expect.gates.items():
        if name not in holds:
            told = f"there is no such gate; {did_you_mean(name, holds) or 'gates: ' + ', '.join(holds)}"
            yield Difference(f"gate {name}", at, wanted, None, told)
        elif holds[name] != wanted:
            yield Difference(f"gate {name}", at, wanted, holds[name])


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool | str) or found is None:
        return bool(expected == found)
    return abs(float(expected) - float(found)) < _LEAST
