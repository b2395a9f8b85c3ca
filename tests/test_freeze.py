"""Freezing a lead: the same score, and no id, address, date or text of the original."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings

import denizen
import worlds
from denizen.clock import parse_instant
from denizen.errors import DenizenError
from denizen.ingest.project import Data
from denizen.model.load import load_model, parse_model
from denizen.model.source import parse_yaml
from denizen.model.values import Literal, read_number
from denizen.plan.build import build_program
from denizen.plan.needs import asked_of
from denizen.testing import freeze_account, freeze_lead, load_cases, run_cases
from denizen.testing.anonymous import Disguise
from denizen.testing.neutral import Neutral
from test_cli import denizen as command
from test_laws import frames
from test_programs import frames as tables_of


def texts(value):
    """Every text and number within plain data, spelled as it is compared."""
    if isinstance(value, dict):
        return {t for v in value.values() for t in texts(v)}
    if isinstance(value, list):
        return {t for v in value for t in texts(v)}
    if value is None or isinstance(value, bool):
        return set()
    return {Literal.of(value if isinstance(value, str) else str(value)).canonical}


@settings(max_examples=4)
@given(model=worlds.models(), world=worlds.worlds)
def test_a_frozen_lead_has_the_same_score_and_none_of_its_texts(tmp_path_factory, model, world):
    folder = tmp_path_factory.mktemp("frozen")
    loaded = parse_model(json.dumps(model, indent=1), "model.yaml")
    (folder / "model.yaml").write_text(json.dumps(model, indent=1))
    leads, events = frames(world)
    out = folder / "a.cases.yaml"
    text = freeze_lead(loaded, "lead 0", Data(leads=leads, events=events), worlds.T, file=str(out))
    out.write_text(text)
    case = load_cases(out)
    assert run_cases(case)[0].passed
    score = denizen.score(loaded, leads=leads, events=events, as_of=denizen.clock.from_us(worlds.T)).scores.to_pylist()
    original = next(r for r in score if r["lead_id"] == "lead 0")
    expect = case[0].moments[0].expect
    told = (float(expect.fit), float(expect.behavior), float(expect.total), expect.pql)
    assert told == (original["fit"], original["behavior"], original["total"], original["pql"])
    data = parse_yaml(text, "f").data[0]
    assert "lead 0" not in text
    assert "2026" not in json.dumps(
        [data["as_of"], data["lead"], [e["at"] for e in data.get("events", [])]], default=str
    )
    lead, log = world[0]
    given_texts = texts([lead[k] for k in ("title", "size", "tools")]) | texts([e["properties"] for e in log])
    listed = texts(model)
    kept = "\n".join(line for line in text.splitlines() if line.startswith("  # kept"))
    frozen = texts([{k: v for k, v in data["lead"].items() if not k.endswith("_at")}, [e.get("properties") for e in data.get("events", [])]])  # fmt: skip
    for leaked in (given_texts & frozen) - listed:
        assert read_number(leaked) is not None or kept, leaked


@pytest.mark.parametrize("given_as", [True, False, "TRUE", "False "])
@pytest.mark.parametrize("asked", ["true", "false"])
def test_a_boolean_stays_a_boolean(tmp_path, given_as, asked):
    model = (
        f"model: m\nbehavior: {{criteria: {{pricing: {{count: viewed, where: {{logged_in: {asked}}}, points: 10}}}}}}\n"
    )
    (tmp_path / "m.yaml").write_text(model)
    events = [{"lead_id": "x", "event": "viewed", "timestamp": "2026-01-01", "properties": {"logged_in": given_as}}]
    loaded, at = parse_model(model, "m.yaml"), parse_instant("2026-01-02")
    text = freeze_lead(loaded, "x", Data(events=events), at, file=str(tmp_path / "a.yaml"))
    assert f"properties: {{logged_in: {str(given_as).strip().lower()}}}" in text
    assert "text 1" not in text


MODEL = """model: m
fit:
  criteria:
    role: {attribute: title, bands: [{matches: '\\b(vp|head)\\b', points: 10}, {exists: true, points: 2}]}
    size: {attribute: employees, bands: [{between: [50, 500], points: 15}]}
    mail: {attribute: email, bands: [{matches: '@rival[.]', points: -30}]}
    company: {attribute: company, bands: [{exists: true, points: 1}]}
    stack: {attribute: tools, bands: [{contains_any: [Salesforce], points: 4}]}
behavior:
  criteria:
    built: {count: built, where: {plan: {in: [Pro, Team]}}, points: 20}
    days: {distinct: {of: days}, each: 1, points: 1}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "leads.csv").write_text(
        "lead_id,title,employees,email,company,tools,signup_at\n"
        'u42,"VP Growth, Acme Inc",123,ada@acme.example,Acme Inc,"[""Salesforce"", ""Acme Tool""]",2026-01-01\n'
    )
    (tmp_path / "events.csv").write_text(
        "lead_id,event,timestamp,event_id,properties\n"
        'u42,built,2026-01-02T23:59:59Z,k1,"{""plan"": ""pro"", ""note"": ""call Ada""}"\n'
        "u42,Acme Launch,2026-01-03T00:00:00Z,k2,\n"
        "u42,built,2027-01-01,k3,\n"
    )
    return tmp_path


ARGUMENTS = ("freeze", "model.yaml", "u42", "--leads", "leads.csv", "--events", "events.csv", "--as-of", "2026-01-04")


def test_the_command_writes_a_case_that_holds(folder):
    (folder / "cases").mkdir()
    assert "wrote the case to cases/one.yaml" in command(folder, *ARGUMENTS, "--out", "cases/one.yaml").stdout
    text = (folder / "cases" / "one.yaml").read_text()
    for private in ("u42", "acme", "Ada", "ada", "Growth", "2026", "2027", "123", "k1", "call"):
        assert private not in text, text
    assert 'model: "../model.yaml"' in text
    assert '# kept of title, since conditions look at it: "VP"' in text
    assert "1 passed, 0 failed" in command(folder, "test").stdout
    assert json.loads(command(folder, *ARGUMENTS, "--json").stdout)["case"].startswith("- case: a real lead")
    assert "is there already" in command(folder, *ARGUMENTS, "--out", "cases/one.yaml", code=2).stderr
    assert "unknown-lead" in command(folder, *ARGUMENTS[:2], "nobody", *ARGUMENTS[3:], code=1).stderr


def test_a_note_stands_once_however_many_values_are_kept_as_it():
    title = Neutral("title", ())
    title.kept += ["VP", "VP", "CTO"]
    disguise = Disguise(frozenset(), 0, {"title": title}, {}, {}, {}, {}, {})
    assert list(disguise.notes()) == [f'  # kept of title, since conditions look at it: "{t}"\n' for t in ("VP", "CTO")]


def test_a_neutral_value_holds_the_same_conditions_and_is_always_the_same():
    asked = asked_of(*build_program(parse_model(MODEL, "m")).plans)
    title = Neutral("title", asked.attributes["title"])
    assert title.of("VP Growth") == title.of(" vp growth") == "VP"
    assert title.kept == ["VP"]
    assert title.of("Engineer") != title.of("Designer")
    assert Neutral("employees", asked.attributes["employees"]).of("123") == "50"
    assert parse_instant("2026-01-01")


@settings(max_examples=2)
@given(model=worlds.programs(), society=worlds.societies())
def test_a_frozen_account_and_a_frozen_member_have_the_same_scores_and_no_ids(tmp_path_factory, model, society):
    file = tmp_path_factory.mktemp("frozen") / "a.cases.yaml"
    (file.parent / "m.yaml").write_text(json.dumps(model, indent=1))
    leads, events = tables_of(society)
    loaded = parse_model(json.dumps(model, indent=1), "model.yaml")
    data = Data(leads=leads, events=events)
    result = denizen.score(
        loaded, leads=leads, events=events, as_of=denizen.clock.from_us(worlds.T), account_scores=True
    )
    for account in result.account_scores.to_pylist()[:1]:
        text = freeze_account(loaded, account["account_id"], data, worlds.T, file=str(file), model_path="m.yaml")
        told = parse_yaml(text, "a").data[0]["expect"]["account"]
        named = {k: float(v) if isinstance(account[k], float) else v for k, v in told.items() if k in account}
        assert named == {k: account[k] for k in named}
        assert {"fit", "behavior", "total", "pqa", "members", "pql_members"} <= named.keys()
        assert not re.search(rf"lead \d|\b{account['account_id']}\b", text), text
    text = freeze_lead(loaded, "lead 0", data, worlds.T, file=str(file), model_path="m.yaml")
    own = next(r for r in result.scores.to_pylist() if r["lead_id"] == "lead 0")
    assert float(parse_yaml(text, "a").data[0]["expect"]["total"]) == own["total"]
    assert not re.search(r"lead \d", text)


COMPANY = """model: company
fit: {criteria: {role: {attribute: title, bands: [{matches: 'vp', points: 10}]}}}
behavior:
  criteria:
    people: {distinct: {of: leads, event: built}, scope: account, each: 1, points: 5}
    raised: {count: funding_round, scope: account, points: 3}
account: {rollup: sum, criteria: {champion: {count: Admin, points: 7}}, pqa: {total: 20, fit: 10, behavior: 10}}
"""


@pytest.fixture
def company(tmp_path):
    (tmp_path / "model.yaml").write_text(COMPANY)
    (tmp_path / "leads.csv").write_text(
        "lead_id,account_id,title\nu1,Acme Inc,Analyst\nu2,Acme Inc,VP Growth\nu3,Acme Inc,Clerk\nu4,Beta,VP\nu5,,VP\n"
    )
    (tmp_path / "events.csv").write_text(
        "lead_id,account_id,event,timestamp\nu1,,built,2026-01-02\nu2,,built,2026-01-02\nu2,,Secret,2026-01-02\nu3,,Admin,2026-01-03\n"
        ",Acme Inc,funding_round,2026-01-03\n,Acme Inc,Secret Deal,2026-01-03\n,Beta,funding_round,2026-01-03\nu4,,built,2026-01-02\n"
    )
    return tmp_path


DATA = ("--leads", "leads.csv", "--events", "events.csv", "--as-of", "2026-01-04")


def test_of_a_lead_only_the_colleagues_that_matter_are_frozen(company):
    out = command(company, "freeze", "model.yaml", "u1", *DATA, "--out", "u1.cases.yaml").stdout
    assert "wrote the case" in out
    case = parse_yaml((company / "u1.cases.yaml").read_text(), "c").data[0]
    assert case["colleagues"] == {"person_1": {"events": [{"event": "built", "at": "2000-12-30T00:00:00Z"}]}}
    assert [e["event"] for e in case["account_events"]] == ["funding_round"]
    assert case["expect"]["lines"]["people"] == 10
    assert "1 passed, 0 failed" in command(company, "test").stdout


def test_an_account_is_frozen_with_all_its_people(company):
    command(company, "freeze", "model.yaml", "--account", "Acme Inc", *DATA, "--out", "acme.cases.yaml")
    text = (company / "acme.cases.yaml").read_text()
    for private in ("Acme", "acme", "u1", "u2", "u3", "Growth", "Secret", "Clerk", "Analyst", "2026"):
        assert private not in text.replace("acme.cases", ""), text
    expect = parse_yaml(text, "c").data[0]["expect"]["account"]
    assert (expect["members"], expect["pqa"], expect["behavior"]) == (3, True, 46)
    assert expect["people"] == {"role": ["person_1"], "champion": ["person_2"]}
    assert expect["lines"]["member lead"] == 13
    assert "1 passed, 0 failed" in command(company, "test").stdout


def test_what_cannot_be_frozen_is_told(company):
    assert "unknown-account" in command(company, "freeze", "model.yaml", "--account", "nope", *DATA, code=1).stderr
    both = command(company, "freeze", "model.yaml", "u1", "--account", "Beta", *DATA, code=2)
    assert "name one lead, or one account" in both.stderr


@pytest.mark.engine
def test_an_account_is_frozen_on_every_engine(company, engine):
    data = Data(leads=str(company / "leads.csv"), events=str(company / "events.csv"))
    model = load_model(company / "model.yaml")
    at = parse_instant("2026-01-04")
    file = str(company / "a.cases.yaml")
    text = freeze_account(model, "Acme Inc", data, at, engine=engine, file=file, model_path="model.yaml")
    assert text == freeze_account(model, "Acme Inc", data, at, file=file, model_path="model.yaml")


def test_python_freezes_leads_and_accounts(company, monkeypatch):
    monkeypatch.chdir(company)
    given = {"leads": "leads.csv", "events": "events.csv", "as_of": "2026-01-04"}
    assert denizen.freeze("model.yaml", account_id="Acme Inc", **given).startswith(
        "- case: a real account with a total"
    )
    assert "model: model.yaml" in denizen.freeze("model.yaml", "u4", **given)
    (company / "cases").mkdir()
    assert 'model: "../model.yaml"' in denizen.freeze("model.yaml", "u4", beside="cases/u4.yaml", **given)
    for wrong in ({"lead_id": "u4", "account_id": "x"}, {}):
        with pytest.raises(DenizenError, match="name one lead, or one account"):
            denizen.freeze("model.yaml", **wrong, **given)
    with pytest.raises(DenizenError, match="by a path"):
        denizen.freeze(COMPANY, "u4", **given)


def test_a_case_names_a_model_of_an_absolute_path_from_where_it_stands(folder):
    absolute = (*ARGUMENTS[:1], str(folder / "model.yaml"), *ARGUMENTS[2:])
    text = command(folder, *absolute).stdout
    assert "model: model.yaml" in text
    assert str(folder) not in text


def test_an_anchor_that_stands_twice_means_the_last_before_its_alias_and_warns_of_nothing(folder):
    (folder / "two.cases.yaml").write_text(
        "- case: one\n  model: model.yaml\n  as_of: &when 2026-01-02\n  events: []\n  expect: {behavior: 0}\n"
        "- case: two\n  model: model.yaml\n  as_of: &when 2026-01-03\n  events: []\n  expect: {behavior: 0}\n"
    )
    done = command(folder, "test", "two.cases.yaml", code=0)
    assert "Anchor" not in done.stdout + done.stderr
    assert parse_yaml("[&a x, *a, &a y, *a]", "f").data == ["x", "x", "y", "y"]
