"""The command line, run as a user would."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

DENIZEN = Path(sys.executable).parent / "denizen"
MODEL = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}}}
behavior:
  criteria:
    did: {count: did, each: 1, points: 20}
  decay: {points: 5, every: 1d}
pql: {total: 50, fit: 15, behavior: 40}
"""
SCORES = "lead_id account_id as_of fit behavior total pql fit_tier behavior_tier disqualified capped model model_hash".split()
LEDGER = "lead_id part line kind measure unknown points events first_at last_at".split()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "leads.csv").write_text("lead_id,employees,account_id\n=ana,60,@x\nbob,9,y\n")
    (tmp_path / "events.csv").write_text(
        "lead_id,event,timestamp,event_id\n"
        + "".join(f"=ana,did,2026-01-0{d},e{d}\n" for d in (1, 2, 3))
        + "bob,did,never,e9\n"
    )
    return tmp_path


def denizen(folder, *arguments, code=0):
    done = subprocess.run([DENIZEN, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == code, done.stderr + done.stdout
    return done


DATA = ("--leads", "leads.csv", "--events", "events.csv", "--as-of", "2026-01-04")


def test_score_lists_the_best_with_reasons(folder):
    out = denizen(folder, "score", "model.yaml", *DATA).stdout
    assert "did +60, size +15" in out
    assert "2 scored by m" in out
    assert "events: 4 read = 3 used + 0 duplicate + 0 after as-of + 1 rejected + 0 of unknown leads" in out
    assert "timestamp cannot be read" in out


def test_score_as_json(folder):
    told = json.loads(denizen(folder, "score", "model.yaml", *DATA, "--json", "--pql-only").stdout)
    assert (told["scores"], told["pql"], told["pql_share"], told["as_of"]) == (
        2,
        1,
        0.5,
        ["2026-01-04T00:00:00Z"],
    )
    assert told["rows"]["events"]["rejected"] == 1
    assert [(r["lead_id"], r["behavior"], r["reasons"][0]) for r in told["leads"]] == [
        ("=ana", 55.0, {"line": "did", "points": 60.0})
    ]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz"])
def test_score_writes_scores_ledger_and_rejects(folder, ending):
    paths = {k: f"{k}{ending}" for k in ("out", "ledger", "rejects")}
    denizen(folder, "score", "model.yaml", *DATA, *[a for k, p in paths.items() for a in (f"--{k}", p)])
    import duckdb

    rows = {
        k: duckdb.connect().execute(f"SELECT count(*) FROM '{folder / p}'").fetchall()[0][0]
        for k, p in paths.items()
        if ending != ".parquet"
    }
    if ending == ".parquet":
        tables = {k: pq.read_table(folder / p) for k, p in paths.items()}
        assert tables["out"].column_names == SCORES
        assert tables["ledger"].column_names == LEDGER
        totals = tables["ledger"].group_by(["lead_id", "part"]).aggregate([("points", "sum")]).to_pylist()
        assert {(t["lead_id"], t["part"]): t["points_sum"] for t in totals} == {
            ("=ana", "fit"): 15, ("=ana", "behavior"): 55, ("bob", "fit"): 0, ("bob", "behavior"): 0,
        }  # fmt: skip
    else:
        assert rows == {"out": 2, "ledger": 10, "rejects": 1}


def test_csv_holds_no_formula_and_iso_instants(folder):
    denizen(folder, "score", "model.yaml", *DATA, "--out", "s.csv")
    rows = list(csv.DictReader((folder / "s.csv").read_text().splitlines()))
    assert {(r["lead_id"], r["account_id"]) for r in rows} == {("'=ana", "'@x"), ("bob", "y")}
    assert rows[0]["as_of"] == "2026-01-04T00:00:00.000000Z"


@pytest.mark.parametrize("instants", [("2026-01-04",), ("2026-01-04", "2026-01-02")])
def test_pql_only_writes_pqls_and_their_lines_only(folder, instants):
    (folder / "model.yaml").write_text(MODEL + "account: {pqa: {total: 50}}\n")
    paths = [f"--{name}={name}.parquet" for name in ("out", "ledger", "accounts-out", "accounts-ledger")]
    at = [f"--as-of={instant}" for instant in instants]
    denizen(folder, "score", "model.yaml", *DATA[:4], *at, *paths, "--pql-only")
    keys = [["lead_id"], ["lead_id"], ["account_id"], ["account_id"]]
    if len(instants) > 1:
        keys = [[*key, "as_of"] for key in keys]
    written = [
        set(map(tuple, pq.read_table(folder / path.split("=")[1], columns=key).to_pandas().itertuples(index=False)))
        for path, key in zip(paths, keys, strict=True)
    ]
    assert len(written[0]) == len(written[2]) == len(instants)
    assert written[0] == written[1]
    assert written[2] == written[3]


def test_several_instants_and_a_grid(folder):
    told = json.loads(denizen(folder, "score", "model.yaml", *DATA, "--as-of", "2026-01-02", "--json").stdout)
    assert told["scores"] == 4
    (folder / "grid.csv").write_text("lead_id,as_of\n=ana,2026-01-02\n")
    told = json.loads(denizen(folder, "score", "model.yaml", *DATA[:4], "--grid", "grid.csv", "--json").stdout)
    assert [(r["as_of"], r["behavior"]) for r in told["leads"]] == [("2026-01-02T00:00:00Z", 40.0)]


def test_the_project_file_names_data_and_columns(folder):
    (folder / "denizen.yaml").write_text(
        "leads: {path: leads.csv}\nevents: {path: log.csv, columns: {lead_id: who, timestamp: at}}\n"
    )
    (folder / "log.csv").write_text("who,event,when\n=ana,did,2026-01-01\n")
    out = denizen(
        folder, "score", "model.yaml", "--as-of", "2026-01-04", "--map", "events.timestamp=when", "--json"
    ).stdout
    assert json.loads(out)["rows"]["events"]["used"] == 1


def test_explain_shows_lines_events_and_missed_gates(folder):
    out = denizen(folder, "explain", "model.yaml", "bob", *DATA).stdout
    assert "missed total 0 of 50, missed by 50" in out
    told = json.loads(denizen(folder, "explain", "model.yaml", "=ana", *DATA, "--json").stdout)
    did = next(line for line in told["lines"] if line["line"] == "did")
    assert [e["event_id"] for e in did["events"]] == ["e1", "e2", "e3"]
    assert told["pql"] is True


def test_explain_on_a_duckdb_file_keeps_the_scores_there(folder):
    denizen(folder, "explain", "model.yaml", "=ana", *DATA, "--engine", "duckdb:///work.db")
    assert (folder / "work.db").is_file()


def test_check_names_events_that_never_occur(folder):
    done = denizen(folder, "check", "model.yaml", "--events", "events.csv")
    assert "valid" in done.stdout
    (folder / "other.yaml").write_text(MODEL.replace("count: did", "count: dids"))
    done = denizen(folder, "check", "other.yaml", "--events", "events.csv")
    assert "`dids` never occurs in the events; did you mean `did`?" in done.stderr
    told = json.loads(denizen(folder, "check", "other.yaml", "--events", "events.csv", "--json").stdout)
    assert {"event-unseen", "rows-rejected"} <= {f["code"] for f in told["findings"]}
    (folder / "other.yaml").write_text(MODEL.replace("count: did,", "count: did, where: {loged_in: true},"))
    done = denizen(folder, "check", "other.yaml", "--events", "events.csv")
    assert "the property `loged_in` is never known on `did`" in done.stderr


@pytest.mark.parametrize("dialect", ["duckdb", "postgresql"])
def test_sql_is_shown_with_its_rules(folder, dialect):
    out = denizen(folder, "sql", "model.yaml", "--dialect", dialect, "--ledger").stdout
    assert "-- The points of each criterion" in out
    assert "UNION ALL" in out
    assert json.loads(denizen(folder, "sql", "model.yaml", "--as-of", "2026-01-01", "--json").stdout)["ledger"] is None


def test_schema_and_errors_are_printed(folder):
    assert json.loads(denizen(folder, "schema").stdout)["title"] == "Model"
    assert json.loads(denizen(folder, "schema", "--project").stdout)["title"] == "Project"
    assert "unknown-key" in denizen(folder, "errors").stdout
    assert "unknown-key" in json.loads(denizen(folder, "errors", "--json").stdout)


@pytest.mark.parametrize("within", ["{last: 30d}", "{trial: true}"])
def test_every_model_scores_the_same_leads_whatever_dates_it_looks_at(folder, within):
    model = f"model: m\nbehavior: {{criteria: {{did: {{count: did, within: {within}, points: 20}}}}}}\n"
    (folder / "model.yaml").write_text(model)
    (folder / "leads.csv").write_text("lead_id,trial_ends_at\n=ana,never\nbob,\ncid,soon\nbob,\nbob,\n")
    rows = json.loads(denizen(folder, "score", "model.yaml", *DATA, "--json").stdout)["rows"]
    assert rows["leads"]["used"] == 1
    assert {reason: n for reason, n in rows["reasons"].items() if reason.startswith("leads")} == {
        "leads: lead_id stands on an earlier row already": 2,
        "leads: trial_ends_at cannot be read (write ISO 8601 or epoch time)": 2,
    }
    assert "were rejected there (4 rows were)" in rows["warnings"][0]


WRONG = [
    (("score", "model.yaml"), 2, "there is no data"),
    (("score", "no.yaml", *DATA), 1, "no.yaml: error[file-unreadable]: cannot read"),
    (("score", "model.yaml", "--events", "no.csv"), 1, "no such file"),
    (("score", "model.yaml", *DATA, "--out", "s.xlsx"), 2, "write to a file ending in"),
    (("score", "model.yaml", *DATA, "--out", "no/s.csv"), 2, "the folder does not exist"),
    (("score", "model.yaml", *DATA, "--engine", "postgres://nobody@127.0.0.1:1/x"), 1, "engine-unavailable"),
    (("score", "model.yaml", *DATA, "--engine", "duckdbb:"), 2, "did you mean `duckdb`?"),
    (("score", "model.yaml", *DATA, "--engine", "duckdb:///no/such/x.db"), 1, "engine-unavailable"),
    (("score", "model.yaml", *DATA[:4], "--as-of", "soon"), 2, "no timestamp"),
    (("score", "model.yaml", *DATA, "--map", "x"), 2, "write TABLE.COLUMN=YOURS"),
    (("score", "model.yaml", *DATA, "--map", "event.x=y"), 2, "did you mean `events`?"),
    (("score", "model.yaml", *DATA, "--grid", "leads.csv"), 2, "leave out --as-of"),
    (("score", "model.yaml", *DATA, "--top", "0"), 2, "0 is not in the range"),
    (("score", "model.yaml", *DATA, "--tpo", "3"), 2, "No such option"),
    (("score", "model.yaml", *DATA, "--top", "3", "--out", "s.csv"), 2, "leave out one of both"),
    (("explain", "model.yaml", "bop", *DATA), 1, "there is no lead 'bop' in the data; the most alike is 'bob'"),
    (("explain", "model.yaml", "eve"), 2, "there is no data"),
    (("nonsense",), 2, "No such command"),
    (("scor", "model.yaml"), 2, "No such command 'scor'; did you mean `score`?"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG)
def test_a_mistake_is_one_clear_message(folder, arguments, code, message):
    assert message in denizen(folder, *arguments, code=code).stderr


def test_a_mistake_as_json(folder):
    (folder / "bad.yaml").write_text("model: m\nbehaviour: {}\n")
    told = json.loads(denizen(folder, "check", "bad.yaml", "--json", code=1).stdout)
    assert [(e["code"], e["line"], e["path"]) for e in told["errors"]] == [("unknown-key", 2, "behaviour")]


def test_a_password_is_never_shown(folder):
    done = denizen(folder, "score", "model.yaml", *DATA, "--engine", "postgresql://u:s3cret@127.0.0.1:1/x", code=1)
    assert "s3cret" not in done.stderr + done.stdout


@pytest.mark.parametrize("command", ["score", "explain", "check", "sql", "schema", "errors"])
def test_every_command_has_help_with_an_example(folder, command):
    assert f"denizen {command}" in denizen(folder, command, "--help").stdout


@pytest.mark.engine
def test_score_on_postgresql(folder, postgres_url):
    told = json.loads(denizen(folder, "score", "model.yaml", *DATA, "--engine", postgres_url, "--json").stdout)
    assert [(r["lead_id"], r["total"]) for r in told["leads"]] == [("=ana", 70.0), ("bob", 0.0)]
    assert (
        denizen(folder, "explain", "model.yaml", "=ana", *DATA, "--engine", postgres_url).stdout.count("  holds  ") == 3
    )
