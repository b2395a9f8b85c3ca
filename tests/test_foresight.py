"""Foresight: when a score moves and when a PQL drops out, held to scores at those instants."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import worlds
from denizen.clock import from_us, to_us
from test_laws import frames
from worlds import T

FOREVER_US = 36_500 * 86_400_000_000
VERDICT = ("fit", "behavior", "pql", "disqualified", "capped")


def cut(world):
    """Nothing more happens: only what is visible at T is left."""
    return [(lead, [e for e in log if e["at_us"] <= T]) for lead, log in world]


def scored_at(model, world, instants, engine):
    """Scores of the leads, each at its own instants, by lead and microsecond."""
    leads, events = frames(cut(world))
    rows = [{"lead_id": lead, "as_of": worlds.iso(us)} for lead, us in sorted(set(instants))]
    result = denizen.score(json.dumps(model, indent=1), leads=leads, events=events, grid=rows, engine=engine)
    return {(r["lead_id"], to_us(r["as_of"])): tuple(r[c] for c in VERDICT) for r in result.scores.to_pylist()}


def assert_foreseen(model, world, engine, fractions):
    leads, events = frames(world)
    result = denizen.score(
        json.dumps(model, indent=1), leads=leads, events=events, as_of=from_us(T), foresight=True, engine=engine
    )
    foreseen = {r["lead_id"]: r for r in result.scores.to_pylist()}
    assert len(foreseen) == len(world)
    wanted = []
    for lead, row in foreseen.items():
        wanted.append((lead, T))
        for key in ("next_change_at", "drops_out_at"):
            end = to_us(row[key]) if row[key] else T + FOREVER_US
            assert end > T
            wanted += [(lead, end), (lead, end - 1)]
            wanted += [(lead, min(end - 1, T + int((end - T) ** f))) for f in fractions]
            wanted += [(lead, min(end - 1, T + int((end - T) * f))) for f in fractions]
    scores = scored_at(model, world, wanted, engine)
    for lead, row in foreseen.items():
        now = scores[lead, T]
        change = to_us(row["next_change_at"]) if row["next_change_at"] else None
        drop = to_us(row["drops_out_at"]) if row["drops_out_at"] else None
        if change is not None:
            assert scores[lead, change] != now
        if drop is not None:
            assert now[2]
            assert not scores[lead, drop][2]
        for (of, at), score in scores.items():
            if of != lead:
                continue
            if change is None or at < change:
                assert score == now, (at - T, row)
            if now[2] and (drop is None or at < drop):
                assert score[2], (at - T, row)


fractions = st.lists(st.floats(0, 1), min_size=4, max_size=4)


@settings(max_examples=2)
@given(model=worlds.models(), world=worlds.worlds, fractions=fractions)
def test_a_score_is_still_until_next_change_at_and_a_pql_until_drops_out_at(model, world, fractions):
    model["pql"] = {"total": 1, "fit": 0, "behavior": 0.5}
    assert_foreseen(model, world, "duckdb:", fractions)


@pytest.mark.engine
def test_postgresql_foresees_the_same(postgres_url):
    @settings(max_examples=1)
    @given(model=worlds.models(), world=worlds.worlds, fractions=fractions)
    def foresees(model, world, fractions):
        model["pql"] = {"total": 1, "fit": 0, "behavior": 0.5}
        assert_foreseen(model, world, postgres_url, fractions)

    foresees()


def explained(model, world, number, engine="duckdb:"):
    leads, events = frames(world)
    return denizen.explain(
        json.dumps(model, indent=1), f"lead {number}", leads=leads, events=events, as_of=from_us(T), engine=engine
    )


def walked(world, number, path):
    """The world after the lead did and told what the path says."""
    lead, log = world[number]
    new = [
        {
            "event": e.event,
            "at_us": to_us(datetime.fromisoformat(e.at)),
            "event_id": e.event_id,
            "session_id": e.session_id,
            "received_us": None,
            "properties": dict(e.properties),
        }
        for e in path.events
    ]
    told = {s.attribute: told_as(s.value) for s in path.steps if s.attribute}
    return [({**lead, **told}, [*[e for e in log if e["at_us"] <= T], *new])]


def told_as(value):
    try:
        return json.loads(value)
    except ValueError:
        return value


@settings(max_examples=3)
@given(model=worlds.models(), world=worlds.worlds)
def test_a_lead_that_walks_its_path_is_a_pql(model, world):
    model["pql"] = {"total": 5, "fit": 0, "behavior": 2}
    explanation = explained(model, world, 0)
    path = explanation.path
    assert (path is None) == explanation.pql
    if path is None or not path.found:
        assert path is None or path.blocked_by
        return
    after = scored(model, walked(world, 0, path), path.qualifies_at)
    assert (after["pql"], after["fit"], after["behavior"]) == (True, path.fit, path.behavior)
    assert sum(s.points for s in path.steps) == pytest.approx(path.total - explanation.total, abs=1e-4)


def scored(model, world, at):
    leads, events = frames(world)
    return denizen.score(json.dumps(model, indent=1), leads=leads, events=events, as_of=at).scores.to_pylist()[0]


STEPS = """model: m
behavior:
  criteria:
    reports: {count: report, bands: [{at_least: 2, points: 30}]}
    invites: {count: invite, where: {role: admin}, bands: [{at_least: 2, points: 30}]}
pql: {total: 60, fit: 0, behavior: 60}
"""


def test_a_step_says_more_only_of_what_was_done_before():
    def steps(*events):
        rows = [{"lead_id": "x", "event": e, "timestamp": "2026-01-01", "properties": p} for e, p in events]
        rows.append({"lead_id": "x", "event": "seen", "timestamp": "2026-01-01", "properties": {}})
        return {s.do for s in denizen.explain(STEPS, "x", events=rows, as_of="2026-01-02").path.steps}

    assert steps() == {"report twice", "invite with role admin twice"}
    assert steps(("report", {})) == {"1 more report", "invite with role admin twice"}
    assert steps(("report", {}), ("invite", {"role": "guest"})) == {"1 more report", "invite with role admin twice"}
    assert steps(("invite", {"role": "Admin"})) == {"report twice", "1 more invite with role admin"}
