"""Trust: whom sales contacted before the lead was judged was not ignored; names of lines do not get mixed up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import denizen

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = """model: t
behavior:
  criteria: {decay: {count: x, points: 50}}
  decay: {after: 1d, every: 1d, points: 1}
pql: {total: 40, fit: 0, behavior: 40}
"""


def world():
    """All are PQLs from day 1; 200 contacted on day 3 of whom few convert, 100 on day 8 of whom 40 % do."""
    leads, events, outcomes = [], [], []
    for i in range(300):
        lead, signup = f"u{i}", START + timedelta(days=i * 0.1)
        leads.append({"lead_id": lead, "signup_at": signup})
        events.append({"lead_id": lead, "event": "x", "timestamp": signup + timedelta(days=1)})
        day, wins = (3, i % 20 == 0) if i < 200 else (8, i % 5 < 2)
        word = "accepted" if i % 2 else "rejected"
        outcomes.append({"lead_id": lead, "outcome": word, "at": signup + timedelta(days=day)})
        if wins:
            outcomes.append({"lead_id": lead, "outcome": "won", "at": signup + timedelta(days=20)})
    events.append({"lead_id": "u0", "event": "x", "timestamp": START + timedelta(days=150)})
    return {"leads": leads, "events": events, "outcomes": outcomes}


def test_a_lead_contacted_before_it_was_judged_is_not_ignored():
    found = denizen.trust(MODEL, **world())
    assert (found.contacted.n, found.ignored.n, found.verdict) == (100, 0, "healthy")
    assert found.followed_up.value == 1
    assert any(note.startswith("200 PQLs were contacted before they were judged") for note in found.notes)
    periods = {"before": "2026-01-01..2026-01-15", "after": "2026-01-15..2026-01-31"}
    measured = {m["metric"]: m for m in denizen.metrics(MODEL, **world(), **periods).as_dict()["metrics"]}
    assert measured["follow_up"]["before"]["value"] == 1


def test_a_criterion_may_have_the_name_of_another_line():
    lines = {x.line for x in denizen.trust(MODEL, **world()).lines}
    assert lines == {"decay", "decay (decay)"}
