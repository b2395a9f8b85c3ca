"""Backtests of outcomes as people export them: the numbers are those of a naive count in plain Python."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

import denizen
from denizen.errors import DenizenError

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = "model: m\nbehavior: {criteria: {core: {count: core, each: 1, points: 10}}}\npql: {total: 30, fit: 0, behavior: 30}\n"
AT, HORIZON = timedelta(days=7), timedelta(days=30)
ZONES = [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]


def spelled(at, zone):
    """An instant as text: with the offset of a zone, or without any, which is UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() if zone is None else at.astimezone(zone).isoformat()


def world(seed):
    """Leads, events and outcomes, and for each lead the instants at which it was really won."""
    rng = random.Random(seed)
    leads, events, outcomes, truth = [], [], [], {}
    for i in range(120):
        lead, signup = f"l{i:03}", START + timedelta(hours=7 * i)
        leads.append({"lead_id": lead, "signup_at": spelled(signup, rng.choice([None, *ZONES]))})
        for _ in range(rng.randint(0, 8)):
            at = signup + timedelta(hours=rng.randint(0, 300))
            events.append({"lead_id": lead, "event": "core", "timestamp": spelled(at, rng.choice(ZONES))})
        edges = [
            -timedelta(days=2), timedelta(0), AT - timedelta(microseconds=1), AT, AT + timedelta(microseconds=1),
            AT + HORIZON, AT + HORIZON + timedelta(microseconds=1), timedelta(days=20),
        ]  # fmt: skip
        truth[lead] = [signup + e for e in rng.sample(edges, rng.choice([0, 0, 1, 2]))]
        for at in truth[lead]:
            for _ in range(rng.choice([1, 1, 3])):
                word = rng.choice(["won", " Won", "WON "])
                outcomes.append({"lead_id": lead, "outcome": word, "at": spelled(at, rng.choice([None, *ZONES]))})
    outcomes += [{"lead_id": f"x{i}", "outcome": "won", "at": spelled(START, UTC)} for i in range(5)]
    outcomes += [{"lead_id": "l000", "outcome": "lost", "at": spelled(START + timedelta(days=60), UTC)}]
    outcomes += [
        {"lead_id": "l001", "outcome": "won", "at": "soon"},
        {"lead_id": "", "outcome": "won", "at": "2026-01-01"},
    ]
    rng.shuffle(outcomes)
    return leads, events, outcomes, truth


def instant(text):
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def naive(leads, events, truth, instants_of):
    """Count rows, conversions and PQLs, and who is left out, lead by lead."""
    seen = [instant(e["timestamp"]) for e in events] + [at for instants in truth.values() for at in instants]
    until = max([START + timedelta(days=60), *seen])
    rows, out = [], {"converted_before": 0, "horizon_incomplete": 0}
    for row in leads:
        lead, signup = row["lead_id"], instant(row["signup_at"])
        won = min(truth[lead], default=None)
        asked = [t for t in instants_of(signup, until) if t + HORIZON <= until]
        if won is not None and won <= (instants_of(signup, until) or [signup])[0]:
            out["converted_before"] += 1
        elif not asked:
            out["horizon_incomplete"] += 1
        for at in asked:
            if won is None or won > at:
                count = sum(instant(e["timestamp"]) <= at for e in events if e["lead_id"] == lead)
                rows.append((won is not None and won <= at + HORIZON, count >= 3))
    return rows, out


def landmark(signup, _until):
    return [signup + AT]


def snapshots(signup, until):
    last = until - HORIZON
    return [t for t in (last - timedelta(days=6) * k for k in range(40, -1, -1)) if t >= signup]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("design", "instants_of"), [({"at": "7d"}, landmark), ({"every": "6d"}, snapshots)])
def test_the_numbers_are_those_of_a_naive_count(seed, design, instants_of):
    leads, events, outcomes, truth = world(seed)
    found = denizen.backtest(MODEL, leads=leads, events=events, outcomes=outcomes, horizon="30d", **design).as_dict()
    rows, out = naive(leads, events, truth, instants_of)
    pql = [won for won, qualified in rows if qualified]
    rest = [won for won, qualified in rows if not qualified]
    assert found["n"] == len(rows)
    assert found["cohort"]["won"] == sum(won for won, _ in rows)
    assert (found["pql"]["n"], found["pql"]["won"]) == (len(pql), sum(pql))
    assert (found["not_pql"]["n"], found["not_pql"]["won"]) == (len(rest), sum(rest))
    assert found["base_rate"] == pytest.approx(sum(won for won, _ in rows) / len(rows), abs=1e-6)
    assert {k: found["cohort"]["left_out"][k] for k in out} == out
    of = found["rows"]["outcomes"]
    distinct = {(lead, at) for lead, instants in truth.items() for at in instants}
    assert of["read"] == len(outcomes)
    assert (of["used"], of["rejected"], of["of_unknown_leads"]) == (len(distinct) + 1, 2, 5)
    assert of["read"] == of["used"] + of["duplicate"] + of["rejected"] + of["of_unknown_leads"]


def test_a_conversion_at_the_landmark_is_one_before_it_and_one_at_the_end_of_the_horizon_counts():
    leads = [{"lead_id": x, "signup_at": "2026-01-01"} for x in "abcd"]
    just = timedelta(microseconds=1)
    when = {"a": AT, "b": AT + just, "c": AT + HORIZON, "d": AT + HORIZON + just}
    outcomes = [{"lead_id": x, "outcome": "won", "at": (START + d).isoformat()} for x, d in when.items()]
    outcomes.append({"lead_id": "a", "outcome": "lost", "at": "2026-06-01"})
    found = denizen.backtest(MODEL, leads=leads, outcomes=outcomes, horizon="30d")
    assert {r["lead_id"]: r["won"] for r in found.scores.to_pylist()} == {"b": True, "c": True, "d": False}
    assert found.cohort.left_out.converted_before == 1


@pytest.mark.parametrize("text", ["", "lead_id,outcome,at\n"])
def test_an_empty_file_of_outcomes_is_told_without_a_traceback(tmp_path, text):
    (tmp_path / "outcomes.csv").write_text(text)
    leads, events, _, _ = world(1)
    given = {"leads": leads, "events": events, "outcomes": str(tmp_path / "outcomes.csv"), "horizon": "2d"}
    try:
        found = denizen.backtest(MODEL, **given)
    except DenizenError as error:
        assert "outcomes" in str(error)
    else:
        assert found.verdict.startswith("Too little to judge: 0 conversions")
        assert found.base_rate.value == 0
