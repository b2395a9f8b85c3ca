"""Files of cases: what they may say, what is told where they are wrong, and that a batch is the union of single runs."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import worlds
from denizen.clock import iso
from denizen.errors import DenizenError
from denizen.model.load import parse_model
from denizen.model.schema import json_schema
from denizen.model.source import parse_yaml
from denizen.testing import load_cases, run_case, run_cases
from denizen.testing.spec import CasesFile
from test_cli import denizen
from test_diff import BASE
from yaml_of import text

MODEL = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}}}
behavior:
  criteria: {invites: {count: invited, each: 1, points: 20}}
  decay: {points: 5, every: 1d}
pql: {total: 50, fit: 15, behavior: 40}
"""
CASES = """- case: grows and decays
  model: model.yaml
  account: {employees: 60}
  events:
    - {event: invited, at: 2026-01-01}
    - {event: invited, at: 2026-01-02T12:00:00Z}
  at:
    - {as_of: 2026-01-01T12:00:00Z, expect: {total: 35, pql: false, gates: {fit: true, total: false}}}
    - {as_of: 2026-01-02T12:00:00Z, expect: {total: 55, pql: true, behavior_tier: medium, unknown: [], absent: [ceiling ceiling]}}
- case: knows nothing
  model: model.yaml
  as_of: 2026-01-01
  expect: {unknown: [size], lines: {invites: 0}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "model.cases.yaml").write_text(CASES)
    return tmp_path


def test_cases_hold_at_several_instants_with_accounts_gates_and_unknowns(folder):
    cases = load_cases(folder / "model.cases.yaml")
    assert [o.differences for o in run_cases(cases)] == [(), ()]
    assert run_case(cases[0]) == {}
    jsonschema.validate(parse_yaml(CASES, "c").data, json_schema(CasesFile))


def test_values_that_differ_are_told_with_the_digits_in_which_they_do(folder):
    (folder / "model.cases.yaml").write_text(CASES.replace("total: 55", "total: 55.0000004"))
    assert "expected 55.0000004, found 55" in denizen(folder, "test", code=1).stdout


def test_a_failing_case_tells_expected_found_line_and_place(folder):
    (folder / "cases").mkdir()
    (folder / "cases" / "model.yaml").write_text(MODEL)
    wrong = CASES.replace("total: 55", "total: 54").replace("invites: 0", "invites: 1, invitez: 2").replace("unknown: []", "unknown: [size]").replace("[ceiling ceiling]", "[invite, velocity velocity]")  # fmt: skip
    (folder / "cases" / "wrong.yaml").write_text(wrong)
    out = denizen(folder, "test", "cases", code=1).stdout
    assert "FAIL  grows and decays  cases/wrong.yaml:1" in out
    assert "total at 2026-01-02T12:00:00Z: expected 54, found 55" in out
    assert "invites: expected 1, found 0  (behavior invites: measure 0)" in out
    assert "invitez: expected 2, found no line  (there is no such line; did you mean `invites`?)" in out
    assert "no line can have this name, so it says nothing; did you mean `invites`?" in " ".join(out.split())
    assert "velocity velocity" not in out
    assert "0 passed, 2 failed" in out
    told = json.loads(denizen(folder, "test", "--json", code=1).stdout)
    assert (told["passed"], told["failed"]) == (2, 2)
    assert set(told["cases"][0]) == {"case", "file", "line", "model", "model_hash", "passed", "differences"}
    assert "1 passed" in denizen(folder, "test", "-k", "KNOWS", "model.cases.yaml").stdout


GATED = """
model: m
behavior:
  criteria:
    x: {count: x, points: 70}
    spam: {count: y, bands: [{at_least: 1, points: 0}], disqualifies: true}
pql: {total: 80, fit: 0, behavior: 40, require: {email_type: {is_not: disposable}}}
account: {pqa: {total: 90, fit: 0, behavior: 10}}
"""
NO_PQL = """
- case: a
  model: gated.yaml
  as_of: 2026-06-10
  events: [{event: x, at: 2026-06-01}, {event: y, at: 2026-06-01}]
  colleagues: {bob: {lead: {email_type: business}, events: [{event: x, at: 2026-06-01}]}}
  expect: {pql: true, gates: {behavior: true, total: true}, colleagues: {bob: {pql: true}}, account: {pqa: true}}
"""


def test_a_pql_that_is_none_tells_the_gates_it_missed(tmp_path):
    (tmp_path / "gated.yaml").write_text(GATED)
    (tmp_path / "a.cases.yaml").write_text(NO_PQL)
    out = denizen(tmp_path, "test", code=1).stdout
    total, required = "total 70 of 80, missed by 10", "require email_type is not disposable: unknown"
    assert f" pql: expected true, found false  (missed: {total}; {required}; spam disqualifies)\n" in out
    assert f" gate total: expected true, found false  ({total})\n" in out
    assert f" bob pql: expected true, found false  (missed: {total})\n" in out
    assert " account pqa: expected true, found false  (missed: total by 20 (needs 90))\n" in out
    told = json.loads(denizen(tmp_path, "test", "--json", code=1).stdout)["cases"][0]["differences"]
    missed = {d["name"]: [(g["gate"], g["missed_by"]) for g in d["missed"]] for d in told}
    assert missed == {
        "pql": [("total", 10), ("require email_type", 0), ("spam does not disqualify", 0)],
        "gate total": [],
        "bob pql": [("total", 10)],
        "account pqa": [("total", 20)],
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "account:",
            "acount:",
            "c.yaml:3:3: error[unknown-key]: acount: unknown key `acount`; did you mean `account`?",
        ),
        ("unknown: [size]", "unknwon: [size]", "c.yaml:13:12: error[unknown-key]: expect.unknwon: unknown key"),
        ("pql: false", "pql: maybe", "found 'maybe'; allowed: true, false"),
        ("at: 2026-01-01}", "at: someday}", "'someday' is no timestamp"),
        ("model: model.yaml", "model: none.yaml", "none.yaml: error[file-unreadable]"),
        ("  as_of: 2026-01-01\n", "", "`as_of` is missing"),
    ],
)
def test_a_malformed_case_is_refused_with_its_place(folder, old, new, message):
    assert old in CASES
    (folder / "c.yaml").write_text(CASES.replace(old, new))
    with pytest.raises(DenizenError) as caught:
        load_cases(folder / "c.yaml")
    assert message in str(caught.value)


def test_what_is_no_case_is_refused(folder):
    empty = folder / "empty"
    empty.mkdir()
    assert "error[no-cases]" in denizen(folder, "test", "empty", code=1).stderr
    assert "error[file-unreadable]" in denizen(folder, "test", "nowhere", code=1).stderr
    assert "error[no-cases]" in denizen(folder, "test", "-k", "zzz", code=1).stderr
    assert "expected a list of cases" in denizen(folder, "test", "model.yaml", code=1).stderr


@settings(max_examples=3)
@given(model=worlds.models(), world=worlds.worlds, known=st.booleans())
def test_cases_in_one_run_differ_as_each_alone(tmp_path_factory, model, world, known):
    folder = tmp_path_factory.mktemp("cases")
    rows = [
        {
            "case": f"lead {i}",
            "model": model,
            "as_of": iso(worlds.T - i),
            "known": known,
            "lead": {k: v for k, v in lead.items() if not k.endswith("_us")},
            "events": [
                {"event": e["event"], "at": iso(e["at_us"]), "id": e["event_id"], "session": e["session_id"]}
                for e in log
            ],
            "expect": {"fit": 0.5, "behavior": 0.5, "pql": True, "unknown": ["none"]},
        }
        for i, (lead, log) in enumerate(world)
    ]
    (folder / "c.yaml").write_text(json.dumps(rows, indent=1))
    cases = load_cases(folder / "c.yaml")
    together = run_cases(cases)
    assert [run_cases([c])[0].differences for c in cases] == [o.differences for o in together]


def test_block_yaml_says_the_same_as_json():
    model = {"model": "m", "behavior": {"criteria": {"a": {"count": "x", "points": 1}}}}
    assert parse_model(text(model), "m").spec == parse_model(json.dumps(model, indent=1), "m").spec
    assert parse_model(BASE, "m").name == "m"


ACCOUNTS = """- case: a company of two
  model:
    model: company
    fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}, role: {attribute: title, bands: [{is: CTO, points: 5}]}}}
    behavior: {criteria: {people: {distinct: {of: leads}, scope: account, each: 1, points: 20}}}
    account: {criteria: {size: {count: used, points: 7}}, pqa: {total: 60, fit: 15, behavior: 40}}
  account: {employees: 60}
  events: [{event: used, at: 2026-01-02}]
  colleagues:
    bob: {lead: {title: CTO}, events: [{event: used, at: 2026-01-03}]}
  at:
    - {as_of: 2026-01-02, expect: {total: 35, account: {pqa: false, members: 2, gates: {total: false, fit: true}}}}
    - as_of: 2026-01-03
      expect:
        total: 55
        colleagues: {bob: {total: 60, gates: {total: false, fit: true}}}
        account: {total: 67, pqa: true, lines: {fit size: 15, behavior size: 7, role: 5}, people: {role: [bob], behavior size: [bob, lead]}}
"""


def test_cases_hold_colleagues_and_expect_of_them_and_of_the_account(folder):
    (folder / "a.cases.yaml").write_text(ACCOUNTS)
    cases = load_cases(folder / "a.cases.yaml")
    assert run_case(cases[0]) == {}
    jsonschema.validate(parse_yaml(ACCOUNTS, "c").data, json_schema(CasesFile))


def test_what_differs_of_an_account_is_told_with_its_people(folder):
    wrong = ACCOUNTS.replace("total: 67, pqa: true", "total: 68, pqa: false, pql_members: 1").replace("fit size: 15", "size: 15").replace("[bob, lead]", "[lead]").replace("bob: {total: 60", "bob: {total: 61")  # fmt: skip
    (folder / "a.cases.yaml").write_text(wrong)
    out = denizen(folder, "test", "a.cases.yaml", code=1).stdout
    at = " at 2026-01-03T00:00:00Z: "
    assert f"bob total{at}expected 61, found 60" in out
    assert f"account total{at}expected 68, found 67" in out
    assert f"account pqa{at}expected false, found true" in out
    assert f"account pql_members{at}expected 1, found 0" in out
    assert (
        f"account size{at}expected 15, found no line  (there are several; write `fit size` or `behavior size`)" in out
    )
    assert f"account people of behavior size{at}expected lead, found lead, bob" in out
    assert len(json.loads(denizen(folder, "test", "a.cases.yaml", "--json", code=1).stdout)["cases"][0]["differences"]) == 6  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("colleagues:\n    bob:", "colleagues:\n    lead:", "colleagues.lead: `lead` is the lead of the case"),
        ("{role: [bob]", "{role: [bobb]", "c.yaml:17:107: error[wrong-value]: at[1].expect.account.people.role[0]: nobody in this case is called `bobb`; did you mean `bob`?"),
        ("expect:\n        total: 55\n        colleagues: {bob:", "expect:\n        total: 55\n        colleagues: {eve:", "nobody in this case is called `eve`; people: bob"),
        ("members: 2", "members: -2", "greater than or equal to 0"),
        ("account: {pqa: false, members: 2, gates: {total: false, fit: true}}", "account: {}", "nothing is expected of the account"),
        ("events: [{event: used, at: 2026-01-03}]", "event: used", "unknown key `event`; did you mean `events`?"),
    ],
)  # fmt: skip
def test_a_malformed_account_of_a_case_is_refused_with_its_place(folder, old, new, message):
    assert old in ACCOUNTS
    (folder / "c.yaml").write_text(ACCOUNTS.replace(old, new))
    with pytest.raises(DenizenError) as caught:
        load_cases(folder / "c.yaml")
    assert message in str(caught.value)


def test_a_lead_without_an_account_has_no_account_score(folder):
    (folder / "c.yaml").write_text(
        "- case: alone\n  model: {model: m}\n  as_of: 2026-01-01\n  lead: {account_id: null}\n  expect: {account: {pqa: false}}\n"
    )
    assert run_case(load_cases(folder / "c.yaml")[0]) == {"account": ("an account", "none")}
