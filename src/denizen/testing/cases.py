"""Cases: a model, a lead, what it did, and the score that must come out.

```yaml
- case: two invites in a day
  model: trial.yaml            # a path beside the cases, or the model itself
  as_of: 2026-06-10
  lead: {employees: 120}
  events:
    - {event: teammate_invited, at: 2026-06-01T10:00:00Z}
    - {event: pricing_viewed, at: 2026-06-01T11:00:00Z, properties: {logged_in: true}}
  expect: {fit: 15, behavior: 25, pql: false, lines: {invites: 10, "recency invites": 2.5}}
```

`lines` names criteria by their name and other lines as `kind name`; only what is named is looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denizen.api import score
from denizen.errors import fail
from denizen.model.load import LoadedModel, load_model, model_from, read_text
from denizen.model.source import parse_yaml
from denizen.scoring.run import IN_MEMORY

_LEAD = "the lead"


@dataclass(frozen=True, slots=True)
class Case:
    """One case."""

    name: str
    model: LoadedModel
    as_of: str
    lead: dict[str, Any]
    events: list[dict[str, Any]]
    expect: dict[str, Any]


def load_cases(path: str | Path) -> list[Case]:
    """Return the cases of a file.

    Raises:
        DenizenError: the file or a model in it cannot be used.
    """
    source = parse_yaml(read_text(path), str(path))
    needed = {"case", "model", "as_of", "expect"}
    if not isinstance(source.data, list) or not all(isinstance(c, dict) and needed <= c.keys() for c in source.data):
        raise fail("wrong-value", "expected a list of cases, each with case, model, as_of and expect", file=str(path))
    return [
        Case(
            str(c["case"]),
            model_from(source.at((i, "model")))
            if isinstance(c["model"], dict)
            else load_model(Path(path).parent / c["model"]),
            str(c["as_of"]),
            c.get("lead") or {},
            c.get("events") or [],
            c["expect"],
        )
        for i, c in enumerate(source.data)
    ]


def run_case(case: Case, engine: str = IN_MEMORY) -> dict[str, tuple[Any, Any]]:
    """Score a case and return what differs: expected and found, by name. Empty means it holds."""
    leads = [{"lead_id": _LEAD, **{k: _plain(v) for k, v in case.lead.items()}}]
    events = [
        {
            "lead_id": _LEAD,
            "event": str(e["event"]),
            "timestamp": str(e["at"]),
            "event_id": e.get("id"),
            "session_id": e.get("session"),
            "properties": json.dumps(e.get("properties") or {}, default=str),
        }
        for e in case.events
    ]
    result = score(case.model, leads=leads, events=events or None, as_of=case.as_of, ledger=True, engine=engine)
    found: dict[str, Any] = result.scores.to_pylist()[0]
    lines = {_called(row): row["points"] for row in result.ledger.to_pylist()} if result.ledger else {}
    expected = {k: v for k, v in case.expect.items() if k != "lines"}
    differing = {k: (v, found.get(k)) for k, v in expected.items() if not _same(v, found.get(k))}
    for line, points in (case.expect.get("lines") or {}).items():
        if not _same(points, lines.get(line)):
            differing[line] = (points, lines.get(line))
    return differing


def _plain(value: Any) -> Any:
    """Return a value as a file would hold it: everything but null is text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def _called(row: dict[str, Any]) -> str:
    return str(row["line"]) if row["kind"] == "criterion" else f"{row['kind']} {row['line']}"


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool) or expected is None or isinstance(expected, str) or found is None:
        return bool(expected == found)
    return abs(float(expected) - float(found)) < 1e-9  # noqa: PLR2004  less than the last decimal
