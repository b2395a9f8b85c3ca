"""Discovered, written, loaded, scored: a criterion holds for exactly the leads for whom the candidate was counted."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from denizen.history.cohort import open_history, tables_of
from denizen.history.design import design_of
from denizen.history.discover.candidates import ORDER, candidates
from denizen.history.discover.columns import columns_of
from denizen.history.discover.features import make_features
from denizen.history.discover.starting_model import criterion_of
from denizen.history.lines import score_lines
from denizen.ingest.project import Data
from denizen.model.load import parse_model
from denizen.model.writing import Noted, write_section

START = datetime(2026, 1, 1, 20, tzinfo=UTC)
EVENTS = ["opened", "built a 'report'", "any", "SELECT 1; --", "Name: {x}", "é,\t#", "DROP TABLE done"]
MOST = 180
PLANS = ["pro", "Pro ", "1", "1.0", "01", "true", True, 1, 2.5, None, float("nan"), "", "a, b"]
TEAMS = ["x", "X", "null", "yes", True, False, "2", 2.0, None, float("nan")]


def messy(seed, *, ids, late=False, leads=150):
    """Leads and events with everything that could be read in two ways: ties, numbers as text, odd names, no signup."""
    rng = random.Random(seed)
    people, events, known = [], [], []
    for i in range(leads):
        lead, signup = f"l{i}", START + timedelta(hours=rng.randrange(2000))
        people.append(
            {
                "lead_id": lead,
                "signup_at": None if rng.random() < 0.1 else signup,
                "team": rng.choice(TEAMS),
                "size": rng.choice([1, 2, 2.5, 7 / 3, 1e-7, 12345678.123456789, float("nan"), *range(20, 40)]),
                "constant": "same",
                "all different": f"{i}",
            }
        )
        known.append({"lead_id": lead, "attribute": "team", "value": rng.choice(["a", "b"]), "from": signup})
        for _ in range(rng.randrange(12)):
            at = signup + rng.choice(
                [timedelta(0), timedelta(days=rng.randrange(8)), timedelta(hours=rng.randrange(-20, 200))]
            )
            events.append(
                {
                    "lead_id": lead,
                    "event": rng.choice(EVENTS),
                    "timestamp": at,
                    "event_id": rng.choice([f"{lead}-{rng.randrange(9)}", f"{lead}-{len(events)}", None])
                    if ids
                    else None,
                    "received_at": at + timedelta(hours=rng.choice([0, 0, 400])),
                    "plan": rng.choice(PLANS),
                    "url": f"/{rng.random()}",
                }
            )
    outcomes = [{"lead_id": "l1", "outcome": "won", "at": START + timedelta(days=400)}]
    made = {"leads": _table(people), "events": _table(events), "outcomes": _table(outcomes)}
    return Data(**made, attributes_history=_table(known) if late else None)


def _table(rows):
    import pyarrow as pa

    def text(value):
        return value if value is None or isinstance(value, datetime) else str(value)

    return pa.Table.from_pylist([{k: text(v) for k, v in row.items()} for row in rows])


@pytest.mark.parametrize(
    ("seed", "at", "ids", "known", "late"),
    [
        (1, "7d", True, False, False),
        (2, "5d", False, False, True),
        (3, "36h", True, True, False),
        (4, "90s", True, False, False),
    ],
)
def test_each_candidate_written_as_a_criterion_holds_for_the_leads_it_was_counted_for(seed, at, ids, known, late):
    data = messy(seed, ids=ids, late=late)
    with open_history(data, design_of(at=at), tables=tables_of(*columns_of(data), order=True), known=known) as history:
        make_features(history)
        found = [c for c in candidates(history) if c.n.sum()]
        random.Random(seed).shuffle(found)
        assert {c.candidate.kind for c in found} >= set(ORDER) - ({"days", "sequence"} if at == "90s" else set())
        for start in range(0, min(len(found), MOST), 90):
            part = found[start : start + 90]
            held = holders(history, part)
            for i, counted in enumerate(part):
                wanted = {row[0] for row in history.connection.execute(counted.candidate.who).fetchall()}
                assert len(wanted) == counted.n.sum(), counted.candidate.words
                assert held.get(f"c{i}", set()) == wanted, (counted.candidate.words, criterion_of(counted.candidate, 1))


def holders(history, counted):
    """The rows for whom each criterion gives points, by the one scorer."""
    sections = []
    for part in ("fit", "behavior"):
        items = [
            Noted(f"c{i}", criterion_of(c.candidate, 1))
            for i, c in enumerate(counted)
            if (c.candidate.kind == "attribute") == (part == "fit")
        ]
        sections += ["", f"{part}:", "  criteria:", *write_section(items, 4)] if items else []
    model = parse_model("\n".join(["model: written", *sections]) + "\n", "written.yaml")
    query = "SELECT CAST(lead_id AS VARCHAR) AS lead, line FROM ledger WHERE kind = 'criterion' AND points <> 0"
    score_lines(history, model, query, table="held")
    rows = history.connection.execute(
        "SELECT line, g FROM held JOIN cohort ON lead = CAST(cohort.lead_id AS VARCHAR)"
    ).fetchall()
    found = {}
    for line, g in rows:
        found.setdefault(line, set()).add(g)
    return found
