"""The Python surface beyond what the other tests use."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

import denizen
from denizen.engines.base import engine_for
from denizen.errors import DenizenError
from denizen.ingest.project import load_project

MODEL = "model: m\nbehavior: {criteria: {a: {count: x, points: 50, recency: {within: 48h, multiplier: 1.5}}}}\npql: {total: 60, fit: 0, behavior: 60}\n"
EVENTS = [{"lead_id": "<b>", "event": "x", "timestamp": "2026-01-01", "event_id": "1"}]


def test_results_are_shown_in_a_notebook_and_escaped():
    result = denizen.score(MODEL, events=EVENTS, as_of="2026-01-02")
    page = result._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "1 scored, 1 PQL (100.0%)" in page
    explanation = denizen.explain(MODEL, "<b>", events=EVENTS, as_of="2026-03-02")
    page = explanation._repr_html_()
    assert "&lt;b&gt;" in page
    assert "total missed by 10" in page
    assert repr(explanation) == "<denizen explanation: <b> has 50 as of 2026-03-02T00:00:00Z, no PQL; 4 lines>"


def test_a_result_is_an_arrow_table_to_others():
    result = denizen.score(MODEL, events=EVENTS, as_of=[date(2026, 1, 2), datetime(2026, 1, 3)])
    assert len(result) == pa.table(result).num_rows == 2
    assert repr(result) == "<denizen scores: 2 scored, 1 PQL (50.0%)>"
    assert result.ledger is None


def test_a_missing_column_is_named_by_an_argument_too():
    with pytest.raises(DenizenError, match=r"--map events\.lead_id=user, or columns= in Python"):
        denizen.score(MODEL, events=[{"user": "a", "event": "x", "timestamp": "2026-01-01"}], as_of="2026-01-02")


def test_columns_of_a_table_that_there_is_not_are_refused(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)
    with pytest.raises(DenizenError, match="columns: there is no table `evnts`; did you mean `events`"):
        denizen.score(MODEL, events=EVENTS, as_of="2026-01-02", columns={"evnts": {"lead_id": "user"}})
    with pytest.raises(DenizenError, match="columns: there is no table `lead`; did you mean `leads`"):
        denizen.backtest(MODEL, outcomes=[], events=EVENTS, columns={"lead": {}})
    with pytest.raises(DenizenError, match="columns: there is no table `event`; did you mean `events`"):
        denizen.freeze(tmp_path / "m.yaml", "<b>", events=EVENTS, as_of="2026-01-02", columns={"event": {}})


def test_the_columns_of_a_grid_can_be_named():
    grid = [{"who": "<b>", "as_of": "2026-01-02"}]
    assert len(denizen.score(MODEL, events=EVENTS, grid=grid, columns={"grid": {"lead_id": "who"}})) == 1


def test_recency_shows_its_evidence():
    explanation = denizen.explain(MODEL, "<b>", events=EVENTS, as_of="2026-01-02")
    lines = {(line.kind, line.line): line for line in explanation.lines}
    assert lines["recency", "a"].points == 25
    assert [e.event_id for e in lines["recency", "a"].events] == ["1"]
    assert explanation.as_dict()["total"] == 75


SAME_NAME = """model: m
fit: {criteria: {did: {attribute: seats, bands: [{at_least: 1, points: 10}]}}}
behavior: {criteria: {did: {count: x, points: 10}}}
"""
LEADS = [{"lead_id": "<b>", "seats": 3, "account_id": "a"}]


def test_criteria_of_one_name_in_fit_and_behavior_have_each_their_own_evidence():
    lines = denizen.explain(SAME_NAME, "<b>", leads=LEADS, events=EVENTS, as_of="2026-01-02").lines
    found = {li.part: (li.attribute, [e.event_id for e in li.events]) for li in lines if li.line == "did"}
    assert found == {"fit": ("seats", []), "behavior": (None, ["1"])}


def test_only_what_can_earn_points_can_earn_them_by_recency():
    model = MODEL.replace("points: 50, recency: {within: 48h, multiplier: 1.5}", "points: -50").replace(
        "}}\n", "}, recency: {within: 48h, multiplier: 1.5}}\n", 1
    )
    lines = denizen.explain(model, "<b>", events=EVENTS, as_of="2026-01-02").lines
    assert [line.kind for line in lines if line.line == "a"] == ["criterion"]


@pytest.mark.parametrize("model", [None, 3, {"model": "m"}])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(DenizenError, match="a model is a path, YAML text or a loaded model"):
        denizen.load_model(model)


@pytest.mark.parametrize("as_of", ["soon", "0001-01-01T00:00:00+14:00", ""])
def test_what_is_no_instant_is_refused(as_of):
    with pytest.raises(DenizenError, match="no timestamp"):
        denizen.score(MODEL, events=EVENTS, as_of=as_of)


def test_nothing_to_score_is_refused():
    with pytest.raises(DenizenError, match="neither leads nor events"):
        denizen.score(MODEL, as_of="2026-01-01")
    with pytest.raises(DenizenError, match="no instant"):
        denizen.score(MODEL, events=EVENTS, as_of=[])


def test_a_grid_of_strangers_is_refused():
    with pytest.raises(DenizenError, match="there is no lead 'zoe'"):
        denizen.score(MODEL, events=EVENTS, grid=[{"lead_id": "zoe", "as_of": "2026-01-01"}])
    with pytest.raises(DenizenError, match="1 rows lack a lead_id or an as_of"):
        denizen.score(MODEL, events=EVENTS, grid=[{"lead_id": "<b>", "as_of": "never"}])


def test_a_duckdb_file_engine_keeps_the_scores(tmp_path):
    import duckdb

    path = tmp_path / "work.db"
    url = f"duckdb:///{path}"
    for _ in range(2):
        denizen.score(MODEL, events=EVENTS, as_of="2026-01-02", engine=url)
    assert duckdb.connect(str(path)).execute("SELECT behavior FROM scored").fetchall()[0][0] == 75
    assert engine_for("duckdb:///:memory:").path == ""
    with pytest.raises(DenizenError, match=r"ends in \.db"):
        denizen.score(MODEL, events=EVENTS, as_of="2026-01-02", engine="duckdb:///scores.csv")


def test_a_project_file_is_checked_like_a_model(tmp_path):
    path = tmp_path / "denizen.yaml"
    path.write_text("leeds: {}\nevents: {unique: maybe}\n")
    with pytest.raises(DenizenError) as caught:
        load_project(path)
    assert [(f.code, f.line) for f in caught.value.findings] == [("unknown-key", 1), ("wrong-value", 2)]
    path.write_text("")
    assert load_project(path).events is None


def test_the_module_runs_as_a_program(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)
    done = subprocess.run(
        [sys.executable, "-m", "denizen", "check", "m.yaml"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "valid m" in done.stdout


def test_the_schemas_are_shipped():
    folder = Path(denizen.__file__).parent / "schemas"
    assert {p.name for p in folder.iterdir()} == {"cases.schema.json", "model.schema.json", "project.schema.json"}


HISTORY = ["backtest", "discover", "thresholds", "calibrate", "health", "trust", "metrics", "export-features"]
SHOWN = {"as_json", "html", "out", "card", "model_out", "project", "help"}
"""What a result does by itself in Python: `as_dict`, `report`, `write`."""


@pytest.mark.parametrize("name", [*HISTORY, "pilot assign", "pilot report"])
def test_every_option_on_history_has_its_argument_in_python(name):
    import inspect

    from denizen.cli.main import cli

    command = cli
    for word in name.split():
        command = command.get_command(None, word)
    function = {"pilot assign": "assign_arms", "pilot report": "pilot_report"}.get(name, name.replace("-", "_"))
    options = {p.name for p in command.params} - SHOWN
    if name == "discover":
        options.discard("engine")  # it scores nothing
    wanted = {{"maps": "columns"}.get(option, option) for option in options}
    if name not in ("pilot assign", "pilot report"):
        wanted |= {"unique"}
    assert wanted <= set(inspect.signature(getattr(denizen, function)).parameters)


def test_a_backtest_of_events_that_are_unique_is_told_so():
    twice = [{"lead_id": "a", "event": "x", "timestamp": "2026-01-01", "event_id": "1"}] * 2
    given = {"events": twice, "outcomes": [{"lead_id": "a", "outcome": "lost", "at": "2026-06-01"}]}
    behavior = [
        denizen.backtest(MODEL.replace("points: 50", "each: 1, points: 1"), **given, unique=unique).scores["behavior_1"]
        for unique in (False, True)
    ]
    assert [b.to_pylist() for b in behavior] == [[1.0], [2.0]]
