"""What the commands on history tell: whole, of the right leads, and no more than they know."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

import denizen
from denizen.cli.main import cli
from denizen.errors import DenizenError
from denizen.history.features.splits import cuts
from denizen.ingest.accounting import REASONS_SHOWN, Accounting
from denizen.report import charts

LEADS = "lead_id,signup_at,employees,title\n" + "".join(
    f"l{i},2026-01-{1 + i % 28:02},{i % 90},{'student' if i % 10 == 0 else 'head'}\n" for i in range(400)
)
EVENTS = "event_id,lead_id,product,event,timestamp\n" + "".join(
    f"e{i},l{i},{'inbox' if i % 4 else 'crm'},{'sent' if i % 4 else 'imported'},2026-01-{1 + i % 28:02}T01:00:00Z\n"
    for i in range(400)
)
PAID = "".join(f"p{i},l{i},crm,paid,2026-02-{1 + i % 28:02}T05:00:00Z\n" for i in range(0, 400, 4))
NO_TIME = "".join(f"x{i},l{i},crm,sent,soon{i}\n" for i in range(50)) + "".join(
    f"e{i},l{i},crm,sent,2026-01-01T00:00:00Z\n" for i in range(50)
)
OUTCOMES = "lead_id,outcome,at\n" + "".join(f"l{i},won,2026-02-{1 + i % 28:02}\n" for i in range(0, 400, 4))
MODEL = """model: m
fit:
  criteria:
    student: {attribute: title, disqualifies: true, bands: [{is: student, points: 0}]}
products:
  inbox: {criteria: {sent: {count: sent, points: 5}, shared: {count: any, points: 1}}}
  crm: {criteria: {imported: {count: imported, points: 50}, shared: {count: any, points: 1}, paid: {count: paid, points: 1}}}
pql: {total: 20, fit: 0, behavior: 0}
"""
PAST = ("--leads", "leads.csv", "--events", "events.csv", "--outcomes", "outcomes.csv")
UNTIL = ("--horizon", "30d", "--as-of", "2026-05-01")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = {"leads": LEADS, "events": EVENTS + PAID, "outcomes": OUTCOMES}
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "model.yaml").write_text(MODEL)
    return tmp_path


def said(*words, code=0):
    done = CliRunner().invoke(cli, list(words))
    if isinstance(done.exception, DenizenError):
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize("command", ["discover", "calibrate", "thresholds", "metrics"])
def test_a_command_that_judges_each_lead_once_has_no_option_for_calendar_dates(command):
    assert "every" not in {p.name for p in cli.get_command(None, command).params}
    assert "--every" not in said(command, "--help")


def test_a_starting_model_is_not_written_over_a_file(folder):
    mine = folder / "start.yaml"
    mine.write_text("# edited by hand\n")
    told = said("discover", *PAST, *UNTIL, "--model-out", "start.yaml")
    assert "--model-out start.yaml: the file exists; write to a new one" in told
    assert mine.read_text() == "# edited by hand\n"


@pytest.mark.usefixtures("folder")
def test_a_discovery_speaks_of_a_model_only_where_one_is_given():
    alone = said("discover", *PAST, *UNTIL)
    assert "`paid` occurs only after conversion (100 leads): it is a result" in " ".join(alone.split())
    assert "the model" not in alone
    told = " ".join(said("discover", *PAST, *UNTIL, "--model", "model.yaml").split())
    assert "`paid` occurs only after conversion (100 leads; the model counts it)" in told
    assert "No points of m for an event have the other sign than a finding on it." in told


@pytest.mark.parametrize("command", [("discover",), ("backtest", "model.yaml")], ids=" ".join)
def test_of_many_reasons_for_rejects_a_few_are_told_and_the_rest_counted(command, folder):
    (folder / "events.csv").write_text(EVENTS + PAID)
    broken = "".join(f"x{i},2026-02-01,1,head,more\n" for i in range(100))
    (folder / "leads.csv").write_text(LEADS + broken)
    told = said(*command, *PAST, *UNTIL)
    assert told.count("\nrejected ") == 6
    assert "and 94 more reasons; keep the rows with --rejects PATH" in told
    assert len(json.loads(said(*command, *PAST, *UNTIL, "--json"))["rows"]["reasons"]) == 100


def test_leads_that_stand_there_twice_are_one_reason(folder):
    twice = "".join(f"l{i},2026-02-01,1,head\n" for i in range(100))
    (folder / "leads.csv").write_text(LEADS + twice)
    assert "\nrejected 100 × leads: lead_id stands on an earlier row already" in said("discover", *PAST, *UNTIL)


@pytest.mark.parametrize(("more", "told"), [(0, ""), (1, "and 1 more reason"), (2, "and 2 more reasons")])
def test_more_reasons_are_counted_in_words_and_advice_is_given_only_where_the_rows_are_not_kept(more, told):
    found = Accounting(reasons={f"leads: {i}": 1 for i in range(REASONS_SHOWN + more)})
    last = [*found.told_reasons("keep them")][-1], [*found.told_reasons("")][-1]
    assert last == ((f"{told}; keep them", told) if told else ("rejected 1 × leads: 5",) * 2)


def test_score_does_not_advise_to_keep_rows_that_it_keeps(folder):
    broken = "".join(f"x,l{i},,\n" for i in range(9))
    (folder / "broken.csv").write_text("event,lead_id,timestamp,product\n" + broken)
    given = ("model.yaml", "--leads", "leads.csv", "--events", "broken.csv", "--as-of", "2026-06-01")
    assert "--rejects PATH" in said("score", *given)
    assert "--rejects PATH" not in said("score", *given, "--rejects", "kept.csv")


@pytest.mark.usefixtures("folder")
def test_drift_is_of_all_leads_and_names_the_product():
    card = json.loads(said("health", "model.yaml", *PAST, *UNTIL, "--json"))
    drift = {(d["product"], d["criterion"]): d for d in card["drift"]}
    assert {name for _, name in drift} == {"student", "sent", "shared", "imported", "paid"}
    assert {product for product, name in drift if name == "shared"} == {"inbox", "crm"}
    assert drift["crm", "imported"]["earlier"] == pytest.approx(0.25, abs=0.05)
    assert drift["inbox", "sent"]["later"] == pytest.approx(0.75, abs=0.05)
    assert drift[None, "student"]["earlier"] == pytest.approx(0.1, abs=0.03)


@pytest.mark.usefixtures("folder")
def test_a_card_in_the_terminal_has_no_heading_without_words():
    told = said("health", "model.yaml", *PAST, *UNTIL)
    lines = [line.strip() for line in told.splitlines()]
    assert lines[lines.index("Scores") + 1].split() == ["total", "leads"]
    assert "50 to below 60" in told
    assert "inbox.shared" in told


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "command",
    [("health", "model.yaml"), ("metrics", "model.yaml", "--launch", "2026-01-15", "--span", "10d")],
    ids=" ".join,
)
def test_an_mql_attribute_that_no_lead_has_is_refused(command):
    told = said(*command, *PAST, *UNTIL, "--mql", "employes")
    assert "--mql employes: no lead has such an attribute; did you mean `employees`?" in told


def test_numbers_at_an_axis_are_written_out():
    chart = charts.bars([{"x": "a", "n": 120}], x="x", y="n")
    assert '"~g"' not in json.dumps(chart)
    assert '",~f"' in json.dumps(chart)


def test_calendar_dates_give_all_three_splits_as_near_as_may_be_to_their_shares():
    assert cuts([1] * 10) == (6, 8)
    assert cuts([760, 120, 120]) == (1, 2)
    assert cuts([10, 10, 980]) == (1, 2)
    assert cuts([5, 5]) == (None, 1)
    assert cuts([5]) == cuts([]) == (None, None)


def test_features_at_a_few_dates_have_a_test_split_or_a_warning(folder):
    (folder / "one.yaml").write_text("model: m\nbehavior: {criteria: {sent: {count: sent, points: 5}}}\n")
    many = json.loads(
        said("export-features", "one.yaml", *PAST, *UNTIL, "--every", "7d", "--out", "f.parquet", "--json")
    )
    assert [s["split"] for s in many["splits"]] == ["train", "validation", "test"]
    few = said("export-features", "one.yaml", *PAST, *UNTIL, "--every", "60d", "--out", "g.parquet")
    assert "warning: There is no validation" in few


@pytest.mark.usefixtures("folder")
def test_an_assignment_by_lead_counts_leads_once():
    told = said("pilot", "assign", "--leads", "leads.csv", "--arms", "pilot:0.5,control:0.5", "--out", "arms.csv")
    assert told.count("leads  ") + told.count("leads\n") <= 1
    assert "\n\n\n" not in told


def test_a_share_of_a_score_is_not_shown_as_points(folder):
    (folder / "one.yaml").write_text(
        "model: m\nbehavior:\n  criteria: {sent: {count: sent, points: 5}}\n"
        "  recency: {within: 72h, multiplier: 1.25}\n  decay: {after: 7d, every: 7d, percent: 20}\n"
    )
    told = said("calibrate", "one.yaml", *PAST, *UNTIL, code=1)
    assert "×1.25" in told
    assert "20 %" in told
    assert "+1.25" not in told
    assert "+20 " not in told


def test_without_a_conversion_no_pql_is_blamed_for_it(folder):
    (folder / "none.csv").write_text("lead_id,outcome,at\n")
    done = CliRunner().invoke(cli, ["health", "model.yaml", *PAST[:4], "--outcomes", "none.csv", *UNTIL, "--json"])
    items = {i["item"]: i for i in json.loads(done.stdout)["items"]}
    assert {items[name]["grade"] for name in ("pql_to_won", "pql_lift")} == {"not known"}


def test_no_signal_is_told_also_where_a_model_was_wanted(folder):
    (folder / "one.csv").write_text("lead_id,outcome,at\nl1,won,2026-02-20\n")
    told = CliRunner().invoke(cli, ["discover", *PAST[:4], "--outcomes", "one.csv", *UNTIL, "--model-out", "s.yaml"])
    assert isinstance(told.exception, DenizenError)
    assert "too little data" in told.output.lower()
    assert not (folder / "s.yaml").exists()


def test_the_same_leads_judged_weekly_are_not_drift_and_a_change_for_all_is():
    """Half of the leads do a thing every five days all their life; from the middle on, everybody does another."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    criteria = {name: {"count": name, "within": {"last": "7d"}, "points": 10} for name in ("a", "b", "c", "new")}
    model = json.dumps({"model": "m", "behavior": {"criteria": criteria}}, indent=1)
    leads, events, outcomes = [], [], []
    for n in range(60):
        signup = start + timedelta(days=6 * n)
        leads.append({"lead_id": f"l{n}", "signup_at": signup})
        if n % 5 == 0:
            outcomes.append({"lead_id": f"l{n}", "outcome": "won", "at": signup + timedelta(days=20)})
        habits = [name for i, name in enumerate("abc") if (n * 7919 + i * 104729) % 97 < 48]
        for day in range(0, 420 - 6 * n, 5):
            at = signup + timedelta(days=day, hours=1)
            names = [*habits, *(["new"] if at > start + timedelta(days=250) else [])]
            events += [{"lead_id": f"l{n}", "event": name, "timestamp": at} for name in names]
    given = {"leads": leads, "events": events, "outcomes": outcomes, "every": "7d", "horizon": "30d"}
    card = denizen.health(model, as_of=start + timedelta(days=400), **given)
    assert [d.criterion for d in card.drift if d.drifted] == ["new"]
