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
from denizen.ingest.columns import KNOWN_AS, proposals_of, settle_columns
from denizen.ingest.events import OF_ACCOUNT_ALONE
from denizen.ingest.project import Data
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


def test_init_tells_what_it_assumed(folder):
    told = run(folder, "init", "--yes", "--trial", "freemium", "--leads", "users.csv", "--crm", "hubspot")
    line = next(line for line in told.splitlines() if "assumed" in line)
    given = line.split(": ", 1)[1]
    assert given == "--tracking full, --sales-cycle 30, --data-months 12, --acv 10000"


def test_init_tells_which_outcomes_nobody_can_read_and_writes_where_to_say_it(folder):
    (folder / "deals.csv").write_text("lead_id,outcome,at\nu1,won,2026-06-20\nu1,Signed: ok,2026-06-21\n")
    told = run(folder, "init", "--yes", "--leads", "users.csv", "--events", "tracks.jsonl", "--outcomes", "deals.csv")
    assert "outcomes that mean nothing yet: signed: ok (1 row)" in told
    text = (folder / "denizen.yaml").read_text()
    assert project_of(folder)["outcomes"] == {"path": "deals.csv"}
    given, _, instead = text.partition("# outcomes:")
    block, rest = instead.split("\n\n", 1)
    written = f"outcomes:{block.replace(chr(10) + '# ', chr(10))}\n\n{rest}"
    (folder / "denizen.yaml").write_text(given.replace("outcomes: {path: deals.csv}\n", "") + written)
    assert project_of(folder)["outcomes"]["values"] == {"signed: ok": "lost"}
    assert "cannot be used" not in run(folder, "score", "model.yaml", "--as-of", "2026-06-30")


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


def test_a_column_that_no_line_of_long_json_lines_has_is_missing(folder):
    run(folder, "init", "--yes")
    (folder / "denizen.yaml").unlink()
    (folder / "long.jsonl").write_text(segment(1001))
    wanted = "no column `lead_id`; columns: messageId, type, userId"
    for command in (["score"], ["check"], ["audit"]):
        told = run(folder, *command, "model.yaml", "--events", "long.jsonl", code=1)
        assert wanted in told
        assert "events.lead_id=userId" in told
    strange = run(folder, "score", "model.yaml", "--events", "long.jsonl", "--map", "events.lead_id=usr", code=1)
    assert "no column `usr` for events.lead_id; did you mean `userId`?" in strange
    both = run(folder, "check", "model.yaml", "--events", "long.jsonl", "--leads", "users.csv", code=1)
    assert "events.lead_id=userId" in both
    assert "leads.lead_id=userId" in both


@pytest.mark.parametrize("key", ["lead_id", "lead\\u005fid"])
def test_a_column_that_a_later_line_of_long_json_lines_has_is_there(folder, key):
    run(folder, "init", "--yes")
    (folder / "denizen.yaml").unlink()
    late = f'{{"{key}": "u", "event": "Report Built", "timestamp": "2026-06-02"}}\n'
    (folder / "long.jsonl").write_text(segment(1001) + late)
    told = json.loads(run(folder, "score", "model.yaml", "--events", "long.jsonl", "--as-of", "2026-06-03", "--json"))
    assert told["rows"]["events"]["used"] == 1


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


@pytest.mark.parametrize(
    ("column", "name"),
    [
        *((c, "email") for c in ("E-Mail", "e-mail", "email_address", "Email Address", "workEmail", "Contact E-Mail")),
        *((c, "account_id") for c in ("Company ID", "groupId", "ORG KEY", "Customer Account Id")),
        *((c, "trial_ends_at") for c in ("Trial Ends", "trialEnd", "TRIAL EXPIRES ON", "trial-end-date")),
        *((c, "trial_started_at") for c in ("Trial Started", "trial.begin.date", "trial_from")),
        *((c, "industry") for c in ("Sector", "company industry")),
        *((c, "signup_at") for c in ("Signed Up On", "Registration Date", "created time")),
    ],
)
def test_a_column_is_known_by_the_words_of_its_name_however_they_are_spelled(column, name):
    raw = Raw("leads", "l", "l", dict.fromkeys(("lead_id", column), "VARCHAR"))
    assert [(p.name, p.column, p.sure) for p in proposals_of(raw)] == [(name, column, True)]


@pytest.mark.parametrize(
    "column", ["email_domain", "email_opt_in", "Billing", "trial_length", "group_size", "last_login_at", "mailing"]
)
def test_one_word_more_makes_another_column(column):
    raw = Raw("leads", "l", "l", dict.fromkeys(("lead_id", column), "VARCHAR"))
    assert not list(proposals_of(raw))


@pytest.fixture
def apart(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,signup_at,E-Mail,Group\nana,2026-01-01,ana@acme.com,g1\n")
    (tmp_path / "accounts.csv").write_text("account_id,employees\ng1,100\n")
    (tmp_path / "events.csv").write_text("lead_id,event,timestamp\nana,x,2026-01-02\n")
    (tmp_path / "model.yaml").write_text(
        "model: m\nfit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 20}]}}}\n"
        "behavior: {criteria: {x: {count: x, points: 40}}}\n"
    )
    return tmp_path


TABLES = ("--leads", "leads.csv", "--accounts", "accounts.csv", "--events", "events.csv")


def test_a_doubtful_account_is_mapped_where_its_values_are_ids_of_accounts_and_else_told(apart):
    told = json.loads(run(apart, "init", "--yes", "--json", *TABLES, "--into", "sure"))
    assert {(m["name"], m["column"]) for m in told["mapped"]} == {("account_id", "Group"), ("email", "E-Mail")}
    assert told["warnings"] == []
    (apart / "accounts.csv").write_text("account_id,employees\nelsewhere,100\n")
    told = run(apart, "init", "--yes", *TABLES, "--into", "other")
    assert "leads.account_id: may be Group, not mapped; if it is, --map leads.account_id=Group" in told
    assert "no lead belongs to any of the accounts given" in told


@pytest.mark.parametrize("command", ["score", "check", "audit"])
def test_accounts_that_no_lead_joins_are_told(apart, command):
    told = run(apart, command, "model.yaml", *TABLES, *([] if command == "check" else ["--as-of", "2026-02-01"]))
    assert "no lead belongs to any of the accounts given" in " ".join(told.split())
    if command == "check":
        assert "`employees` is known of no lead; accounts have it, and no lead belongs to any of them" in told
    mapped = run(apart, "score", "model.yaml", *TABLES, "--map", "leads.account_id=Group", "--as-of", "2026-02-01")
    assert "no lead belongs" not in mapped


def test_the_gate_on_fit_goes_down_by_what_no_lead_has(apart):
    run(apart, "init", "--yes", "--force", "--approach", "balanced", *TABLES)
    model = YAML(typ="safe").load((apart / "model.yaml").read_text())
    told = json.loads(run(apart, "audit", "model.yaml", "--as-of", "2026-02-01", "--json"))
    fit = told["reach"]["fit"]
    assert fit["gate"] == model["pql"]["fit"] <= fit["data"]
    run(apart, "init", "--yes", "--approach", "balanced", "--into", "whole")
    assert model["pql"]["fit"] < YAML(typ="safe").load((apart / "whole" / "model.yaml").read_text())["pql"]["fit"]


def test_check_score_and_accounts_out_agree_on_events_of_accounts_alone(apart):
    (apart / "events.csv").write_text(
        "lead_id,account_id,event,timestamp\nana,,x,2026-01-02\n,g1,funding,2026-01-03\n,g1,funding,2026-01-04\n,,x,2026-01-05\n"
    )
    tables = (*TABLES, "--map", "leads.account_id=Group")
    assert "no criterion of this model measures over accounts" in run(apart, "check", "model.yaml", *tables)
    with (apart / "model.yaml").open("a") as model:
        model.write("account: {criteria: {funding: {count: funding, points: 10}}}\n")
    checked = run(apart, "check", "model.yaml", *tables)
    assert "3 of 4 events would be rejected" in checked
    assert "2 of them carry only an account, and count where accounts are scored (--accounts-out)" in checked
    scored = json.loads(run(apart, "score", "model.yaml", *tables, "--as-of", "2026-02-01", "--json"))
    alone = f"events: {OF_ACCOUNT_ALONE}"
    assert scored["rows"]["reasons"] == {alone: 2, "events: lead_id is missing": 1}
    accounts = ("--accounts-out", "accounts_out.csv")
    scored = json.loads(run(apart, "score", "model.yaml", *tables, "--as-of", "2026-02-01", "--json", *accounts))
    assert scored["rows"]["reasons"] == {"events: lead_id and account_id are missing": 1}
    assert scored["rows"]["events"]["used"] == 3


def test_init_takes_its_reasons_from_the_data(apart):
    days = [f"2026-0{month}-{day:02}" for month in range(1, 7) for day in range(1, 28)]
    (apart / "leads.csv").write_text("lead_id,signup_at\n" + "".join(f"u{i},{d}\n" for i, d in enumerate(days)))
    (apart / "won.csv").write_text("lead_id,outcome,at\nu1,won,2026-01-05\nu2,won,2026-09-20\n")
    tables = ("--leads", "leads.csv", "--outcomes", "won.csv")
    told = json.loads(run(apart, "init", "--yes", "--json", *tables, "--into", "counted"))
    assert 26 <= told["answers"]["leads_a_month"] <= 29
    assert told["answers"]["data_months"] == 8
    given = ("--leads-a-month", "500", "--data-months", "30")
    told = json.loads(run(apart, "init", "--yes", "--json", *tables, *given, "--into", "given"))
    assert (told["answers"]["leads_a_month"], told["answers"]["data_months"]) == (500, 30)


def rows_of(columns, rows):
    return [dict(zip(columns, row, strict=True)) for row in rows]


EVENT_COLUMNS = ("lead_id", "event", "timestamp", "delivery", "visit", "payload")
HITS = [(f"l{i % 3}", "x", "2026-01-02", f"d{i}", f"v{i % 3}{i % 2}", '{"plan": "pro"}') for i in range(30)]


def settled(table, rows):
    given = {table: rows} if table == "leads" else {"leads": [{"lead_id": "l0"}], table: rows}
    columns, _ = settle_columns(Data(**given), lambda p: p.sure)
    return columns.mapping(table)


def test_values_show_what_a_column_of_events_is():
    expected = {"event_id": "delivery", "session_id": "visit", "properties": "payload"}
    assert settled("events", rows_of(EVENT_COLUMNS, HITS)) == expected


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("event_id", "delivery", ["email", "web"]),
        ("event_id", "delivery", [f"sent to {i}" for i in range(30)]),
        ("session_id", "visit", ["1", "2"]),
        ("session_id", "visit", [f"v{i}" for i in range(30)]),
        ("properties", "payload", ['{"plan": "pro"}', "none"]),
        ("properties", "payload", [None]),
    ],
)
def test_values_that_speak_against_it_leave_a_column_alone(name, column, values):
    rows = [row | {column: values[i // 3 % len(values)]} for i, row in enumerate(rows_of(EVENT_COLUMNS, HITS))]
    if len(values) == len(rows):
        rows = [row | {column: value} for row, value in zip(rows, values, strict=True)]
    assert name not in settled("events", rows)


@pytest.mark.parametrize(
    ("values", "mapped"), [(["5", " 1.5 ", None, "$1,234"], True), (["5", "high"], False), ([None], False)]
)
def test_an_amount_is_mapped_only_where_every_value_reads_as_one(values, mapped):
    rows = [{"lead_id": "l0", "outcome": "won", "at": "2026-01-02", "value": value} for value in values]
    assert settled("outcomes", rows) == ({"amount": "value"} if mapped else {})


def test_a_cookie_that_stays_with_a_lead_is_no_session():
    rows = [row | {"visit": f"v{row['lead_id']}"} for row in rows_of(EVENT_COLUMNS, HITS)]
    assert "session_id" not in settled("events", rows)


def test_properties_that_would_hide_a_column_are_left_alone():
    rows = [row | {"plan": "free"} for row in rows_of(EVENT_COLUMNS, HITS)]
    assert "properties" not in settled("events", rows)


def test_of_two_columns_that_fit_alike_none_is_sure():
    row = {"lead_id": "l0", "outcome": "won", "at": "2026-01-02", "value": 0.7, "revenue": 100}
    assert settled("outcomes", [row]) == {}
    assert settled("outcomes", [row | {"value": "high"}]) == {"amount": "revenue"}


@pytest.mark.parametrize("column", ["guid", "delivery", "id", "uuid"])
def test_an_id_that_stands_on_two_events_of_a_lead_is_none_of_an_event(column):
    events = [{"lead_id": f"l{i}", "event": "opened", "timestamp": "2026-01-02", column: f"v{i}"} for i in range(60)]
    again = [dict(row) for row in events[:5]]
    assert settled("events", events + again)["event_id"] == column
    other = [row | {"event": "built", "timestamp": "2026-02-02"} for row in events[:5]]
    assert "event_id" not in settled("events", events + other)


@pytest.mark.parametrize(("start", "mapped"), [("2026-01-02", True), ("", True), ("website", False)])
def test_a_trial_is_mapped_only_where_its_dates_can_be_read(start, mapped):
    rows = [{"lead_id": f"l{i}", "trial_from": value} for i, value in enumerate(["2026-01-01T10:00:00Z", start])]
    assert settled("leads", rows) == ({"trial_started_at": "trial_from"} if mapped else {})


def test_init_tells_which_columns_and_events_nothing_uses(tmp_path):
    (tmp_path / "leads.csv").write_text(
        "lead_id,signup_at,email,region,Shoe Size\nana,2026-01-01,ana@acme.com,north,9\n"
    )
    (tmp_path / "accounts.csv").write_text("account_id,employees,sector,floor\ng1,100,saas,3\n")
    (tmp_path / "events.csv").write_text(
        "lead_id,event,timestamp,browser\nana,Report Built,2026-01-02,x\nana,Sneezed,2026-01-02,x\n"
    )
    (tmp_path / "won.csv").write_text("lead_id,outcome,at,value,mood\nana,won,2026-01-05,12,good\n")
    tables = (*TABLES, "--outcomes", "won.csv")
    told = json.loads(run(tmp_path, "init", "--yes", "--json", *tables, "--into", "plain"))
    assert told["unmapped"] == {
        "leads": ["region", "Shoe Size"],
        "accounts": ["floor"],
        "events": ["browser"],
        "outcomes": ["mood"],
    }
    assert told["unused_events"] == ["Sneezed"]
    said = run(tmp_path, "init", "--yes", *tables)
    for line in (
        "columns of leads that are not read: region, Shoe Size; a criterion can name them",
        "columns of outcomes that are not read: mood; or --map outcomes.NAME=COLUMN",
        "column accounts.industry: sector, mapped in denizen.yaml",
        "events of the data that no criterion names, so that they count as activity at most: Sneezed",
    ):
        assert line in said
    none = ("--map", "outcomes.rep=mood")
    again = json.loads(run(tmp_path, "init", "--yes", "--json", *tables, *none, "--into", "mapped"))
    assert again["unmapped"]["outcomes"] == []
