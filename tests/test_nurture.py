"""Nurture: the milestone that would move each lead most is found by scoring, and nobody is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

import denizen
import worlds
from denizen.clock import from_us
from test_laws import frames
from worlds import T

MODEL = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 20}], disqualifies: false},
                 rival: {attribute: domain, bands: [{is: rival, points: 0}], disqualifies: true}}}
behavior:
  criteria:
    reports: {count: report, within: {first: 7d}, bands: [{at_least: 3, points: 30}, {at_least: 1, points: 5}]}
    invites: {count: invite, bands: [{at_least: 2, points: 15}, {at_least: 1, points: 10}]}
    pricing: {count: pricing, where: {logged_in: true}, points: 12}
    percent: {attribute: onboarding, bands: [{at_least: 100, points: 11}]}
  ceiling: {when: {plan: free}, after: 30d, unless: [pricing], at: 10}
pql: {total: 50, fit: 20, behavior: 30}
"""
LEADS = """lead_id,signup_at,employees,domain,plan,onboarding
ann,2026-06-08,60,,,
bob,2026-05-01,60,,,100
cat,2026-06-08,60,rival,,
dan,2026-01-01,60,,free,
eve,2026-06-08,60,,,100
"""
EVENTS = """lead_id,event,timestamp
ann,report,2026-06-09
ann,invite,2026-06-09
ann,invite,2026-06-09T01:00:00
bob,invite,2026-06-09
eve,report,2026-06-08
eve,report,2026-06-08T01:00:00
eve,report,2026-06-08T02:00:00
eve,invite,2026-06-08T02:00:00
eve,pricing,2026-06-08T03:00:00
"""
AS_OF = "2026-06-10"


@pytest.fixture
def folder(tmp_path):
    for name, text in (("model.yaml", MODEL), ("leads.csv", LEADS), ("events.csv", EVENTS)):
        (tmp_path / name).write_text(text)
    return tmp_path


def nurtured(folder, engine="duckdb:"):
    return denizen.nurture(
        folder / "model.yaml",
        leads=str(folder / "leads.csv"),
        events=str(folder / "events.csv"),
        as_of=AS_OF,
        engine=engine,
    )


@pytest.mark.engine
def test_each_lead_gets_the_milestone_that_adds_most(folder, engine):
    result = nurtured(folder, engine)
    rows = {r["lead_id"]: r for r in result.leads.to_pylist()}
    assert set(rows) == {"ann", "bob"}
    ann, bob = rows["ann"], rows["bob"]
    assert (ann["milestone"], ann["to_do"], ann["points"], ann["total_after"]) == ("reports", "2 more report", 25, 65)
    assert (ann["qualifies"], ann["gap"], ann["closes_at"].isoformat()) == (True, 10, "2026-06-15T00:00:00+00:00")
    # bob's window for reports closed on 8 May
    assert (bob["milestone"], bob["to_do"], bob["points"]) == ("pricing", "pricing with logged_in true once", 12)
    assert (bob["qualifies"], bob["closes_at"]) == (True, None)


def test_nobody_is_lost(folder):
    told = nurtured(folder).summary
    assert (told.leads, told.without_milestone, told.qualified, told.capped, told.disqualified) == (2, 0, 1, 1, 1)
    assert [(g.milestone, g.leads, g.would_qualify) for g in told.groups] == [("pricing", 1, 1), ("reports", 1, 1)]


def test_nurture_from_the_command_line(folder):
    def denizen_(*arguments):
        program = Path(sys.executable).parent / "denizen"
        data = ("--leads", "leads.csv", "--events", "events.csv", "--as-of", AS_OF)
        return subprocess.run(
            [program, "nurture", "model.yaml", *data, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    out = denizen_("--out", "campaign.csv")
    assert "left out: 1 PQL, 1 capped, 1 disqualified" in out
    assert (
        (folder / "campaign.csv")
        .read_text()
        .startswith("lead_id,account_id,email,milestone,to_do,points,coming_back,total,")
    )
    told = json.loads(denizen_("--json"))
    assert [g["milestone"] for g in told["groups"]] == ["pricing", "reports"]


@settings(max_examples=3)
@given(model=worlds.models(), world=worlds.worlds)
def test_every_lead_that_could_qualify_is_accounted_for(model, world):
    leads, events = frames(world)
    text = json.dumps(model, indent=1)
    result = denizen.nurture(text, leads=leads, events=events, as_of=from_us(T))
    scores = {
        r["lead_id"]: r for r in denizen.score(text, leads=leads, events=events, as_of=from_us(T)).scores.to_pylist()
    }
    told = result.summary
    counted = told.leads + told.without_milestone + told.qualified + told.capped + told.disqualified
    assert counted + told.won + told.not_signed_up == len(world)
    for row in result.leads.to_pylist():
        now = scores[row["lead_id"]]
        assert not any((now["pql"], now["capped"], now["disqualified"]))
        assert (row["points"], row["coming_back"])[row["milestone"] == "coming back"] > 0
        assert row["points"] > 0 or row["milestone"] == "coming back"
        assert row["total_after"] == pytest.approx(now["total"] + row["coming_back"] + row["points"])


IDLE = """model: m
behavior:
  criteria:
    setup: {count: set_up, points: 30}
    invites: {count: invite, bands: [{at_least: 2, points: 15}]}
    away: {days_since: login, each: 10, points: -10}
  decay: {points: 5, every: 30d}
  min: -100
pql: {total: 40, fit: 0, behavior: 40}
"""


def idle(*events, leads=None):
    everything = [("zoe", e, "2026-06-09") for e in ("login", "set_up", "invite", "invite")]  # a PQL, so left out
    rows = [dict(zip(("lead_id", "event", "timestamp"), e, strict=True)) for e in [*events, *everything]]
    told = denizen.nurture(IDLE, leads=leads, events=rows, as_of="2026-06-10")
    return {r["lead_id"]: r for r in told.leads.to_pylist()}


def test_coming_back_goes_with_every_milestone_and_is_none_of_its_own():
    rows = idle(("ann", "login", "2026-05-01"), ("bob", "login", "2026-06-09"), ("bob", "set_up", "2026-06-09"))
    ann, bob = rows["ann"], rows["bob"]
    # 40 days away take 40 points, 30 of idleness take 5 more; what is below 0 before decay stays there
    assert (ann["milestone"], ann["to_do"], ann["points"]) == ("setup", "set_up once", 30)
    assert ann["coming_back"] == 0 - ann["total"] > 0
    assert ann["total_after"] == 30
    assert (bob["milestone"], bob["to_do"], bob["coming_back"]) == ("invites", "invite twice", 0)


def test_who_has_every_milestone_is_only_asked_to_come_back():
    done = [("ann", e, "2026-04-01") for e in ("login", "set_up", "invite", "invite")]
    (ann,) = idle(*done).values()
    assert (ann["milestone"], ann["to_do"], ann["points"]) == ("coming back", "login again", 0)
    assert ann["total_after"] == ann["total"] + ann["coming_back"] == 45
    assert ann["coming_back"] > 0
    assert ann["qualifies"]


def test_rows_are_sorted_by_who_qualifies_then_by_points_then_by_what_coming_back_adds():
    done = [(lead, e, day) for lead, day in (("ann", "2026-04-20"), ("bob", "2026-04-01")) for e in ("login", "set_up", "invite", "invite")]  # fmt: skip
    rows = idle(*done, ("cem", "login", "2026-06-09"), ("dia", "set_up", "2026-06-09"))
    told = [(lead, row["qualifies"], row["points"]) for lead, row in rows.items()]
    assert told == [("dia", True, 15), ("bob", True, 0), ("ann", True, 0), ("cem", False, 30)]
    assert rows["bob"]["coming_back"] > rows["ann"]["coming_back"] > 0


def test_the_group_of_those_who_are_only_asked_to_come_back_tells_what_that_adds():
    done = [{"lead_id": "ann", "event": e, "timestamp": "2026-04-01"} for e in ("login", "set_up", "invite", "invite")]
    told = denizen.nurture(IDLE, events=done, as_of="2026-06-10")
    (group,) = told.summary.groups
    assert (group.milestone, group.need_to_come_back) == ("coming back", 1)
    assert group.median_points == told.leads.to_pylist()[0]["coming_back"] > 0


def test_the_lead_whom_a_milestone_moves_is_scored_as_one_that_came_back():
    (ann,) = idle(("ann", "login", "2026-05-01")).values()
    then = [("ann", "login", "2026-05-01"), ("ann", "login", "2026-06-10"), ("ann", "set_up", "2026-06-10")]
    rows = [dict(zip(("lead_id", "event", "timestamp"), e, strict=True)) for e in then]
    (score,) = denizen.score(IDLE, events=rows, as_of="2026-06-10").scores.to_pylist()
    assert score["total"] == ann["total_after"]


def test_the_address_of_a_lead_goes_with_it_as_it_was_given():
    leads = [{"lead_id": "ann", "email": " Ann@Acme.example "}, {"lead_id": "bob", "email": ""}]
    rows = idle(("ann", "login", "2026-06-09"), ("bob", "login", "2026-06-09"), leads=leads)
    assert (rows["ann"]["email"], rows["bob"]["email"]) == ("Ann@Acme.example", None)
    mapped = denizen.nurture(
        IDLE, leads=[{"lead_id": 7, "mail": "x@y.example"}], as_of="2026-06-10", columns={"leads": {"email": "mail"}}
    )
    assert mapped.leads.to_pylist()[0]["email"] == "x@y.example"
    assert idle(("eve", "login", "2026-06-09"))["eve"]["email"] is None


def test_what_was_never_done_is_not_asked_for_once_more():
    rows = idle(("ann", "set_up", "2026-06-09"), ("bob", "set_up", "2026-06-09"), ("bob", "invite", "2026-06-09"))
    assert rows["ann"]["to_do"] == "invite twice"
    assert rows["bob"]["to_do"] == "1 more invite"


OUTCOMES = """lead_id,outcome,at
ann,lost,2026-06-09
ann,won,2026-06-09T12:00:00
bob,won,2026-06-11
"""


def test_who_was_won_by_then_or_signs_up_later_is_left_out_and_counted(folder):
    (folder / "outcomes.csv").write_text(OUTCOMES)
    (folder / "leads.csv").write_text(LEADS + "fay,2026-06-12,60,,,\n")
    told = denizen.nurture(
        folder / "model.yaml",
        leads=str(folder / "leads.csv"),
        events=str(folder / "events.csv"),
        outcomes=str(folder / "outcomes.csv"),
        as_of=AS_OF,
    )
    assert [r["lead_id"] for r in told.leads.to_pylist()] == ["bob"]  # won only after the as-of instant
    summary = told.summary
    assert (summary.won, summary.not_signed_up, summary.qualified, summary.leads) == (1, 1, 1, 1)
    assert nurtured(folder).summary.won == 0


def test_the_command_leaves_out_who_was_won_as_the_project_file_or_the_option_says(folder):
    def left_out(*arguments):
        done = subprocess.run(
            [Path(sys.executable).parent / "denizen", "nurture", "model.yaml", "--as-of", AS_OF, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    (folder / "outcomes.csv").write_text(OUTCOMES)
    data = ("--leads", "leads.csv", "--events", "events.csv")
    assert "1 disqualified, 1 already won" in left_out(*data, "--outcomes", "outcomes.csv")
    assert "1 disqualified\n" in left_out(*data, "--outcomes", "outcomes.csv", "--won", "accepted")
    project = "leads: {path: leads.csv}\nevents: {path: events.csv}\noutcomes: {path: outcomes.csv}\n"
    (folder / "denizen.yaml").write_text(project)
    assert json.loads(left_out("--json"))["won"] == 1


def test_what_nobody_has_or_did_is_no_milestone_but_told(folder):
    (folder / "leads.csv").write_text(LEADS.replace(",100\n", ",\n"))
    (folder / "events.csv").write_text(EVENTS.replace("pricing", "other"))
    told = nurtured(folder)
    assert {r["milestone"] for r in told.leads.to_pylist()} == {"reports", "invites"}
    assert [(m.criterion, m.names) for m in told.summary.not_in_data] == [
        ("pricing", ("pricing",)),
        ("percent", ("onboarding",)),
    ]
    assert nurtured_as_of_before_pricing(folder) == ("pricing",)


def nurtured_as_of_before_pricing(folder):
    (folder / "events.csv").write_text(EVENTS.replace("2026-06-08T03:00:00", "2026-06-20"))
    missing = nurtured(folder).summary.not_in_data
    return next(m.names for m in missing if m.criterion == "pricing")


def test_of_two_names_the_one_that_occurs_is_asked_for():
    model = "model: m\nbehavior: {criteria: {built: {count: [nowhere, report], points: 5}}}\npql: {total: 50}\n"
    events = [{"lead_id": "ann", "event": "report", "timestamp": "2026-06-09"}]
    leads = [{"lead_id": "ann"}, {"lead_id": "bob"}]
    told = denizen.nurture(model, leads=leads, events=events, as_of=AS_OF)
    assert [r["to_do"] for r in told.leads.to_pylist()] == ["report once"]


def test_an_event_of_another_product_is_no_milestone_of_this_one():
    model = """model: m
products:
  crm: {criteria: {invites: {count: invite, points: 10}}}
  desk: {criteria: {tickets: {count: ticket, points: 20}, invites: {count: invite, points: 5}}}
pql: {total: 90}
"""
    names = ("lead_id", "event", "timestamp", "product")
    events = [("ann", "ticket", "2026-06-09", "desk"), ("bob", "ticket", "2026-06-09", None)]
    events += [("bob", "invite", "2026-06-09", "crm"), ("cem", "ticket", "2026-06-09", "desk")]
    told = denizen.nurture(model, events=[dict(zip(names, e, strict=True)) for e in events], as_of=AS_OF)
    assert ("desk", "invites", ("invite",)) in [(m.product, m.criterion, m.names) for m in told.summary.not_in_data]


def test_who_needs_only_to_come_back_is_counted_in_each_group():
    done = [("ann", e, "2026-04-01") for e in ("login", "set_up", "invite")]
    rows = [dict(zip(("lead_id", "event", "timestamp"), e, strict=True)) for e in done]
    rows.append({"lead_id": "bob", "event": "login", "timestamp": "2026-06-09"})
    rows.append({"lead_id": "bob", "event": "set_up", "timestamp": "2026-06-09"})
    told = denizen.nurture(
        IDLE.replace("total: 40", "total: 30").replace("behavior: 40", "behavior: 30"), events=rows, as_of="2026-06-10"
    )
    (group,) = told.summary.groups
    assert (group.milestone, group.need_to_come_back, group.qualify_by_coming_back) == ("invites", 1, 1)
    assert told.leads.to_pylist()[0]["qualifies_by_coming_back"]


def test_the_list_of_scores_leaves_out_who_was_won_and_scores_stay(folder):
    def scored(*arguments):
        return subprocess.run(
            [Path(sys.executable).parent / "denizen", "score", "model.yaml", "--as-of", AS_OF, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    project = "leads: {path: leads.csv}\nevents: {path: events.csv}\n"
    (folder / "leads.csv").write_text(LEADS + "fay,2026-06-12,60,,,\n")
    (folder / "denizen.yaml").write_text(project)
    plain = json.loads(scored("--json"))
    (folder / "outcomes.csv").write_text(OUTCOMES)
    (folder / "denizen.yaml").write_text(project + "outcomes: {path: outcomes.csv}\n")
    told = json.loads(scored("--json"))
    assert (plain["left_out"], told["left_out"]) == (None, {"won": 1})
    assert told["leads"] == [r for r in plain["leads"] if r["lead_id"] != "ann"]
    assert (told["scores"], told["not_signed_up"]) == (6, 1)
    shown = scored()
    assert "left out: 1 already won" in shown
    assert "1 not signed up yet" in shown
    scored("--out", "scores.csv")
    assert "ann" in (folder / "scores.csv").read_text()


def test_outcomes_that_cannot_be_used_stop_no_score_but_are_told(folder):
    (folder / "outcomes.csv").write_text("lead_id,outcome,at\nann,gone,2026-06-09\n")
    (folder / "denizen.yaml").write_text(
        "leads: {path: leads.csv}\nevents: {path: events.csv}\noutcomes: {path: outcomes.csv}\n"
    )
    program = Path(sys.executable).parent / "denizen"
    done = subprocess.run(
        [program, "score", "model.yaml", "--as-of", AS_OF], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "nobody already won is left out" in done.stdout
    assert "`gone` (1 rows)" in done.stdout
    refused = subprocess.run(
        [program, "nurture", "model.yaml", "--as-of", AS_OF], cwd=folder, capture_output=True, text=True, check=False
    )
    assert refused.returncode
    assert "unknown-outcome" in refused.stderr


@pytest.mark.parametrize(("max_points", "rows", "qualifies"), [(10, 500, True), (30, 500, True), (8, 400, False)])
def test_of_each_as_many_steps_are_asked_for_as_qualify_or_pay(max_points, rows, qualifies):
    model = f"""model: m
behavior:
  criteria:
    imports: {{count: import, points: 30}}
    rows: {{sum: {{of: rows, event: import}}, each: 100, points: 2, max_points: {max_points}}}
pql: {{total: 40, fit: 0, behavior: 40}}
"""
    events = [
        {"lead_id": "ana", "event": "login", "timestamp": "2026-01-02"},
        {"lead_id": "zed", "event": "import", "timestamp": "2026-01-02", "properties": {"rows": 10}},
    ]
    told = denizen.nurture(model, events=events, as_of="2026-02-01").leads.to_pylist()
    found = {r["lead_id"]: (r["to_do"], r["qualifies"]) for r in told}
    assert found["ana"] == (f"import with rows {rows}", qualifies)
    assert found["zed"] == (f"import with {rows - 10} more rows", qualifies)


OTHER = """
model: m
fit: {criteria: {size: {attribute: size, bands: [{at_least: 1, points: 20}]}}}
products:
  crm: {criteria: {a: {count: a, points: 10}, a2: {count: a2, points: 3}}, decay: {points: 5, every: 1d}}
  desk: {criteria: {b: {count: b, bands: [{at_least: 2, points: 60}]}}}
pql: {total: 80, fit: 15, behavior: 40}
"""


def test_a_milestone_of_another_product_is_tried_with_what_is_done_of_it():
    rows = [("ana", "a", "crm"), ("ana", "b", "desk"), ("bob", "b", "desk"), ("bob", "a2", "crm")]
    events = [{"lead_id": n, "event": e, "product": p, "timestamp": "2025-12-31"} for n, e, p in rows]
    leads = [{"lead_id": "ana", "size": 5}, {"lead_id": "bob", "size": 5}]
    told = denizen.nurture(OTHER, leads=leads, events=events, as_of="2026-01-02")
    ana = next(r for r in told.leads.to_pylist() if r["lead_id"] == "ana")
    assert (ana["milestone"], ana["to_do"]) == ("desk.b", "1 more b with product desk")
    assert (ana["qualifies"], ana["total_after"], ana["coming_back"]) == (True, 80, 0)
    assert ana["points"] == ana["total_after"] - ana["total"]
