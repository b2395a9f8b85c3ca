"""Attributes as known then: the last value from at or before the instant, on grids, batches and single leads alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
from denizen.ingest.prepare import Moments
from denizen.ingest.project import Data
from denizen.model.load import load_model
from denizen.scoring.run import score_run

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = """
model: dated
fit:
  criteria:
    size: {attribute: Size, bands: [{at_least: 50, points: 20}]}
    tools: {attribute: tools, bands: [{contains: CRM, points: 5}]}
behavior: {criteria: {built: {count: built, points: 10}}}
pql: {total: 30, fit: 0, behavior: 10, require: {plan: {is: pro}}}
"""
LEADS = [
    {"lead_id": "a", "size": 100, "tools": '["CRM"]', "plan": "pro"},
    {"lead_id": "b", "size": 100, "tools": None, "plan": "pro"},
]
EVENTS = [{"lead_id": lead, "event": "built", "timestamp": START} for lead in "ab"]


def day(number):
    return START + timedelta(days=number)


def row(lead, attribute, value, number):
    return {"lead_id": lead, "attribute": attribute, "value": value, "from": day(number)}


def scoring(changed, at, **given):
    """A run at the instant of one day, with one change of an attribute."""
    grid = [{"lead_id": "a", "as_of": day(at)}]
    return score_run(load_model(MODEL), Data(attributes_history=[changed], **given), Moments(grid=grid))


def scored(history, days, engine="duckdb:"):
    grid = [{"lead_id": lead, "as_of": day(d)} for lead in "ab" for d in days]
    data = Data(leads=LEADS, events=EVENTS, attributes_history=history)
    with score_run(load_model(MODEL), data, Moments(grid=grid), engine=engine) as run:
        found = run.connection.execute(
            "SELECT lead_id, (as_of_us - epoch_us(TIMESTAMP '2026-01-01')) // 86400000000, CAST(fit AS INTEGER), pql FROM final"
        ).fetchall()
        rows = run.accounting.attributes_history
    return {(lead, int(d)): (fit, pql) for lead, d, fit, pql in found}, rows


def test_the_last_value_known_then_counts_and_before_the_first_it_is_unknown(engine):
    history = [
        row("a", "SIZE", 10, 5),
        row("a", "size", 60, 10),
        row("a", "size", 100, 30),
        row("a", "plan", "free", 0),
    ]
    found, rows = scored(history, [4, 5, 10, 40], engine)
    assert found == {
        ("a", 4): (5, False),
        ("a", 5): (5, False),
        ("a", 10): (25, False),
        ("a", 40): (25, False),
        **{("b", d): (20, True) for d in (4, 5, 10, 40)},
    }
    assert (rows.read, rows.used) == (4, 4)


def test_texts_of_a_history_where_a_number_is_asked_for_are_told():
    history = [row("a", "size", "184 employees", 5), row("a", "size", "60", 6), row("b", "plan", "pro", 5)]
    data = Data(leads=LEADS, events=EVENTS, attributes_history=history)
    with score_run(load_model(MODEL), data, Moments(grid=[{"lead_id": "a", "as_of": day(9)}])) as run:
        told = [w for w in run.accounting.warnings if "as a number" in w]
    assert len(told) == 1
    assert told[0].startswith("attributes_history: `Size` is compared as a number, and 1 value does not read as one")


def test_an_empty_value_makes_an_attribute_unknown_again():
    found, _ = scored([row("b", "size", "100", 0), row("b", "size", "", 5), row("b", "size", None, 6)], [1, 5])
    assert (found["b", 1][0], found["b", 5][0]) == (20, 0)


def test_every_row_of_a_history_is_accounted_for():
    history = [
        row("a", "size", 1, 1),
        row("a", "size", 1, 1),
        row("z", "size", 1, 1),
        row(None, "size", 1, 1),
        row("a", None, 1, 1),
        {**row("a", "size", 1, 1), "from": None},
    ]
    _, rows = scored(history, [1])
    assert (rows.read, rows.used, rows.duplicate, rows.rejected, rows.of_unknown_leads) == (6, 1, 1, 3, 1)


@settings(max_examples=2)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.sampled_from(["size", "tools"]),
            st.sampled_from([10, 60, None]),
            st.integers(0, 9),
        ),
        max_size=6,
    )
)
def test_a_batch_says_what_a_grid_says(changes):
    unique = {(lead, name, d): row(lead, name, value, d) for lead, name, value, d in changes}
    history = list(unique.values()) or [row("z", "size", 1, 1)]
    grid, _ = scored(history, [0, 4, 9])
    for d in (0, 4, 9):
        data = Data(leads=LEADS, events=EVENTS, attributes_history=history)
        from denizen.clock import to_us

        with score_run(load_model(MODEL), data, Moments((to_us(day(d)),))) as run:
            batch = run.connection.execute("SELECT lead_id, CAST(fit AS INTEGER), pql FROM final").fetchall()
        assert {(lead, d): (fit, pql) for lead, fit, pql in batch} == {k: v for k, v in grid.items() if k[1] == d}


def test_a_backtest_with_a_history_does_not_see_what_came_later():
    leads = [
        {"lead_id": f"l{i}", "signup_at": day(0), "size": 100 if i < 10 else 10, "plan": "pro", "tools": ""}
        for i in range(40)
    ]
    events = [{"lead_id": f"l{i}", "event": "built", "timestamp": day(1)} for i in range(40)]
    outcomes = [{"lead_id": f"l{i}", "outcome": "won", "at": day(20)} for i in range(12)]
    outcomes += [{"lead_id": "x", "outcome": "lost", "at": day(99)}]
    history = [row(f"l{i}", "size", 100, 20) for i in range(10)]
    common = dict(leads=leads, events=events, outcomes=outcomes)
    blind, seeing = denizen.backtest(MODEL, **common), denizen.backtest(MODEL, **common, attributes_history=history)
    assert (blind.models[0].judged.pql.group.n, seeing.models[0].judged.pql.group.n) == (10, 0)
    assert any("as they are now" in note for note in blind.notes)
    assert not any("as they are now" in note for note in seeing.notes)
    (note,) = [note for note in seeing.notes if "taken as it is now" in note]
    assert "Size (30 of 40 leads)" in note
    assert "plan (all leads)" in note


def test_a_history_in_the_words_of_the_data_is_understood_and_one_of_nothing_is_told():
    given = dict(leads=[{"lead_id": "a", "headcount": 5, "size": 5, "plan": "pro"}], events=EVENTS)
    mapped = {"leads": {"Size": "headcount"}}
    with scoring(row("a", "headcount", 100, 1), 2, columns=mapped, **given) as run:
        assert run.connection.execute("SELECT fit FROM scores").fetchall() == [(20.0,)]
        assert not any("attributes_history" in warning for warning in run.accounting.warnings)
    model = load_model("model: m\nfit: {criteria: {s: {attribute: seniority, bands: [{exists: true, points: 5}]}}}\n")
    data = Data(leads=[{"lead_id": "a"}], attributes_history=[row("a", "title", "CEO", 1)])
    with score_run(model, data, Moments(grid=[{"lead_id": "a", "as_of": day(2)}])) as run:
        assert run.connection.execute("SELECT fit FROM scores").fetchall() == [(5.0,)]
        assert not any("none of its attributes" in warning for warning in run.accounting.warnings)
    twice = {"leads": {"tools": "Size"}}
    with scoring(row("a", "size", 100, 1), 2, columns=twice, **given) as run:  # what the model calls so stays its own
        assert run.connection.execute("SELECT fit FROM scores").fetchall() == [(20.0,)]
    with scoring(row("a", "headcount", 100, 1), 2, **given) as run:
        (told,) = [warning for warning in run.accounting.warnings if "attributes_history" in warning]
        assert "none of its attributes is read" in told
        assert "headcount (1 rows)" in told


def test_a_missing_column_is_named():
    with pytest.raises(denizen.DenizenError, match="no column `from`"):
        scored([{"lead_id": "a", "attribute": "size", "value": 1}], [1])
