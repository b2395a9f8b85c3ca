"""Discover: it finds what was planted, not what active leads do more of anyway, and says so where there is nothing."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest

import denizen
from denizen.errors import DenizenError
from denizen.history import stats
from denizen.history.backtest.words import bounds
from denizen.history.design import design_of
from denizen.history.discover import run_discover
from denizen.history.discover.report import _merged
from denizen.history.discover.run import _verdict
from denizen.history.stats import Estimate
from denizen.ingest.project import Data, load_project
from denizen.model.load import load_model, parse_model
from denizen.report import report_html

TRIAL = Path(__file__).parent.parent / "examples" / "trial"
START = datetime(2026, 1, 1, tzinfo=UTC)
PLANTED = {"integration_connected", "report_built", "teammate_invited"}
DECOYS = {"help_article_viewed", "theme_changed", "video_watched", "email_opened"}


def run(*words):
    command = [Path(sys.executable).parent / "denizen", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def trial():
    model = load_model(TRIAL / "model.yaml")
    return run_discover(load_project(TRIAL / "denizen.yaml"), design_of(), model=model)


def test_the_planted_milestones_are_found_and_the_decoys_are_not(trial):
    assert trial.verdict == "signal"
    found = {m.tested.candidate.event: m.tested.candidate for m in trial.milestones}
    assert set(found) == PLANTED
    assert found["report_built"].at_least == 3
    assert found["integration_connected"].at_least == found["teammate_invited"].at_least == 1
    assert not trial.against
    assert trial.disagreements == ()


def test_findings_whose_names_have_commas_are_listed_apart():
    names = ("opened, then Y", "viewed, then Y")
    tested = SimpleNamespace(candidate=SimpleNamespace(words="X"))
    chosen = SimpleNamespace(tested=tested, same_as=names, rivals=names, instead_of=None)
    merged, rivals = (words.text for words in _merged([chosen]))
    assert merged == "X is of nearly the same leads as: opened, then Y; viewed, then Y."
    assert "could as well be: opened, then Y; viewed, then Y;" in rivals


def test_decoys_look_like_milestones_until_leads_as_active_are_compared(trial):
    fooled = {t.candidate.event: t for t in trial.only_activity}
    assert set(fooled) & DECOYS
    assert not set(fooled) & PLANTED
    assert all(t.lift.low > 1 for t in fooled.values())


def test_counts_are_those_of_the_data(trial):
    wanted = (
        "SELECT count(DISTINCT lead_id) FROM '{0}/events.csv.gz' JOIN '{0}/leads.csv' USING (lead_id)"
        " WHERE event = 'integration_connected' AND timestamp >= signup_at AND timestamp < signup_at + INTERVAL 7 DAY"
        " AND signup_at + INTERVAL 67 DAY <= TIMESTAMPTZ '2026-06-30 23:14:56Z'"
    )
    [(n,)] = duckdb.connect().execute(wanted.format(TRIAL)).fetchall()
    milestone = next(m.tested for m in trial.milestones if m.tested.candidate.event == "integration_connected")
    assert milestone.n == n
    assert milestone.n + milestone.others == trial.cohort.rows
    assert milestone.won + milestone.others_won == trial.cohort.won_rows


def test_data_without_a_signal_is_said_to_have_none(shared):
    folder = shared / "data" / "ravenstack_saas"
    query = duckdb.connect().sql
    leads = query(
        "SELECT subscription_id AS lead_id, start_date AS signup_at, s.plan_tier, s.seats, mrr_amount, s.is_trial,"
        " billing_frequency, industry, country, referral_source"
        f" FROM '{folder}/subscriptions.csv.gz' AS s JOIN '{folder}/accounts.csv.gz' USING (account_id)"
    )
    outcomes = query(
        "SELECT subscription_id AS lead_id, 'won' AS outcome, start_date + INTERVAL 120 DAY AS at"
        f" FROM '{folder}/subscriptions.csv.gz' WHERE upgrade_flag"
    )
    data = Data(
        leads=leads.to_arrow_table(),
        events=str(folder / "feature_usage.csv.gz"),
        outcomes=outcomes.to_arrow_table(),
        columns={"events": {"lead_id": "subscription_id", "event": "feature_name", "timestamp": "usage_date"}},
    )
    found = run_discover(data, design_of(at="90d", horizon="60d"))
    assert found.verdict == "no signal"
    assert found.tests > 40
    assert found.findings == ()
    with pytest.raises(DenizenError, match="no model can be suggested"):
        found.model_text()


def world(conversions=60, *, leads=200, event="it's <b>", late=False):
    """Leads of whom half did something and most of those convert; `late` fills an attribute in with the conversion."""
    rng = random.Random(5)
    people, events, outcomes, known = [], [], [], []
    for i in range(leads):
        lead, signup = f"l{i:03}", START + timedelta(hours=7 * i)
        wins = i < 2 * conversions and i % 2 == 0
        people.append({"lead_id": lead, "signup_at": signup, "size": "big" if wins else "small"})
        events.append({"lead_id": lead, "event": "opened", "timestamp": signup, "properties": '{"plan": "o\'ne"}'})
        if wins or rng.random() < 0.15:
            events.append({"lead_id": lead, "event": event, "timestamp": signup + timedelta(minutes=5)})
        if wins:
            outcomes.append({"lead_id": lead, "outcome": "won", "at": signup + timedelta(days=20)})
        known.append({"lead_id": lead, "attribute": "size", "value": "small", "from": signup})
        if wins:
            known.append({"lead_id": lead, "attribute": "size", "value": "big", "from": signup + timedelta(days=20)})
    outcomes.append({"lead_id": "nobody", "outcome": "lost", "at": START + timedelta(days=400)})
    return {"leads": people, "events": events, "outcomes": outcomes} | ({"attributes_history": known} if late else {})


def test_with_few_conversions_nothing_is_tested():
    found = denizen.discover(**world(19))
    assert (found.verdict, found.tests, found.findings) == ("too little data", 0, ())
    assert "19 of 200 leads convert" in found.why
    assert denizen.discover(**world(20)).verdict == "signal"


def test_names_cannot_break_out_of_sql_page_or_model():
    event = 'it\'s <b>"x": # y'
    made = world(event=event)
    found = denizen.discover(**made | {"leads": [{**lead, "size": "one"} for lead in made["leads"]]})
    assert [m["event"] for m in found.as_dict()["milestones"]] == [event]
    assert "<b>" not in report_html(found.report())
    assert parse_model(found.model_text(), "m.yaml").name == "discovered"


def test_an_attribute_filled_in_by_the_conversion_is_flagged_and_with_its_history_is_none():
    today = denizen.discover(**world())
    assert [c["may_leak"] for c in today.as_dict()["attributes"]] == [True]
    then = denizen.discover(**world(late=True))
    assert then.attributes == ()
    assert [m.tested.candidate.event for m in then.milestones] == ["it's <b>"]
    assert not any(m["may_leak"] for m in then.as_dict()["milestones"])


def test_a_rubric_that_takes_points_for_a_milestone_is_called_out():
    model = """
model: wrong
behavior: {criteria: {invites: {count: teammate_invited, points: -5}, reports: {count: report_built, points: 5}}}
pql: {total: 1, fit: 0, behavior: 0}
"""
    found = run_discover(load_project(TRIAL / "denizen.yaml"), design_of(), model=parse_model(model, "m.yaml"))
    assert [(d.criterion, d.points) for d in found.disagreements] == [("invites", -5.0)]


def test_the_command_prints_writes_and_refuses(tmp_path):
    start, page = tmp_path / "start.yaml", tmp_path / "page.html"
    project = ["--project", str(TRIAL / "denizen.yaml")]
    done = run("discover", *project, "--json", "--model-out", str(start), "--html", str(page))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found)[:8] == ["verdict", "why", "n", "won", "base_rate", "candidates", "tests", "milestones"]
    assert {"name", "event", "at_least", "within", "support", "rate_with", "rate_without", "lift", "lift_low"} <= set(
        found["milestones"][0]
    )
    assert found["n"] + sum(found["cohort"]["left_out"].values()) == 2014
    model = load_model(start)
    points = [band.points for c in model.spec.behavior.criteria.values() for band in c.bands or ()]
    assert all(0 < p <= 100 for p in points)
    back = denizen.backtest(
        model, **{n: str(TRIAL / f"{n}.csv") for n in ("leads", "accounts", "outcomes")},
        events=str(TRIAL / "events.csv.gz"),
    )  # fmt: skip
    assert back.models[0].judged.pql.lift.low > 1
    assert "<svg" in page.read_text()
    wrong = run("discover", *project, "--project", "none.yaml", "--json")
    assert wrong.returncode == 2
    assert json.loads(wrong.stdout)["errors"][0]["code"] == "bad-argument"


def test_calendar_dates_and_folders_that_are_not_there_are_refused_at_once():
    with pytest.raises(DenizenError, match="give --at, not --every"):
        run_discover(load_project(TRIAL / "denizen.yaml"), design_of(every="30d"))
    done = run("discover", "--project", str(TRIAL / "denizen.yaml"), "--model-out", "/nowhere/x.yaml")
    assert done.returncode == 2
    assert "--model-out /nowhere/x.yaml: the folder does not exist" in done.stderr


def test_mantel_haenszel_sees_through_a_confounder():
    """In each stratum the rates are the same; pooled, they differ threefold."""
    n, others = [800, 100], [100, 800]
    found = stats.mantel_haenszel([320, 4], n, [40, 32], others)
    assert found.odds.value == pytest.approx(1)
    assert found.p == pytest.approx(1)
    assert 1 in found.odds
    assert stats.lift(324, 900, 72, 900).low > 3


def test_in_one_stratum_and_one_column_every_method_gives_the_odds_ratio():
    a, n, c, m = 40, 100, 30, 200
    wanted = stats.odds_ratio(a, n, c, m).value
    assert stats.mantel_haenszel([a], [n], [c], [m]).odds.value == pytest.approx(wanted)
    did = np.repeat([1, 0], [n, m])
    won = np.concatenate([np.arange(n) < a, np.arange(m) < c])
    nothing = np.zeros(n + m, dtype=int)
    assert stats.hold(won, [nothing, did]).odds(1)[0].value == pytest.approx(wanted, rel=1e-3)
    gap = (a / n - c / m) / ((a + c) / (n + m) * (1 - (a + c) / (n + m)) * (1 / n + 1 / m)) ** 0.5
    assert stats.hold(won, [nothing]).test(np.array([float(n)]), a).z == pytest.approx(gap, rel=1e-3)


def test_where_nothing_could_be_tested_there_is_too_little_data():
    verdict, why = _verdict(SimpleNamespace(won_rows=30, rows=80), 0, [])
    assert (verdict, "nothing was tested" in why) == ("too little data", True)


def test_the_end_of_an_interval_is_printed_so_that_it_decides():
    assert bounds(Estimate(1.5, 1.033, 2.21)) == "1.03–2.21"
    assert bounds(Estimate(None, 0.0, math.inf)) == "–"
    assert bounds(Estimate(None, 1.2, math.inf)) == "at least 1.20"
