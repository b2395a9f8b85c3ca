"""Cohorts: who is judged when, what counts as conversion, and that everybody and every row is accounted for."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denizen.clock import to_us
from denizen.errors import DenizenError
from denizen.history.cohort import open_history
from denizen.history.design import Design, design_of, span
from denizen.history.scored import SCORES, score_cohort
from denizen.ingest.project import Data
from denizen.model.durations import DAY_US
from denizen.model.load import load_model

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = """
model: small
fit: {criteria: {size: {attribute: size, bands: [{at_least: 50, points: 20}]}}}
behavior: {criteria: {built: {count: built, each: 1, points: 10, max_points: 60}}}
pql: {total: 40, fit: 0, behavior: 20}
"""


def day(number):
    return START + timedelta(days=number)


def rows(cohort):
    return {
        (lead, (as_of - to_us(START)) / DAY_US): won
        for lead, as_of, won in cohort.connection.execute("SELECT lead_id, as_of_us, won FROM cohort").fetchall()
    }


def opened(outcomes, *, leads=None, events=None, models=(), rejects=None, **design):
    leads = leads or [{"lead_id": "a", "signup_at": day(0)}, {"lead_id": "b", "signup_at": day(40)}]
    events = [{"lead_id": "a", "event": "built", "timestamp": day(0)}] if events is None else events
    data = Data(leads=leads, events=events, outcomes=outcomes, rejects=rejects)
    return open_history(data, design_of(**design), models=models)


def won(lead, number, outcome="won", **more):
    return {"lead_id": lead, "outcome": outcome, "at": day(number), **more}


def test_a_conversion_counts_after_the_landmark_and_up_to_the_horizon():
    for at, expected in ((7.0, None), (7.001, True), (37.0, True), (37.001, False)):
        with opened([won("a", at), won("z", 90)], at="7d", horizon="30d") as history:
            assert rows(history).get(("a", 7.0)) is expected, at


def test_without_a_full_horizon_a_lead_is_left_out_even_if_it_converted():
    with opened([won("b", 48)], at="7d", horizon="30d") as history:
        assert rows(history) == {("a", 7.0): False}
        assert history.cohort.left_out.horizon_incomplete == 1
    with opened([won("b", 48)], at="7d", horizon="30d", as_of_us=to_us(day(77))) as history:
        assert rows(history) == {("a", 7.0): False, ("b", 47.0): True}


def test_nothing_after_the_as_of_instant_is_known():
    with opened([won("a", 20), won("b", 50)], at="7d", horizon="30d", as_of_us=to_us(day(45))) as history:
        assert history.cohort.left_out.horizon_incomplete == 1
        counted = history.accounting.outcomes
        assert (counted.read, counted.used, counted.after_as_of) == (2, 1, 1)


def test_the_first_event_stands_for_a_missing_signup_and_without_either_a_lead_is_left_out():
    leads = [{"lead_id": "a", "signup_at": None}, {"lead_id": "b", "signup_at": None}]
    events = [{"lead_id": "a", "event": "x", "timestamp": day(n)} for n in (5, 3)]
    with opened([won("z", 80)], leads=leads, events=events, at="7d", horizon="30d") as history:
        assert rows(history) == {("a", 10.0): False}
        assert history.cohort.left_out.no_signup == 1
        assert history.cohort.left_out.words() == "1 without a signup or any event"


def test_snapshots_count_back_from_the_last_full_horizon():
    with opened([won("a", 75), won("z", 100)], every="30d", horizon="20d") as history:
        assert rows(history) == {("a", 20.0): False, ("a", 50.0): False, ("b", 50.0): False, ("b", 80.0): False}
        assert [(us - to_us(START)) / DAY_US for us in history.cohort.snapshots] == [20, 50, 80]
        assert (history.cohort.rows, history.cohort.leads) == (4, 2)


def test_other_words_of_ones_own_are_refused_and_named():
    with (
        pytest.raises(DenizenError, match=r"`paid` \(2 rows\).*allowed: won, lost, .*--won WORD"),
        opened([won("a", 9, "Paid"), won("b", 50, "paid")]),
    ):
        pass
    with opened([won("a", 9, " Paid "), won("b", 110, "lost")], won="PAID", at="7d", horizon="30d") as history:
        assert rows(history)["a", 7.0] is True


def test_every_outcome_row_is_accounted_for():
    outcomes = [
        won("a", 9),
        won("a", 9),
        won("nobody", 9),
        {"lead_id": "a", "outcome": "lost", "at": "yesterday"},
        {"lead_id": None, "outcome": "lost", "at": day(3)},
        {"lead_id": "a", "outcome": "", "at": day(3)},
        {"lead_id": "a", "outcome": "lost", "at": day(3), "amount": "much"},
        {"lead_id": "a", "outcome": "lost", "at": day(3), "amount": "1200.5", "rep": " Ann "},
    ]
    with opened(outcomes) as history:
        counted = history.accounting.outcomes
        assert (counted.read, counted.used, counted.duplicate) == (8, 2, 2)
        assert (counted.rejected, counted.of_unknown_leads) == (3, 1)
        assert history.accounting.reasons == {
            "outcomes: at cannot be read (write ISO 8601 or epoch time)": 1,
            "outcomes: lead_id is missing": 1,
            "outcomes: outcome is missing": 1,
        }
        assert "1 amounts do not read as numbers (as `much`)" in history.accounting.warnings[0]
        kept = history.connection.execute("SELECT CAST(amount AS DOUBLE), rep FROM outcomes ORDER BY at_us").fetchall()
        assert kept == [(1200.5, "Ann"), (None, None)]


def test_no_lead_to_judge_is_refused_with_what_would_help():
    def told(outcomes, **more):
        with pytest.raises(DenizenError) as caught, opened(outcomes, **more) as history:
            history.require_cohort()
        return str(caught.value)

    assert "a shorter --horizon than 60 days leaves more" in told([won("a", 9)])
    later = told([won("a", 9), won("z", 900)], signup_from_us=to_us(day(100)))
    assert "2 outside the signup range; the leads signed up from 2026-01-01T00:00:00Z to 2026-02-10T00:00:00Z" in later
    assert "the data ends before any of them is 300 days old; judge them earlier with --at" in told(
        [won("a", 9)], at="300d"
    )
    events = pa.table({"lead_id": pa.array([], pa.string()), "event": pa.array([], pa.string()), "timestamp": []})
    assert "no events and no outcomes" in told([won("a", 9, at=None)], events=events)
    assert "`outcomes` has no columns" in told([])


def test_amounts_are_read_as_a_crm_writes_them():
    read = {
        "$4,800": 4800,
        "4800 USD": 4800,
        "€1,234.50": 1234.5,
        "-$20": -20,
        "1e3": 1000,
        "4.800,00 €": None,
        "": None,
    }
    outcomes = [won("a", 9 + i) | {"amount": amount} for i, amount in enumerate(read)]
    with opened(outcomes) as history:
        found = history.connection.execute("SELECT CAST(amount AS DOUBLE) FROM outcomes ORDER BY at_us").fetchall()
        assert [amount for (amount,) in found] == list(read.values())
        assert history.accounting.outcomes.rejected == 0


def test_a_word_for_conversion_that_nobody_has_is_told():
    with opened([won("a", 9, "lost")], won="paid") as history:
        assert any(
            "no row says `paid`, so nobody converts; there are lost (1)" in w for w in history.accounting.warnings
        )


def test_what_a_study_cannot_use_is_kept_where_asked(tmp_path):
    kept = tmp_path / "rejects.csv"
    with opened([won("a", 9), {"lead_id": "a", "outcome": "lost", "at": "yesterday"}], rejects=str(kept)):
        pass
    rows = csv.DictReader(kept.read_text().splitlines())
    assert [r["reason"] for r in rows] == ["at cannot be read (write ISO 8601 or epoch time)"]


def test_numbers_as_ids_meet_text_ids(tmp_path):
    (tmp_path / "outcomes.csv").write_text("user,result,when\n1,won,2026-01-10\n2,won,2026-04-10\n")
    data = Data(
        leads=[{"lead_id": 1, "signup_at": day(0)}, {"lead_id": 2, "signup_at": day(1)}],
        outcomes=str(tmp_path / "outcomes.csv"),
        columns={"outcomes": {"lead_id": "user", "outcome": "result", "at": "when"}},
    )
    with open_history(data, design_of(at="7d", horizon="30d")) as history:
        assert rows(history) == {(1, 7.0): True, (2, 8.0): False}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"at": "7d", "every": "30d"}, "not both"),
        ({"at": "week"}, "--at: 'week' is not a duration"),
        ({"horizon": "0d"}, "--horizon"),
        ({"won": " "}, "--won is empty"),
        ({"signup_from_us": 2, "signup_to_us": 2}, "--signup-from is not before"),
    ],
)
def test_a_design_that_cannot_be_meant_is_refused(given, said):
    with pytest.raises(DenizenError, match=said):
        design_of(**given)


def test_durations_read_as_words():
    assert [span(design_of(at=a).at_us) for a in ("1d", "36h", "2w", "90s")] == [
        "1 day",
        "36 hours",
        "14 days",
        "90 seconds",
    ]


def test_nobody_to_judge_is_told_with_the_reasons():
    with (
        opened([won("a", 9)], horizon="300d") as history,
        pytest.raises(DenizenError, match="2 without a full horizon yet"),
    ):
        history.require_cohort()


LIVES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 60)),  # signup
        st.lists(st.integers(0, 90), max_size=3),  # events
        st.one_of(st.none(), st.integers(0, 90)),  # won
    ),
    min_size=1,
    max_size=8,
)
DESIGNS = st.builds(
    Design,
    at_us=st.integers(1, 20).map(lambda d: d * DAY_US),
    every_us=st.one_of(st.none(), st.integers(5, 40).map(lambda d: d * DAY_US)),
    horizon_us=st.integers(1, 40).map(lambda d: d * DAY_US),
    signup_from_us=st.one_of(st.none(), st.integers(0, 30).map(lambda d: to_us(day(d)))),
    signup_to_us=st.one_of(st.none(), st.integers(31, 60).map(lambda d: to_us(day(d)))),
    as_of_us=st.one_of(st.none(), st.integers(40, 95).map(lambda d: to_us(day(d)))),
)


def naive(lives, design):
    """The cohort by the definition, a lead at a time, in days."""
    last = float("inf") if design.as_of_us is None else (design.as_of_us - to_us(START)) / DAY_US
    seen = [[e for e in events if e <= last] for _, events, _ in lives]
    wins = [w if w is not None and w <= last else None for _, _, w in lives]
    everything = [e for events in seen for e in events] + [w for w in wins if w is not None]
    until = last if design.as_of_us is not None else max(everything, default=-20_454)
    at, horizon = (design.at_us or 0) / DAY_US, design.horizon_us / DAY_US
    low, high = (
        (b - to_us(START)) / DAY_US if b is not None else d
        for b, d in ((design.signup_from_us, -1e9), (design.signup_to_us, 1e9))
    )
    signups = [s if s is not None else min(e, default=None) for (s, _, _), e in zip(lives, seen, strict=True)]
    moments = []
    if design.every_us is not None:
        moment = until - horizon
        first = min((s for s in signups if s is not None and low <= s < high), default=1e9)
        while moment >= first:
            moments.append(moment)
            moment -= design.every_us / DAY_US
    found, out = {}, {}
    for i, (signup, win) in enumerate(zip(signups, wins, strict=True)):
        mine = [] if signup is None else [m for m in sorted(moments) if m >= signup] if moments else [signup + at]
        if design.every_us is not None and not moments:
            mine = []
        if signup is None:
            out[i] = "no_signup"
        elif not low <= signup < high:
            out[i] = "outside_signup_range"
        elif win is not None and win <= (mine[0] if mine else signup):
            out[i] = "converted_before"
        elif not mine or mine[0] + horizon > until:
            out[i] = "horizon_incomplete"
        else:
            found |= {(f"l{i}", m): win is not None and win <= m + horizon for m in mine if win is None or win > m}
    return found, out


@settings(max_examples=15)
@given(LIVES, DESIGNS)
def test_the_cohort_is_that_of_the_definition(lives, design):
    leads = [{"lead_id": f"l{i}", "signup_at": None if s is None else day(s)} for i, (s, _, _) in enumerate(lives)]
    events = [
        {"lead_id": f"l{i}", "event": "built", "timestamp": day(e)} for i, (_, es, _) in enumerate(lives) for e in es
    ]
    outcomes = [won(f"l{i}", w) for i, (_, _, w) in enumerate(lives) if w is not None]
    import pyarrow as pa

    instant = pa.timestamp("us", "UTC")
    data = Data(
        leads=pa.Table.from_pylist(leads, pa.schema([("lead_id", pa.string()), ("signup_at", instant)])),
        events=pa.Table.from_pylist(
            events, pa.schema([("lead_id", pa.string()), ("event", pa.string()), ("timestamp", instant)])
        ),
        outcomes=pa.Table.from_pylist(
            outcomes, pa.schema([("lead_id", pa.string()), ("outcome", pa.string()), ("at", instant)])
        ),
    )
    found, out = naive(lives, design)
    with open_history(data, design) as history:
        assert rows(history) == found
        cohort = history.cohort
        assert cohort.leads + cohort.left_out.leads == len(lives)
        for reason in ("no_signup", "outside_signup_range", "converted_before", "horizon_incomplete"):
            assert getattr(cohort.left_out, reason) == sum(r == reason for r in out.values())
        events_of = history.accounting.events
        assert events_of.read == events_of.used + events_of.duplicate + events_of.after_as_of + events_of.rejected
        outcomes_of = history.accounting.outcomes
        assert outcomes_of.read == outcomes_of.used + outcomes_of.after_as_of


def test_the_cohort_is_scored_by_the_scorer_at_its_instants(engine):
    events = [{"lead_id": "a", "event": "built", "timestamp": day(n)} for n in (0, 1, 2, 30)]
    leads = [{"lead_id": "a", "signup_at": day(0), "size": 60}, {"lead_id": "b", "signup_at": day(0), "size": 5}]
    model = load_model(MODEL)
    with opened([won("z", 100)], leads=leads, events=events, models=[model]) as history:
        score_cohort(history, model, engine=engine)
        found = history.connection.execute(
            f"SELECT lead_id, fit, behavior, pql FROM {SCORES} JOIN cohort USING (g) ORDER BY lead_id"
        ).fetchall()
    assert found == [("a", 20, 30, True), ("b", 0, 0, False)]
