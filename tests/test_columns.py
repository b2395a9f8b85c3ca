"""Columns with the names of other tools: init maps them, and what is missing is told of all tables at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import denizen
from denizen.errors import DenizenError
from denizen.ingest.columns import KNOWN_AS, proposals_of
from denizen.ingest.raw import Raw

USERS = "userId,groupId,email,jobTitle,createdAt,trialEndsAt\nu1,g1,a@b.example,CEO,2026-06-01,2026-06-15\n"
GROUPS = "groupId,employee_count\ng1,120\n"
STAGES = "user_id,stage,close_date,owner\nu1,Closed Won,2026-06-20,Ann\n"
AMPLITUDE = (
    "insert_id,user_id,event_type,event_time,server_upload_time,event_properties\n"
    "m1,u1,Report Built,2026-06-02 10:00:00.000,2026-06-02 10:00:01.000,{}\n"
)


def segment(lines=1):
    row = {"messageId": "m", "type": "track", "userId": "u1", "event": "Report Built"}
    row |= {"timestamp": "2026-06-02T10:00:00Z", "receivedAt": "2026-06-02T10:00:01Z", "properties": {}}
    return "".join(json.dumps(row | {"messageId": f"m{n}"}) + "\n" for n in range(lines))


@pytest.fixture
def folder(tmp_path):
    for name, text in (
        ("users.csv", USERS),
        ("groups.csv", GROUPS),
        ("stages.csv", STAGES),
        ("amplitude.csv", AMPLITUDE),
        ("tracks.jsonl", segment()),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder, *arguments, code=0):
    program = Path(sys.executable).parent / "denizen"
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def project_of(folder):
    return YAML(typ="safe").load((folder / "denizen.yaml").read_text())


@pytest.mark.parametrize("events", ["amplitude.csv", "tracks.jsonl"])
def test_init_maps_the_columns_of_other_tools_and_the_model_scores_at_once(folder, events):
    tables = ("--leads", "users.csv", "--accounts", "groups.csv", "--outcomes", "stages.csv", "--events", events)
    told = run(folder, "init", "--yes", *tables)
    assert "column leads.lead_id: userId, mapped in denizen.yaml" in told
    project = project_of(folder)
    assert project["leads"]["columns"] == {
        "lead_id": "userId",
        "account_id": "groupId",
        "signup_at": "createdAt",
        "trial_ends_at": "trialEndsAt",
        "title": "jobTitle",
    }
    assert project["accounts"]["columns"] == {"account_id": "groupId", "employees": "employee_count"}
    columns = {"lead_id": "user_id", "outcome": "stage", "at": "close_date", "rep": "owner"}
    assert project["outcomes"] == {"path": "stages.csv", "columns": columns}
    scored = json.loads(run(folder, "score", "model.yaml", "--as-of", "2026-06-21", "--json"))
    assert (scored["scores"], scored["rows"]["events"]["used"], scored["left_out"]) == (1, 1, {"won": 1})


def test_what_was_mapped_by_hand_stays(folder):
    tables = ("--leads", "users.csv", "--map", "leads.lead_id=email", "--map", "leads.title=userId")
    run(folder, "init", "--yes", *tables)
    assert project_of(folder)["leads"]["columns"]["lead_id"] == "email"
    assert project_of(folder)["leads"]["columns"]["title"] == "userId"


def test_init_tells_the_problems_of_all_tables_at_once_and_writes_nothing(folder):
    (folder / "people.csv").write_text("mail\na@b.example\n")
    told = run(
        folder, "init", "--yes", "--leads", "people.csv", "--events", "people.csv", "--accounts", "no.csv", code=1
    )
    for part in ("leads.lead_id=COLUMN", "events.lead_id=COLUMN", "events.event=COLUMN", "no such file"):
        assert told.count(part) == 1, told
    assert "columns: mail" in told
    assert not (folder / "denizen.yaml").exists()


@pytest.mark.parametrize("command", ["check", "score"])
def test_problems_of_all_tables_are_told_at_once_each_once_with_the_probable_mend(folder, command):
    run(folder, "init", "--yes")
    (folder / "denizen.yaml").unlink()
    data = ("--leads", "users.csv", "--accounts", "groups.csv", "--events", "amplitude.csv")
    told = run(folder, command, "model.yaml", *data, code=1)
    for name in ("leads.lead_id=userId", "accounts.account_id=groupId", "events.lead_id=user_id"):
        assert told.count(name) == 1, told
    assert told.count("events.event=event_type") == told.count("events.timestamp=event_time") == 1
    assert told.count("missing-column") == 5


def test_check_tells_a_wrong_column_name_once(folder):
    run(folder, "init", "--yes")
    told = run(folder, "check", "model.yaml", "--leads", "users.csv", "--map", "leads.lead_id=nowhere", code=1)
    assert told.count("missing-column") == 1


def test_check_says_which_column_of_long_json_lines_it_probably_is(folder):
    run(folder, "init", "--yes")
    (folder / "denizen.yaml").unlink()
    (folder / "long.jsonl").write_text(segment(1001))
    assert "events.lead_id=userId" in run(folder, "check", "model.yaml", "--events", "long.jsonl")
    both = run(folder, "check", "model.yaml", "--events", "long.jsonl", "--leads", "users.csv", code=1)
    assert "events.lead_id=userId" in both
    assert "leads.lead_id=userId" in both


def test_a_column_is_proposed_once_and_none_that_is_there():
    raw = Raw("events", "e", "e", dict.fromkeys(("userId", "distinct_id", "time", "event"), "VARCHAR"))
    assert [(p.name, p.column) for p in proposals_of(raw)] == [("lead_id", "userId"), ("timestamp", "time")]
    for table, names in KNOWN_AS.items():
        raw = Raw(table, "t", "t", dict.fromkeys(names, "VARCHAR"))
        assert not list(proposals_of(raw))


def test_the_interface_tells_all_problems_at_once_too():
    model = "model: m\nbehavior: {criteria: {built: {count: report, points: 5}}}\npql: {total: 50}\n"
    with pytest.raises(DenizenError) as error:
        denizen.score(model, leads=[{"userId": "u"}], events=[{"userId": "u"}], as_of="2026-06-01")
    assert len(error.value.findings) == 4
