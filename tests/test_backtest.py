"""Backtests: on data whose truth is known, on data without a signal, on a leak, and against the law of time."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import denizen
from denizen import load_model
from denizen.errors import DenizenError
from denizen.history.backtest import run_backtest
from denizen.history.design import design_of
from denizen.ingest.project import Data, load_project

TRIAL = Path(__file__).parent.parent / "examples" / "trial"
START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [
    "verdict", "n", "base_rate", "base_rate_low", "base_rate_high", "model", "model_hash", "auc", "pql", "not_pql",
    "precision", "recall", "deciles", "top_share", "quartiles", "tiers", "months", "won_deals", "missed",
    "missed_by_gate", "leaks", "design", "cohort", "models", "comparison", "notes", "rows",
]  # fmt: skip


def command(*words, cwd=TRIAL):
    return subprocess.run(
        [Path(sys.executable).parent / "denizen", "backtest", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def trial():
    model = load_model(TRIAL / "model.yaml")
    weaker = load_model((TRIAL / "model.yaml").read_text().replace("points: 20", "points: 0"))
    return run_backtest([model, weaker], load_project(TRIAL / "denizen.yaml"), design_of())


def test_the_trial_has_a_signal_and_the_words_say_how_large(trial):
    found = trial.as_dict()
    assert (found["n"], found["cohort"]["won"], found["pql"]["n"], found["pql"]["won"]) == (1267, 116, 164, 73)
    assert found["pql"]["lift"] == pytest.approx((73 / 164) / (43 / 1103), abs=1e-6)
    assert 1 < found["pql"]["lift_low"] < found["pql"]["lift"] < found["pql"]["lift_high"]
    assert trial.verdict.startswith("PQLs convert 11 times as often as the rest: 44.5 % against 3.9 %")
    assert found["leaks"] == []


def test_groups_add_up_to_the_cohort(trial):
    judged = trial.models[0].judged
    parts = [
        judged.deciles,
        judged.fit_tiers,
        judged.behavior_tiers,
        (judged.pql.group, judged.pql.others),
        (judged.top_share.group, judged.top_share.others),
        [m.everyone for m in judged.months],
    ]
    for groups in parts:
        assert (sum(g.n for g in groups), sum(g.won for g in groups)) == (1267, 116)
    assert {g.n for g in judged.deciles} == {126, 127}


def test_won_deals_are_watched_until_just_before_they_are_won(trial):
    watched = trial.models[0].watched
    assert watched.deals == 165
    assert watched.ever_pql.value == pytest.approx(1 - len(watched.missed) / 165)
    for lead in watched.missed:
        explained = denizen.explain(
            TRIAL / "model.yaml",
            lead.lead_id,
            leads=TRIAL / "leads.csv",
            accounts=TRIAL / "accounts.csv",
            events=TRIAL / "events.csv.gz",
            as_of=lead.best_at,
        )
        assert not explained.pql
        assert {(g.gate, g.missed_by) for g in explained.gates if not g.holds} == {
            (g.gate, g.missed_by) for g in lead.gates
        }
        break


def test_a_model_without_its_main_criterion_is_shown_to_be_worse(trial):
    (gap,) = trial.differences
    assert gap.recall.high < 0
    assert gap.auc.value == pytest.approx(trial.models[1].judged.auc.value - trial.models[0].judged.auc.value)


def test_json_has_the_keys_that_are_promised():
    done = command("model.yaml", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == KEYS
    assert set(found["pql"]) == {"n", "won", "share", "rate", "rate_low", "rate_high", "lift", "lift_low", "lift_high"}
    assert set(found["auc"]) == {"value", "low", "high"}
    page = denizen.backtest.__doc__ + command("--help").stdout
    assert all(key.removesuffix("_low").removesuffix("_high") in page for key in KEYS)


def test_the_report_holds_no_script_and_reaches_nowhere(tmp_path):
    (tmp_path / "model.yaml").write_text(SMALL.replace("total: 20", "total: 55"))
    evil = "<script>alert(1)</script>"
    data = world()
    for table, rows in (("leads", data.leads), ("events", data.events), ("outcomes", data.outcomes)):
        named = [{**row, "lead_id": row["lead_id"] + evil} for row in rows]
        (tmp_path / f"{table}.jsonl").write_text("\n".join(json.dumps(row, default=str) for row in named))
    files = [f"--{table}={table}.jsonl" for table in ("leads", "events", "outcomes")]
    done = command("model.yaml", *files, "--html", "r.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "r.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 3
    assert not [x for x in ("src=", "@import", "url(http", "<link") if x in page]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model.yaml", "--at", "7d", "--every", "30d"], "give --at (an age) or --every"),
        (["model.yaml", "--horizon", "900d"], "2,014 without a full horizon yet"),
        (["model.yaml", "--outcomes", "leads.csv"], "no column `outcome`"),
        (["model.yaml", "--html", "no/where.html"], "the folder does not exist"),
        (["model.yaml", "--html", "report.pdf"], "ending in .html"),
        (["model.yaml", "--every", "1h"], "at most 400"),
        (["model.yaml", "--map", "outcomes.outcom=x"], "did you mean `outcome`?"),
        ([], "Missing argument"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(words, said):
    done = command(*words)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (TRIAL / "report.pdf").exists()


def test_without_outcomes_the_way_out_is_told(tmp_path):
    (tmp_path / "model.yaml").write_text((TRIAL / "model.yaml").read_text())
    done = command("model.yaml", "--leads", str(TRIAL / "leads.csv"), cwd=tmp_path)
    assert "give --outcomes PATH (lead_id, outcome, at)" in done.stderr


def relax(shared):
    """Users with 120 days of follow-up; won at the fifth login in days 15 to 120 (see the data's README)."""
    folder = shared / "data" / "relax_collab_saas"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    outcomes = connection.sql(
        f"SELECT lead_id, 'won' AS outcome, max(date) AS at FROM (SELECT e.lead_id, e.date FROM '{folder}/events.csv.gz' e"
        f" JOIN '{folder}/leads.csv.gz' l USING (lead_id) WHERE e.date::TIMESTAMP > signup_at + INTERVAL 14 DAY"
        " AND e.date::TIMESTAMP <= signup_at + INTERVAL 120 DAY"
        " QUALIFY row_number() OVER (PARTITION BY e.lead_id ORDER BY e.date) <= 5) GROUP BY ALL HAVING count(*) = 5"
    ).to_arrow_table()
    return Data(
        leads=str(folder / "leads.csv.gz"),
        events=str(folder / "events.csv.gz"),
        outcomes=outcomes,
        columns={"events": {"timestamp": "date"}},
    )


LOGINS = """
model: logins
fit: {criteria: {invited: {attribute: creation_source, bands: [{in: [ORG_INVITE, GUEST_INVITE], points: 1}]}}}
behavior: {criteria: {logins: {count: login, each: 1, points: 10, max_points: 100}}}
pql: {total: 30, fit: 0, behavior: 30}
"""


def test_logins_in_the_first_two_weeks_tell_who_stays(shared):
    found = run_backtest([load_model(LOGINS)], relax(shared), design_of(at="14d", horizon="106d"))
    assert found.base_rate.value == pytest.approx(0.156, abs=0.005)
    assert found.models[0].judged.pql.lift.low > 5
    assert "times as often as the rest" in found.verdict


CLAIMED = """
model: claimed
behavior: {criteria: {features: {count: [feature_12, feature_5], points: 60}}}
pql: {total: 60, fit: 0, behavior: 60}
"""


def test_data_without_a_signal_is_said_to_have_none(shared):
    folder = shared / "data" / "ravenstack_saas"
    query = duckdb.connect().sql
    leads = query(f"SELECT subscription_id AS lead_id, start_date AS signup_at FROM '{folder}/subscriptions.csv.gz'")
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
    found = run_backtest([load_model(CLAIMED)], data, design_of(at="90d", horizon="60d"))
    judged = found.models[0].judged
    assert judged.pql.group.n > 100
    assert 1 in judged.pql.lift
    assert 0.5 in judged.auc
    assert found.verdict.startswith("No evidence that PQLs convert more often than the rest")
    assert "includes 1" in found.verdict


SMALL = """
model: small
fit: {criteria: {size: {attribute: size, bands: [{exists: true, points: 20}]}}}
behavior: {criteria: {built: {count: [built, invoice_paid], each: 1, points: 10, max_points: 60}}}
pql: {total: 20, fit: 0, behavior: 0}
"""


def world(*, leak=False):
    """Sixty leads, a third converts on day 20; with a leak, `size` is filled in and an invoice paid because they did."""
    leads, events, outcomes = [], [], []
    for i in range(90):
        signup, wins = START + timedelta(days=i), i % 3 == 0
        size = 100 if wins or not leak else None
        leads.append({"lead_id": f"l{i:02}", "signup_at": signup, "size": size})
        events += [
            {"lead_id": f"l{i:02}", "event": "built", "timestamp": signup + timedelta(days=d)} for d in range(i % 7)
        ]
        if wins:
            outcomes.append({"lead_id": f"l{i:02}", "outcome": "won", "at": signup + timedelta(days=20)})
            if leak:
                paid = {"lead_id": f"l{i:02}", "event": "invoice_paid", "timestamp": signup + timedelta(days=20)}
                events.append(paid)
    outcomes.append({"lead_id": "nobody", "outcome": "lost", "at": START + timedelta(days=200)})
    return Data(leads=leads, events=events, outcomes=outcomes)


def test_a_planted_leak_is_found_and_casts_doubt_on_the_verdict():
    found = run_backtest([load_model(SMALL)], world(leak=True), design_of())
    told = " ".join(found.as_dict()["leaks"])
    assert "`invoice_paid` occurs only after conversion (30 leads; the model counts it)" in told
    assert "attribute `size` is filled for 100% of those who convert and 0% of the others" in told
    assert "Do not believe it before" in found.verdict
    assert run_backtest([load_model(SMALL)], world(), design_of()).as_dict()["leaks"] == []


@pytest.mark.parametrize(("criterion", "counts"), [("count: core", False), ("count: any", True)])
def test_an_event_after_conversion_casts_doubt_only_where_the_model_counts_it(criterion, counts):
    model = f"model: m\nbehavior: {{criteria: {{did: {{{criterion}, points: 50}}}}}}\n"
    found = run_backtest([load_model(model)], world(leak=True), design_of())
    told = "`invoice_paid` occurs only after conversion (30 leads; the model counts it): it is a result, not a sign"
    apart = f"{told.replace('counts it', 'does not count it')}."
    assert (told in found.as_dict()["leaks"], apart in found.as_dict()["notes"]) == (counts, not counts)


def test_too_few_conversions_are_called_too_little():
    data = world()
    few = Data(leads=data.leads, events=data.events, outcomes=data.outcomes[:3] + data.outcomes[-1:])
    assert run_backtest([load_model(SMALL)], few, design_of()).verdict.startswith("Too little to judge: 3 conversions")


@pytest.mark.parametrize("design", [{"at": "9d"}, {"every": "25d"}])
def test_a_backtest_at_an_instant_is_a_batch_on_data_cut_there(design):
    data = world()
    rows = run_backtest([load_model(SMALL)], data, design_of(**design), rows=True).scores.to_pylist()
    assert rows
    for as_of in sorted({r["as_of"] for r in rows})[::13]:
        cut = [e for e in data.events if e["timestamp"] <= as_of]
        batch = denizen.score(SMALL, leads=data.leads, events=cut, as_of=as_of).scores.to_pylist()
        by_lead = {r["lead_id"]: r for r in batch}
        for row in (r for r in rows if r["as_of"] == as_of):
            same = by_lead[row["lead_id"]]
            assert (row["fit_1"], row["behavior_1"], row["total_1"], row["pql_1"]) == (
                same["fit"],
                same["behavior"],
                same["total"],
                same["pql"],
            )


def test_snapshots_of_the_same_leads_are_no_more_evidence():
    data, model = load_project(TRIAL / "denizen.yaml"), load_model(TRIAL / "model.yaml")
    monthly, weekly = (run_backtest([model], data, design_of(every=e)) for e in ("28d", "7d"))
    assert weekly.cohort.rows > 3 * monthly.cohort.rows
    widths = [b.models[0].judged.pql.group.rate for b in (monthly, weekly)]
    assert widths[1].high - widths[1].low > 0.7 * (widths[0].high - widths[0].low)


def test_python_takes_dataframes_and_shows_itself():
    data = world()
    found = denizen.backtest(SMALL, leads=data.leads, events=data.events, outcomes=data.outcomes, horizon="30d")
    assert found.scores.schema.names == ["lead_id", "as_of", "won", "fit_1", "behavior_1", "total_1", "pql_1"]
    assert found.verdict in repr(found)
    assert found.verdict in found._repr_html_()
    with pytest.raises(DenizenError, match="no model"):
        denizen.backtest(outcomes=data.outcomes)


def test_an_unmet_require_is_named_among_the_gates_that_won_leads_missed():
    model = SMALL.replace("behavior: 0}\n", "behavior: 0, require: {country: {is: us}, size: {exists: true}}}\n")
    found = run_backtest([load_model(model)], world(), design_of()).models[0].watched
    assert len(found.missed) == found.deals == 30
    assert {g.gate for m in found.missed for g in m.gates} == {"require country"}
    assert found.gates() == {"require country": 30}


def history(filled_on, other_on):
    """The attribute `size` of `world`, learned so many days after signup by those who convert and by the others."""
    rows = []
    for i in range(90):
        days = filled_on if i % 3 == 0 else other_on
        at = START + timedelta(days=i + days)
        rows.append({"lead_id": f"l{i:02}", "attribute": "size", "value": "100", "from": at})
    return rows


@pytest.mark.parametrize(("filled_on", "warns"), [(20, True), (19.5, True), (25, True), (18, False), (1, False)])
def test_an_attribute_that_becomes_known_only_on_conversion_is_a_leak_by_its_history(filled_on, warns):
    data = world()
    given = {"leads": data.leads, "events": data.events, "outcomes": data.outcomes}
    found = denizen.backtest(SMALL, **given, attributes_history=history(filled_on, 3)).leaks
    assert [leak for leak in found if "attribute `size` first becomes known at or after conversion" in leak] == list(
        found
    )
    assert bool(found) == warns
    if warns:
        assert "for 30 of the 30 who convert and have it (60 others have it)" in found[0]


def test_one_event_of_a_wrong_clock_does_not_complete_every_horizon():
    leads = [{"lead_id": f"l{i}", "signup_at": START + timedelta(days=i)} for i in range(60)]
    events = [
        {"lead_id": f"l{i}", "event": "built", "timestamp": START + timedelta(days=i, minutes=n)}
        for i in range(60)
        for n in range(40)
    ]
    stray = [{"lead_id": "l0", "event": "built", "timestamp": START + timedelta(days=9000)}]
    outcomes = [{"lead_id": "l0", "outcome": "won", "at": START + timedelta(days=20)}]

    def judged(events, **more):
        return denizen.backtest(SMALL, leads=leads, events=events, outcomes=outcomes, horizon="20d", **more)

    clean, dirty = judged(events), judged(events + stray)
    assert clean.cohort == dirty.cohort
    assert clean.cohort.left_out.horizon_incomplete == 27
    (told,) = [w for w in dirty.accounting.warnings if "wrong clocks" in w]
    assert "1 of 2,402 rows" in told
    assert "give --as-of" in told
    assert any("wrong clocks" in w for w in judged(events[::40] + stray).accounting.warnings)
    few = judged([*events[:80], {**stray[0], "timestamp": START + timedelta(days=200)}])
    assert few.cohort.left_out.horizon_incomplete == 0
    assert any("horizons look complete that are not" in w for w in few.accounting.warnings)
    believed = judged(events + stray, as_of=START + timedelta(days=9000))
    assert believed.cohort.left_out.horizon_incomplete == 0
    assert not [w for w in believed.accounting.warnings if "clocks" in w]
