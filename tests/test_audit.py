"""An audit: what it finds is there, what is not there it does not find, and nobody is named."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import worlds
from denizen.clock import from_us
from denizen.errors import DenizenError
from denizen.model.load import load_model
from denizen.scoring.audit.gaps import find_dark_days, find_gaps
from denizen.scoring.audit.instrument import request_text
from denizen.scoring.audit.maturity import judge
from denizen.scoring.audit.page import audit_page, telling
from denizen.scoring.audit.privacy import Seen, masked, shape, shown_values
from denizen.scoring.audit.spelling import mixed
from test_laws import frames
from worlds import T

DENIZEN = Path(sys.executable).parent / "denizen"
START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = """
model: messy
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 40}]}, place: {attribute: city, bands: [{is: x, points: 10}]}}}
behavior:
  criteria:
    core: {count: report_built, bands: [{at_least: 3, points: 20}], key: true}
    integration: {count: integration_connected, points: 15, key: true}
    invites: {count: [teammate_invited, user_invited], points: 15}
    pricing: {count: pricing_viewed, where: {signed_in: true}, points: 10}
    depth: {session_depth: [report_built, pricing_viewed, alert_created], bands: [{at_least: 3, points: 9}, {at_least: 2, points: 4}]}
    spent: {sum: {of: amount, event: paid}, bands: [{at_least: 1, points: 6}]}
    exports: {count: [data_exported, report_built], points: 5}
    gone: {count: unsubscribed, points: -5}
  velocity: {at_least: 5, within: 48h, points: 25}
"""


def row(lead, event, at, **more):
    return {"lead_id": f"l{lead}", "event": event, "timestamp": (START + at).isoformat(), **more}


def messy():
    """A world in which each fault is planted, in a number of its own."""
    rows = [
        row(
            n,
            "report_built",
            timedelta(days=n % 60, hours=9, minutes=m),
            event_id=f"r{n}-{m}",
            properties={"plan": "pro", "who": f"u{n}@corp.example"},
        )
        for n in range(100)
        for m in range(3)
    ]
    rows += [row(n, "Report Built", timedelta(days=30, seconds=n), event_id=f"s{n}") for n in range(7)]
    rows += [
        row(n, "pricing_viewed", timedelta(days=40, seconds=n), event_id=f"p{n}", properties={"page": "/pricing"})
        for n in range(20)
    ]
    rows += [
        row(n, "paid", timedelta(days=40, minutes=n), event_id=f"b{n}", properties={"amount": n if n % 10 else "free"})
        for n in range(50)
    ]
    rows += [dict(rows[n]) for n in range(11)]
    rows += [row(n, "report_built", timedelta(days=n % 60, hours=9), event_id=f"again{n}") for n in range(5)]
    rows += [{**row(n, "report_built", timedelta()), "timestamp": "31-12-2026"} for n in range(13)]
    rows += [row(1000 + n, "report_built", timedelta(days=20), event_id=f"x{n}") for n in range(17)]
    rows += [row(n, "paid", timedelta(days=-3), event_id=f"early{n}", properties={"amount": 1}) for n in range(9)]
    rows += [row(n, "paid", timedelta(days=36_500), event_id=f"future{n}", properties={"amount": 1}) for n in range(3)]
    rows[0] |= {"received_at": (START - timedelta(days=2)).isoformat()}
    for r in rows[1:30]:
        r["received_at"] = (datetime.fromisoformat(r["timestamp"]) + timedelta(days=4)).isoformat()
    leads = [
        {"lead_id": f"l{n}", "signup_at": (START + timedelta(days=n % 60)).isoformat(), "employees": 10 + n}
        for n in range(120)
    ]
    return [{**r, "properties": json.dumps(r["properties"]) if "properties" in r else None} for r in rows], leads


@pytest.fixture(scope="module")
def audited():
    events, leads = messy()
    return denizen.audit(MODEL, events=events, leads=leads, as_of="2026-06-01")


def counts(audit):
    return {f.code: f.count for f in audit.faults}


def test_each_planted_fault_is_found_with_its_number(audited):
    found = counts(audited)
    for code, count in {
        "duplicates": 11, "repeated-rows": 5, "rejected": 13, "unknown-leads": 17, "future": 3,
        "clock-skew": 1, "mixed-spellings": 7, "mixed-types": 5, "silent-leads": 20,
    }.items():  # fmt: skip
        assert found[code] == count, code
    assert found["before-signup"] >= 9
    assert "look like 99-99-9999" in next(f.message for f in audited.faults if f.code == "rejected")


def test_coverage_tells_fed_from_partly_fed_from_unfed(audited):
    states = {c.criterion: c.state for c in audited.coverage}
    assert states == {
        "size": "fed", "place": "unfed", "core": "fed", "integration": "unfed", "invites": "unfed", "pricing": "unfed",
        "depth": "partly fed", "spent": "fed", "exports": "partly fed", "gone": "unfed",
    }  # fmt: skip
    pricing = next(c for c in audited.coverage if c.criterion == "pricing")
    assert (pricing.missing, pricing.missing_properties) == ((), ("signed_in",))


def test_coverage_counts_what_the_ledger_says(audited):
    events, leads = messy()
    ledger = denizen.score(MODEL, events=events, leads=leads, as_of="2026-06-01", ledger=True).ledger.to_pylist()
    for covered in audited.coverage:
        lines = [x for x in ledger if x["line"] == covered.criterion and x["kind"] == "criterion"]
        assert covered.fired == sum(x["points"] != 0 for x in lines)
        assert covered.unknown == sum(x["unknown"] for x in lines)


def test_what_is_asked_for_is_worth_most_first_and_says_when_to_fire(audited):
    asked = [(r.event, r.missing, r.points, r.criteria) for r in audited.requests]
    assert asked == [
        ("integration_connected", "event", 15.0, ("integration",)),
        ("teammate_invited", "event", 15.0, ("invites",)),
        ("user_invited", "event", 15.0, ("invites",)),
        ("pricing_viewed", "property", 10.0, ("pricing",)),
        ("unsubscribed", "event", -5.0, ("gone",)),
    ]
    assert "confirmed the connection" in audited.requests[0].fire
    told = request_text("messy", audited.requests)
    assert "property `signed_in`; what counts: is true" in told


def test_a_proxy_can_be_pasted_into_the_model_and_feeds_it(audited):
    assert [(p.signal, p.instead_of) for p in audited.proxies] == [
        ("session minutes", ("integration",)),
        ("users of the same company", ("invites",)),
    ] or [p.signal for p in audited.proxies][:2] == ["session minutes", "users of the same company"]
    pasted = MODEL.replace(
        "    core:", "".join(f"    {line}\n" for p in audited.proxies for line in p.yaml.splitlines()) + "    core:"
    )
    assert len(load_model(pasted).spec.behavior.criteria) == 8 + len(audited.proxies)


def test_reach_is_bounded_by_what_is_seen_in_the_data(audited):
    fit, behavior, total = audited.reach
    assert (fit.design, fit.data) == (50.0, 40.0)
    assert (behavior.design, behavior.data) == (105.0, 20 + 4 + 6 + 5 + 25)
    assert (total.design, total.data, total.holds) == (155.0, 100.0, True)
    assert audited.can_qualify


def test_a_model_that_no_lead_can_pass_is_said_to_be_so():
    events, leads = messy()
    strict = MODEL + "pql: {total: 101, fit: 15, behavior: 61}\n"
    found = denizen.audit(strict, events=events, leads=leads, as_of="2026-06-01")
    assert not found.can_qualify
    assert found.blocked_by == (
        "behavior: at most 60 of the 61 that the gate asks",
        "total: at most 100 of the 101 that the gate asks",
    )


@settings(max_examples=2)
@given(model=worlds.models(), world=worlds.worlds)
def test_no_score_is_above_what_the_data_can_reach(model, world):
    leads, events = frames(world)
    found = denizen.audit(json.dumps(model, indent=1), leads=leads, events=events, as_of=from_us(T))
    for part in found.reach:
        assert part.data is None or part.seen <= part.data + 1e-6, part
        assert part.design is None or (part.data is not None and part.data <= part.design + 1e-6), part


def test_nobody_is_named_anywhere(audited):
    told = json.dumps(audited.as_dict()) + audit_page(audited) + repr(audited)
    assert "@corp.example" not in told
    assert "pro" in next(
        p.examples for e in audited.events if e.event == "report_built" for p in e.properties if p.name == "plan"
    )


@given(st.from_regex(r"[a-z]{2,8}@[a-z]{2,8}\.com", fullmatch=True))
def test_an_address_in_the_name_of_an_event_is_masked(address):
    assert address not in masked(f"mail sent to {address} today")


@pytest.mark.parametrize(
    "value", ["John Smith", "Smith, John", "Dr. Ada King-Noel", '["John Smith"]', "山田太郎", "J. Smith"]
)
@pytest.mark.parametrize("name", ["stage", "handled"])
def test_a_value_that_looks_like_a_name_is_hidden_with_all_beside_it(name, value):
    top = [Seen("web", 50), Seen(value, 12)]
    assert shown_values(name, 2, top) == ((), "values look like names")


def test_a_text_under_a_name_that_speaks_of_people_is_hidden_and_a_number_is_not():
    events = [
        row(n, "a", timedelta(minutes=n), owner="anna", invitedBy="anna", members=3, device="web") for n in range(12)
    ]
    shown = {p.name: p for p in denizen.audit(MODEL, events=events, as_of="2026-06-01").events[0].properties}
    assert (shown["owner"].examples, shown["invitedBy"].examples) == ((), ())
    assert shown["owner"].hidden == "the name says it may be personal"
    assert shown["members"].hidden is None
    assert shown["device"].examples == ("web",)


@pytest.mark.parametrize("value", ["web", "Enterprise", "page viewed", "pro", "en-US", "v2 Beta"])
def test_a_common_word_is_shown(value):
    assert shown_values("device", 1, [Seen(value, 12)]) == ((value,), None)


def test_values_that_few_leads_share_are_not_shown():
    events = [row(n, "a", timedelta(minutes=n), city="Ulm" if n < 4 else "Berlin") for n in range(12)]
    shown = denizen.audit(MODEL, events=events, as_of="2026-06-01").events[0].properties[0]
    assert shown.examples == ("Berlin",)


def test_data_cannot_inject_into_the_page():
    events = [row(n, "<script>alert(1)</script>", timedelta(minutes=n), plan="<b>") for n in range(9)]
    page = audit_page(denizen.audit(MODEL, events=events, as_of="2026-06-01"))
    assert "<script>" not in page
    assert "<b>" not in page.split("<h2>Events</h2>")[1]


def test_properties_are_found_in_documents_columns_and_nested():
    events = [
        {
            **row(n, "a", timedelta(minutes=n)),
            "level": "free",
            "properties": json.dumps({"a": {"b": 1 + n}, "on": True}),
        }
        for n in range(9)
    ]
    found = {
        p.name: (p.type, p.fill) for p in denizen.audit(MODEL, events=events, as_of="2026-06-01").events[0].properties
    }
    assert found == {"level": ("text", 1.0), "a.b": ("number", 1.0), "on": ("boolean", 1.0)}


def poisson(rng, mean):
    return sum(rng.random() < mean / 1000 for _ in range(1000))


def test_a_planted_break_is_found_and_steady_tracking_raises_no_alarm():
    rng = random.Random(7)
    others = [poisson(rng, 40) for _ in range(120)]
    steady = [[poisson(rng, mean) for _ in range(120)] for mean in (0.5, 2, 6, 15) for _ in range(25)]
    assert [find_gaps(series, others) for series in steady] == [[]] * 100
    broken = [poisson(rng, 6) if not 70 <= day < 80 else 0 for day in range(120)]
    stopped = [poisson(rng, 6) if day < 100 else 0 for day in range(120)]
    late = [poisson(rng, 6) if day >= 30 else 0 for day in range(120)]
    assert [(g.kind, g.first, g.last) for s in (broken, stopped, late) for g in find_gaps(s, others)] == [
        ("paused", 70, 79), ("stopped", 100, 119), ("started late", 0, 29),
    ]  # fmt: skip


def test_a_lull_of_everything_is_no_break_of_one_event():
    others = [40] * 50 + [0] * 20 + [40] * 50
    assert find_gaps([6] * 50 + [0] * 20 + [6] * 50, others) == []
    assert find_dark_days([40] * 20 + [0] + [40] * 20) == [20]
    assert find_dark_days([40] * 20 + [0] + [1]) == []


def test_names_are_alike_whatever_their_case_and_separators():
    assert mixed(["teammate_invited", "Teammate Invited", "teammateInvited", "paid"]) == [
        ("Teammate Invited", "teammateInvited", "teammate_invited")
    ]


@pytest.mark.parametrize(
    ("names", "verdict"),
    [
        ([], "minimal"),
        (["logged_in", "Sign Up", "session_start", "page_view"], "minimal"),
        (["logged_in", "report_built"], "partial"),
        ([f"e{n}" for n in range(50)], "full"),
    ],
)
def test_maturity_follows_the_methodology(names, verdict):
    assert judge(names, ()).verdict == verdict


def test_a_shape_tells_how_a_value_is_written():
    assert shape("13-Feb-2024 é") == "99-aaa-9999 a"


def test_dates_before_a_signup_by_the_clock_are_told_apart():
    events = [
        {"lead_id": "a", "event": "login", "timestamp": "2026-01-05"},
        {"lead_id": "a", "event": "login", "timestamp": "2026-01-01"},
    ]
    found = denizen.audit(
        MODEL, events=events, leads=[{"lead_id": "a", "signup_at": "2026-01-05T08:00:00Z"}], as_of="2026-02-01"
    )
    assert (counts(found)["before-signup"], counts(found)["before-signup-by-date"]) == (1, 1)


def test_an_audit_needs_events():
    with pytest.raises(DenizenError, match="no events to audit"):
        denizen.audit(MODEL, events=None, leads=[{"lead_id": "a"}])


def command(folder, *arguments, code=0):
    done = subprocess.run(
        [DENIZEN, "audit", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == code, done.stderr + done.stdout
    return done


def test_the_command_prints_json_and_writes_a_page(tmp_path):
    events, leads = messy()
    (tmp_path / "model.yaml").write_text(MODEL)
    for name, rows in (("events", events), ("leads", leads)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    files = ("model.yaml", "--leads", "leads.jsonl", "--events", "events.jsonl", "--as-of", "2026-06-01")
    told = json.loads(command(tmp_path, *files, "--json", "--html", "a.html").stdout)
    assert list(told) == (
        "model model_hash as_of leads pql rows maturity events events_left_out first_day products coverage attributes faults requests proxies reach"
        " can_qualify blocked_by warnings".split()
    )
    assert {f["code"] for f in told["faults"]} >= {"rejected", "duplicates", "future"}
    page = (tmp_path / "a.html").read_text()
    assert "src=" not in page
    assert "http" not in page.replace("http://www.w3.org", ""), "but for the names of what SVG is"
    printed = command(tmp_path, *files).stdout
    assert "partial tracking" in printed
    assert "integration_connected" in printed


@pytest.mark.parametrize("path", ["events.csv", "page.txt", "nowhere/a.html"])
def test_a_page_that_cannot_be_written_is_refused_before_any_work(tmp_path, path):
    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "events.csv").write_text("lead_id,event,timestamp\na,b,2026-01-01\n")
    assert "bad-argument" in command(tmp_path, "model.yaml", "--events", "events.csv", "--html", path, code=2).stderr


def test_third_party_faults_are_found(shared):
    folder = shared / "data" / "relax_collab_saas"
    found = denizen.audit(
        MODEL, events=str(folder / "events.csv.gz"), leads=str(folder / "leads.csv.gz"), as_of="2014-06-07",
        columns={"events": {"timestamp": "date"}},
    )  # fmt: skip
    assert found.maturity.verdict == "minimal"
    assert counts(found) == {"before-signup-by-date": 4347, "dates-only": 207917, "silent-leads": 3177}


def test_the_page_draws_what_was_tracked_when_and_how_often_criteria_fire(audited):
    page = audit_page(audited)
    assert page.count("<svg") == 3
    assert audited.first_day is not None
    assert "currentColor" in page
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_without_what_draws_charts_the_page_shows_their_numbers(audited, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = audit_page(audited)
    assert "<svg" not in page
    assert "The numbers" in page


SMALL = """model: m
behavior: {criteria: {core: {count: core, points: 60}}}
pql: {total: 50, fit: 0, behavior: 0}
segments: [{name: large, when: {size: 100}, pql: {total: 40}}]
account: {criteria: {funded: {count: funding_round, points: 5}, using: {count: core, points: 5}}}
"""


def few(**more):
    rows = [row(n, "core", timedelta(days=1 + 40 * (n % 2)), event_id=f"e{n}", kind="track") for n in range(4)]
    rows += [dict(rows[0]), row(0, "seen", timedelta(days=2), event_id="s", kind="track", page='{"a": {"b": 1}}')]
    people = [
        {
            "lead_id": f"l{n}",
            "account_id": "a",
            "size": 1,
            "signup_at": (START + timedelta(days=40 * (n % 2))).isoformat(),
        }
        for n in range(6)
    ]
    return denizen.audit(SMALL, leads=people, events=rows, as_of="2026-01-20", **more)


def test_everything_is_told_of_one_instant_and_each_event_once():
    found = few()
    core = next(e for e in found.events if e.event == "core")
    assert (core.rows, core.used, core.leads, core.last_at) == (3, 2, 2, "2026-01-02T00:00:00Z")
    assert sum(e.used for e in found.events) == found.rows["events"]["used"]
    silent = next(f for f in found.faults if f.code == "silent-leads")
    assert (silent.count, silent.of) == (1, 3), "three have not signed up yet"


def test_criteria_of_accounts_are_covered_and_asked_for():
    found = few()
    of_account = {c.criterion: (c.state, c.fired) for c in found.coverage if c.part == "account"}
    assert of_account == {"funded": ("unfed", 0), "using": ("fed", 1)}
    assert [r.event for r in found.requests] == ["funding_round"]


def test_the_gate_of_each_segment_is_shown():
    assert next(r for r in few().reach if r.part == "total").gate_text == "40 (large), 50 (all others)"


def test_nobody_is_told_to_ask_for_events_where_none_is_missing():
    assert any("missing events" in a for a in judge({"core"}, []).advice)
    assert not any("missing events" in a for a in judge({"core"}, [], lacking=False).advice)


def test_documents_and_what_every_event_has_are_not_listed():
    found = few()
    assert {p.name for e in found.events for p in e.properties} >= {"kind"}
    assert [p.name for e in found.events for p in telling(found, e) if p.name in ("kind", "page")] == []


def test_an_event_that_ends_with_the_signups_is_no_fault():
    rows, people = [], []
    for n in range(600):
        signup = timedelta(hours=4 * n) if n < 300 else timedelta(hours=4 * (n - 300))
        people.append({"lead_id": f"l{n}", "signup_at": (START + signup).isoformat()})
        rows.append(row(n, "signed_up", signup))
        rows += [row(n, "core", signup + timedelta(days=d)) for d in (1, 5, 9, 20, 30, 40)]
    found = denizen.audit(SMALL, leads=people, events=rows, as_of="2026-04-15")
    codes = {f.code: f.level for f in found.faults if "signed_up" in f.message}
    assert codes == {"ends-with-signups": "note"}


ACCOUNTS_ALONE = """
model: m
fit: {criteria: {student: {attribute: title, bands: [{is: student, points: 0}], disqualifies: true}}}
behavior: {criteria: {reports: {count: report, points: 40}}}
account:
  criteria: {funding: {count: funding, points: 10}, round: {count: exit, points: 5}}
  pqa: {total: 50, fit: 0, behavior: 50}
pql: {total: 40, fit: 0, behavior: 40}
"""
ACCOUNTS_ALONE_EVENTS = """event_id,lead_id,account_id,event,timestamp
1,ana,,report,2026-06-02T00:00:00Z
2,bob,,report,2026-06-02T00:00:00Z
3,,a1,funding,2026-06-03T00:00:00Z
4,,elsewhere,exit,2026-06-03T00:00:00Z
"""


@pytest.fixture(scope="module")
def audit_of_accounts_alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    (folder / "model.yaml").write_text(ACCOUNTS_ALONE)
    (folder / "events.csv").write_text(ACCOUNTS_ALONE_EVENTS)
    (folder / "leads.csv").write_text(
        "lead_id,account_id,signup_at,title\nana,a1,2026-06-01,Student\nbob,a1,2026-06-01,CTO\n"
    )
    given = ["--leads", "leads.csv", "--events", "events.csv", "--as-of", "2026-06-10", "--json"]
    ran = subprocess.run(
        [DENIZEN, "audit", "model.yaml", *given], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def test_an_event_that_carries_only_an_account_feeds_a_criterion_over_accounts(audit_of_accounts_alone):
    found = {c["criterion"]: c for c in audit_of_accounts_alone["coverage"]}
    assert (found["funding"]["state"], found["funding"]["fired"], found["funding"]["missing"]) == ("fed", 1, [])
    assert found["round"]["state"] == "unfed", "its account is none of the leads'"
    listed = {e["event"]: (e["rows"], e["used"], e["leads"]) for e in audit_of_accounts_alone["events"]}
    assert listed == {"report": (2, 2, 2), "funding": (1, 1, 0)}
    assert sum(used for _, used, _ in listed.values()) == audit_of_accounts_alone["rows"]["events"]["used"]
    assert [(r["event"], r["of_account"]) for r in audit_of_accounts_alone["requests"]] == [("exit", True)]


def test_a_band_without_points_fires(audit_of_accounts_alone):
    student = next(c for c in audit_of_accounts_alone["coverage"] if c["criterion"] == "student")
    assert (student["state"], student["fired"], student["fired_share"]) == ("fed", 1, 0.5)
    assert "never-fires" not in {f["code"] for f in audit_of_accounts_alone["faults"]}


def test_what_is_hidden_on_every_event_is_told_once(tmp_path):
    rows = [
        {"lead_id": f"l{n}", "event": e, "timestamp": "2026-01-02", "properties": {"anonymousId": f"a{n}", "plan": "x"}}
        for n in range(3)
        for e in ("report", "login", "paid")
    ]
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in rows))
    (tmp_path / "model.yaml").write_text("model: m\nbehavior: {criteria: {r: {count: report, points: 5}}}\n")
    asked = [DENIZEN, "audit", "model.yaml", "--events", "events.jsonl", "--as-of", "2026-02-01", "--html", "a.html"]
    out = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert out.count("anonymousId") == 1
    assert "not shown because the name says it may be personal: anonymousId" in " ".join(out.split())
    assert "may be personal: anonymousId" in (tmp_path / "a.html").read_text()
