"""The laws of the semantics (section 6), on random models and logs."""

from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import worlds
from denizen.clock import from_us
from test_differential import EVENT_COLUMNS, run
from worlds import T, tables

SETTINGS = settings(max_examples=4)


def frames(world):
    leads, events = tables(world)
    lead_schema = pa.schema([(c, pa.string()) for c in leads[0]])
    event_schema = pa.schema([(c, pa.string()) for c in EVENT_COLUMNS])
    return pa.Table.from_pylist(leads, lead_schema), pa.Table.from_pylist(events, event_schema)


def text(model):
    import json

    return json.dumps(model, indent=1)


def numbers(result):
    return {
        (r["lead_id"], r["as_of"]): (r["fit"], r["behavior"], r["pql"], r["capped"]) for r in result.scores.to_pylist()
    }


@SETTINGS
@given(model=worlds.models(), world=worlds.worlds)
def test_a_batch_is_the_union_of_single_lead_runs(model, world):
    together = run(model, world, "duckdb:")[0]
    leads, events = frames(world)
    for i in range(len(world)):
        name = f"lead {i}"
        only = events.filter(pa.compute.equal(events["lead_id"], name))
        alone = denizen.score(text(model), leads=leads.slice(i, 1), events=only, as_of=from_us(T))
        assert alone.scores.to_pylist() == [together[name]]


@SETTINGS
@given(model=worlds.models(), world=worlds.worlds)
def test_an_explanation_gives_the_score_of_the_batch(model, world):
    together = run(model, world, "duckdb:")[0]
    leads, events = frames(world)
    explanation = denizen.explain(text(model), "lead 0", leads=leads, events=events, as_of=from_us(T))
    batch = together["lead 0"]
    assert [
        getattr(explanation, k) for k in ("fit", "behavior", "total", "pql", "fit_tier", "disqualified", "capped")
    ] == [batch[k] for k in ("fit", "behavior", "total", "pql", "fit_tier", "disqualified", "capped")]
    assert all(g.holds for g in explanation.gates) == explanation.pql


@SETTINGS
@given(model=worlds.models(), world=worlds.worlds)
def test_scores_without_a_ledger_are_the_scores_with_one(model, world):
    leads, events = frames(world)
    plain = denizen.score(text(model), leads=leads, events=events, as_of=from_us(T))
    proved = denizen.score(text(model), leads=leads, events=events, as_of=from_us(T), ledger=True)
    assert numbers(plain) == numbers(proved)


DAY = 86_400_000_000
EARLIER = st.lists(st.sampled_from([0, 1, DAY // 24, DAY, 7 * DAY, 30 * DAY]), min_size=2, max_size=4, unique=True)


@SETTINGS
@given(model=worlds.models(), world=worlds.worlds, earlier=EARLIER, ledger=st.booleans())
def test_a_grid_gives_the_scores_of_its_batches(model, world, earlier, ledger):
    leads, events = frames(world)
    instants = [from_us(T - e) for e in earlier]
    grid = denizen.score(text(model), leads=leads, events=events, as_of=instants, ledger=ledger)
    batches = {}
    for instant in instants:
        batches |= numbers(denizen.score(text(model), leads=leads, events=events, as_of=instant))
    assert numbers(grid) == batches


@SETTINGS
@given(
    model=worlds.models(),
    world=worlds.worlds,
    earlier=st.sampled_from([1, 3_600_000_000, 30 * 86_400_000_000]),
)
def test_a_backtest_is_a_batch_on_data_cut_at_that_instant(model, world, earlier):
    at = T - earlier
    cut = [(lead, [e for e in log if e["at_us"] <= at]) for lead, log in world]
    assert run(model, world, "duckdb:", as_of=at)[0] == run(model, cut, "duckdb:", as_of=at)[0]


@SETTINGS
@given(model=worlds.models(), world=worlds.worlds, seed=st.integers(0, 1000))
def test_duplicates_and_order_of_delivery_change_nothing(model, world, seed):
    rng = random.Random(seed)
    delivered = []
    for lead, log in world:
        again = [e for e in log if e["event_id"] is not None and rng.random() < 0.5]
        shuffled = [*log, *again]
        rng.shuffle(shuffled)
        delivered.append((lead, shuffled))
    assert run(model, world, "duckdb:")[0] == run(model, delivered, "duckdb:")[0]


@SETTINGS
@given(model=worlds.models(), world=worlds.worlds)
def test_fit_ignores_events(model, world):
    silent = [(lead, []) for lead, _ in world]
    assert {k: r["fit"] for k, r in run(model, world, "duckdb:")[0].items()} == {
        k: r["fit"] for k, r in run(model, silent, "duckdb:")[0].items()
    }


@SETTINGS
@given(
    world=worlds.worlds,
    decay=worlds.decays(),
    points=st.lists(st.sampled_from([1, 2.5, 10]), min_size=1, max_size=3),
    waits=st.lists(worlds.steps(), min_size=2, max_size=4),
)
def test_without_new_events_a_decaying_score_never_rises(world, decay, points, waits):
    criteria = {
        f"c{i}": {"count": "any", "within": {"last": "3d"}, "each": 1, "points": p} for i, p in enumerate(points)
    }
    criteria["gone"] = {"days_since": "any", "each": 3, "points": -1}
    model = {
        "model": "idle",
        "behavior": {"criteria": criteria, "decay": decay, "recency": {"within": "48h", "multiplier": 1.5}},
    }
    known = [({**lead, "signup_us": 0}, log) for lead, log in world]
    leads, events = frames(known)
    instants = sorted({T + 40 * 86_400_000_000 + w for w in waits})
    result = denizen.score(text(model), leads=leads, events=events, as_of=[from_us(t) for t in instants])
    by_lead = {}
    for row in sorted(result.scores.to_pylist(), key=lambda r: r["as_of"]):
        by_lead.setdefault(row["lead_id"], []).append(Decimal(str(row["behavior"])))
    for scores in by_lead.values():
        assert scores == sorted(scores, reverse=True)


@pytest.mark.engine
def test_a_grid_on_postgresql_gives_the_scores_of_duckdb(postgres_url):
    leads = [{"lead_id": i, "signup_at": "2026-01-01"} for i in range(3)]
    events = [{"lead_id": i % 3, "event": "x", "timestamp": f"2026-01-0{1 + i}T00:00:00Z"} for i in range(6)]
    grid = [{"lead_id": 0, "as_of": "2026-01-02"}, {"lead_id": 2, "as_of": "2026-01-09"}]
    model = "model: m\nbehavior: {criteria: {c: {count: x, each: 1, points: 3}}}\n"
    here, there = (
        denizen.score(model, leads=leads, events=events, grid=grid, engine=e, ledger=True)
        for e in ("duckdb:", postgres_url)
    )
    assert here.scores.to_pylist() == there.scores.to_pylist()
    assert [(r["lead_id"], r["behavior"]) for r in here.scores.to_pylist()] == [(2, 6.0), (0, 3.0)]
    assert "as_of" in here.ledger.column_names


@pytest.mark.engine
def test_a_grid_of_many_instants_is_the_same_on_postgresql(postgres_url):
    @settings(max_examples=4)
    @given(model=worlds.models(), world=worlds.worlds, earlier=EARLIER)
    def agrees(model, world, earlier):
        leads, events = frames(world)
        given = {"leads": leads, "events": events, "as_of": [from_us(T - e) for e in earlier]}
        here = denizen.score(text(model), **given)
        assert numbers(here) == numbers(denizen.score(text(model), **given, engine=postgres_url))

    agrees()


@pytest.mark.engine
def test_scores_without_a_ledger_are_the_same_on_postgresql(postgres_url):
    @settings(max_examples=4)
    @given(model=worlds.models(), world=worlds.worlds)
    def agrees(model, world):
        leads, events = frames(world)
        here = denizen.score(text(model), leads=leads, events=events, as_of=from_us(T), ledger=True)
        there = denizen.score(text(model), leads=leads, events=events, as_of=from_us(T), engine=postgres_url)
        assert numbers(here) == numbers(there)

    agrees()
