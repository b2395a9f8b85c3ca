"""Random models and logs: the oracle, DuckDB and PostgreSQL agree to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings

import denizen
import oracle
import worlds

EVENT_COLUMNS = ("lead_id", "event", "timestamp", "event_id", "session_id", "received_at", "properties")


def run(model, world, engine, *, known=False, as_of=worlds.T):
    import pyarrow as pa

    from denizen.clock import from_us

    leads, events = worlds.tables(world)
    schema = pa.schema([(c, pa.string()) for c in EVENT_COLUMNS])
    result = denizen.score(
        json.dumps(model, indent=1),
        leads=pa.Table.from_pylist(leads, pa.schema([(c, pa.string()) for c in leads[0]])),
        events=pa.Table.from_pylist(events, schema),
        as_of=from_us(as_of),
        ledger=True,
        engine=engine,
        known=known,
    )
    scores = {r["lead_id"]: r for r in result.scores.to_pylist()}
    ledger = {}
    for row in result.ledger.to_pylist():
        ledger.setdefault(row["lead_id"], []).append(row)
    return scores, ledger, result.accounting


def assert_agrees(model, world, engine, *, known=False):
    scores, ledger, accounting = run(model, world, engine, known=known)
    for i, (lead, log) in enumerate(world):
        expected = oracle.score(model, lead, log, worlds.T, known)
        got, lines = scores[f"lead {i}"], ledger[f"lead {i}"]
        told = {k: got[k] for k in ("pql", "fit_tier", "behavior_tier", "disqualified", "capped")}
        for line in expected.lines:
            row = next(r for r in lines if (r["part"], r["line"], r["kind"]) == (line.part, line.line, line.kind))
            rounding = 1e-6 * len(lines) if line.kind == "limit" else 6e-7
            assert row["points"] == pytest.approx(float(line.points), abs=rounding), (line, row)
            if line.kind == "criterion":
                assert row["unknown"] == line.unknown, (line, row)
                assert (row["events"] or 0) == len(line.events), (line, row)
        assert (Decimal(str(got["fit"])), Decimal(str(got["behavior"]))) == (
            expected.fit,
            expected.behavior,
        ), expected
        assert told == {k: getattr(expected, k) for k in told}
        assert len(lines) == len(expected.lines)
        for part in ("fit", "behavior"):
            total = sum(r["points"] for r in lines if r["part"] == part)
            assert round(total, 6) == got[part]
    rows = accounting.events
    assert rows.read == rows.used + rows.duplicate + rows.after_as_of + rows.rejected + rows.of_unknown_leads


@settings(max_examples=10)
@given(model=worlds.models(), world=worlds.worlds)
def test_duckdb_gives_the_scores_of_the_semantics(model, world):
    assert_agrees(model, world, "duckdb:")


@pytest.mark.slow
@settings(max_examples=100)
@given(model=worlds.models(), world=worlds.worlds)
def test_duckdb_gives_the_scores_of_the_semantics_in_many_worlds(model, world):
    assert_agrees(model, world, "duckdb:")


@settings(max_examples=6)
@given(model=worlds.models(), world=worlds.worlds)
def test_an_event_counts_only_once_it_was_received(model, world):
    assert_agrees(model, world, "duckdb:", known=True)


@pytest.mark.engine
def test_postgresql_gives_the_scores_of_the_semantics(postgres_url):
    @settings(max_examples=6)
    @given(model=worlds.models(), world=worlds.worlds)
    def agrees(model, world):
        assert_agrees(model, world, postgres_url)

    agrees()


@pytest.mark.engine
def test_both_engines_give_the_same_digits(postgres_url):
    @settings(max_examples=6)
    @given(model=worlds.models(), world=worlds.worlds)
    def agrees(model, world):
        left, right = run(model, world, "duckdb:"), run(model, world, postgres_url)
        assert left[0] == right[0]
        key = lambda r: (r["part"], r["kind"], r["line"])
        for lead in left[1]:
            assert sorted(left[1][lead], key=key) == sorted(right[1][lead], key=key)

    agrees()
