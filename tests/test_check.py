"""`denizen check` as a user runs it: settings, exit codes, fixes on disk, data."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import denizen
from denizen.cli.main import cli
from denizen.errors import DenizenError
from denizen.model.lint.rules import RULES

MODEL = """\ufeff# mine
model: m
fit:
  criteria:
    size: {attribute: Employees, bands: [{at_least: 50, points: 30}, {at_least: 100, points: 40}]}  # who
behavior:
  criteria:
    invites: {count: TeammateInvited, points: 60}
pql: {total: 80, fit: 15, behavior: 40}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.yaml").write_text(MODEL, newline="")
    (tmp_path / "leads.csv").write_text("lead_id,size_range,plan\na,51-200,pro\n")
    (tmp_path / "events.csv").write_text("lead_id,event,timestamp\na,teammate_invited,2026-01-01\n")
    return tmp_path


def check(*arguments, code=0):
    done = CliRunner().invoke(cli, ["check", "model.yaml", *arguments], standalone_mode=False)
    if isinstance(done.exception, DenizenError):
        raise done.exception
    assert (done.exit_code or 0) == code, done.output
    return done.output


def codes(*arguments, code=0):
    return [f["code"] for f in json.loads(check(*arguments, "--json", code=code))["findings"]]


@pytest.mark.usefixtures("folder")
def test_warnings_do_not_fail_unless_they_are_asked_to():
    assert "band-shadowed" in codes()
    assert "band-shadowed" in codes("--strict", code=1)
    everything = [a for rule in RULES for a in ("--ignore", rule)]
    assert codes("--strict", *everything) == []


def test_remarks_of_level_info_never_fail(folder):
    (folder / "model.yaml").write_text(RULES["duplicate-value"].bad)
    others = [a for rule in RULES.values() if rule.level == "warning" for a in ("--ignore", rule.code)]
    assert "duplicate-value" in codes("--strict", *others)


@pytest.mark.usefixtures("folder")
def test_a_code_or_approach_that_does_not_exist_is_refused():
    with pytest.raises(DenizenError, match="did you mean `band-shadowed`"):
        check("--ignore", "band-shadow")
    with pytest.raises(DenizenError, match="there is no approach 'behavior-heavy'; did you mean `behavioral-heavy`"):
        denizen.check("model.yaml", approach="behavior-heavy")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("days", ["0", "45h", "many", "-3", "1.5"])
def test_a_sales_cycle_is_a_number_of_days(days):
    done = CliRunner().invoke(cli, ["check", "model.yaml", "--sales-cycle", days])
    assert done.exit_code == 2


def test_the_project_file_tells_approach_cycle_and_what_to_ignore(folder):
    (folder / "model.yaml").write_text(MODEL.replace("pql:", "  decay: {points: 10, every: 7d}\npql:"))
    (folder / "denizen.yaml").write_text("lint: {approach: minimal, sales_cycle: 120d, ignore: [no-disqualifier]}\n")
    found = codes()
    assert {"weight-share", "decay-cycle"} <= set(found)
    assert "no-disqualifier" not in found
    assert "decay-cycle" not in codes("--sales-cycle", "10")
    (folder / "denizen.yaml").write_text("lint: {approach: minimum}\n")
    with pytest.raises(DenizenError, match="there is no approach 'minimum'"):
        check()


def test_a_diff_writes_nothing_and_a_fix_writes_once(folder):
    data = ("--leads", "leads.csv", "--events", "events.csv")
    before = (folder / "model.yaml").read_bytes()
    out = check(*data, "--diff")
    assert "-    invites: {count: TeammateInvited, points: 60}" in out
    assert "+    invites: {count: teammate_invited, points: 60}" in out
    assert (folder / "model.yaml").read_bytes() == before
    told = json.loads(check(*data, "--fix", "--json"))
    assert (told["fixes"], told["written"]) == (1, True)
    left = {f["code"] for f in told["findings"]}
    assert "event-unseen" not in left
    assert "band-shadowed" in left, "it may stand in the wrong place, so people decide"
    after = (folder / "model.yaml").read_bytes().decode()
    assert after == MODEL.replace("TeammateInvited", "teammate_invited")
    again = json.loads(check(*data, "--fix", "--json"))
    assert (again["fixes"], again["written"], again["diff"]) == (0, False, "")
    assert sorted(p.name for p in folder.iterdir()) == ["events.csv", "leads.csv", "model.yaml"]


def test_a_file_that_does_not_load_is_never_touched(folder):
    (folder / "model.yaml").write_text(MODEL.replace("points: 60", "point: 60"))
    before = (folder / "model.yaml").read_bytes()
    with pytest.raises(DenizenError):
        check("--fix")
    assert (folder / "model.yaml").read_bytes() == before


def test_attributes_are_looked_for_in_leads_and_accounts(folder):
    found = {f.code: f.message for f in denizen.check("model.yaml", leads="leads.csv")}
    assert found["attribute-unseen"] == "`Employees` is known of no lead; no name in the data is near"
    (folder / "leads.csv").write_text("lead_id,account_id\na,x\n")
    (folder / "accounts.csv").write_text("account_id,employees\nx,51-200\n")
    found = {f.code: f.message for f in denizen.check("model.yaml", leads="leads.csv", accounts="accounts.csv")}
    assert "attribute-unseen" not in found
    assert found["not-a-number"].startswith("`Employees` is compared as a number, and 1 of 1 values read as none")


def test_one_text_of_an_attribute_that_is_compared_as_a_number_is_told_until_the_project_file_says_what_it_means(
    folder,
):
    (folder / "leads.csv").write_text("lead_id,employees\na,60\nb,70\nc,184 employees\nd,80\n")
    told = " ".join(check("--leads", "leads.csv").split())
    assert "`Employees` is compared as a number, and 1 of 4 values reads as none, such as '184 employees'" in told
    (folder / "denizen.yaml").write_text("attributes: {Employees: {values: {184 employees: '184'}}}\n")
    assert "not-a-number" not in check("--leads", "leads.csv")


def test_a_property_is_looked_for_on_the_events_that_are_counted(folder):
    (folder / "model.yaml").write_text(
        "model: m\nbehavior: {criteria: {c: {count: opened, where: {paid: 'true', plan: Entreprise}, points: 5}}}\n"
    )
    (folder / "events.csv").write_text(
        "lead_id,event,timestamp,paid,plan\na,opened,2026-01-01,,enterprise\na,closed,2026-01-01,true,pro\n"
    )
    found = {f.code: f.message for f in denizen.check("model.yaml", events="events.csv")}
    assert found["property-unseen"] == "the property `paid` is never known on `opened`"
    assert found["value-misspelled"] == "`entreprise` is never a value of `plan`; did you mean `enterprise`?"


@pytest.mark.usefixtures("folder")
def test_dataframes_and_text_are_checked_too():
    found = denizen.check(
        MODEL.lstrip("\ufeff"),
        leads=[{"lead_id": "a", "employees": 60}],
        events=[{"lead_id": "a", "event": "teammate_invited", "timestamp": "2026-01-01"}],
    )
    assert {"event-unseen", "band-shadowed"} <= {f.code for f in found}
    assert "attribute-unseen" not in {f.code for f in found}


def test_every_code_is_listed_by_the_errors_command():
    told = json.loads(CliRunner().invoke(cli, ["errors", "--json"]).output)
    assert set(RULES) < set(told)


OWN_FILE = """# What large companies are scored by.
model: large
behavior:
  criteria:
    invites:
      count: invited
      bands:
        - {at_least: 1, points: 10}   # one
        - {at_least: 2, points: 10}   # never counts
    seats: {count: seats_added, points: 90}  # denizen: ignore criterion-unfed
pql: {total: 150, fit: 0, behavior: 40}
"""
WITH_FILE = """model: main
behavior: {criteria: {invites: {count: invited, bands: [{at_least: 2, points: 50}]}}}
segments:
  - {name: large, when: {employees: {at_least: 1000}}, model: own/large.yaml}
  - {name: huge, when: {employees: {at_least: 5000}, country: {exists: true}}, model: own/../own/large.yaml}
account: {pqa: {total: 0, fit: 0, behavior: 101}}
"""


def test_the_file_of_a_segment_is_checked_and_mended_in_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "large.yaml").write_text(OWN_FILE)
    (tmp_path / "model.yaml").write_text(WITH_FILE)
    found = json.loads(CliRunner().invoke(cli, ["check", "model.yaml", "--json"]).output)
    own = {(f["code"], f["line"]) for f in found["findings"] if f["file"] == "own/large.yaml"}
    assert {("band-shadowed", 9), ("gate-unreachable", 11)} <= own
    assert len([f for f in found["findings"] if f["code"] == "band-shadowed"]) == 1, (
        "one file, though two segments name it"
    )
    of_account = [f for f in found["findings"] if f["code"] == "account-gate-unreachable"]
    assert [(f["file"], f["path"]) for f in of_account] == [("model.yaml", "account.pqa.behavior")]
    assert "can reach 100 at most" in of_account[0]["message"], "as much as the segment's own file gives"
    assert "--- own/large.yaml" in found["diff"]
    assert "1 fix made" in CliRunner().invoke(cli, ["check", "model.yaml", "--fix"]).output
    mended = OWN_FILE.replace("        - {at_least: 2, points: 10}   # never counts\n", "")
    assert (tmp_path / "own" / "large.yaml").read_text() == mended
    assert (tmp_path / "model.yaml").read_text() == WITH_FILE


@pytest.mark.usefixtures("folder")
def test_a_fix_prints_the_hash_of_the_file_as_mended():
    data = ("--leads", "leads.csv", "--events", "events.csv")
    told = json.loads(check(*data, "--fix", "--json"))
    assert told["written"]
    assert told["model_hash"] == json.loads(check(*data, "--json"))["model_hash"]


def test_a_value_that_never_occurs_is_told_with_what_the_data_has(folder):
    (folder / "model.yaml").write_text("""model: m
fit:
  criteria:
    plan: {attribute: plan, bands: [{in: [pro, enterprise], points: 30}, {is_not: starter, points: 1}]}
behavior: {criteria: {invites: {count: teammate_invited, where: {role: admin}, points: 60}}}
""")
    (folder / "events.csv").write_text("lead_id,event,timestamp,role\na,teammate_invited,2026-01-01,member\n")
    told = json.loads(check("--leads", "leads.csv", "--events", "events.csv", "--json"))["findings"]
    unseen = [(f["level"], f["message"].split(": ", 1)[-1]) for f in told if f["code"] == "value-unseen"]
    assert len(unseen) == 2
    assert {level for level, _ in unseen} == {"info"}
    assert any("`enterprise` is never a value of `plan`; the data has `pro`" in message for _, message in unseen)
    assert any("`admin` is never a value of `role`; the data has `member`" in message for _, message in unseen)
