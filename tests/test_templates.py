"""The templates, the advice and `denizen init`: every row of the methodology's matrix, and any combination of answers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen as package
from denizen.errors import DenizenError
from denizen.model.advisor import CRMS, TRACKINGS, TRIALS, Answers, recommend
from denizen.model.approaches import APPROACHES, SHARE_TOLERANCE
from denizen.model.event_names import SYNONYMS, match_events
from denizen.model.lint.run import Around, lint_model
from denizen.model.load import model_from, parse_model
from denizen.model.mapping import names_of, rename
from denizen.model.source import parse_yaml
from denizen.model.tailor import attributes_asked, tailor
from denizen.model.templates import Sheet, template_names, template_text
from test_cli import DENIZEN, denizen

ROOT = Path(__file__).parent.parent
TRIAL = ROOT / "examples" / "trial"
PAGES = ROOT / "docs" / "reference" / "templates"


def highest(criteria):
    total = 0
    for c in criteria.values():
        points = [b.points for b in c.bands] if c.bands else [c.points]
        total += max(0, *points)
    return total


@pytest.mark.parametrize("name", APPROACHES)
def test_a_template_has_the_share_and_the_number_of_criteria_of_its_approach(name):
    spec, approach = parse_model(template_text(name), name).spec, APPROACHES[name]
    fit = min(spec.fit.max, highest(spec.fit.criteria))
    behavior = max(
        min(s.max, highest(s.criteria)) if s.max is not None else highest(s.criteria) for s in spec.behaviors().values()
    )
    assert abs(100 * fit / (fit + behavior) - approach.fit_percent) <= SHARE_TOLERANCE
    count = len(spec.fit.criteria) + sum(len(s.criteria) for s in spec.behaviors().values())
    assert approach.criteria[0] <= count <= approach.criteria[1]
    assert spec.pql.fit + spec.pql.behavior <= fit + behavior
    assert any(c.disqualifies for c in spec.fit.criteria.values())


@pytest.mark.parametrize("name", APPROACHES)
def test_a_template_leaves_lint_nothing_to_say(name):
    text = template_text(name)
    source = parse_yaml(text, name)
    assert lint_model(model_from(source), source, text, Around(APPROACHES[name])).findings == ()


@pytest.mark.parametrize("name", APPROACHES)
def test_a_template_has_a_page_that_says_when_and_why(name):
    page = (PAGES / f"{name}.md").read_text()
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [
        "When to choose it",
        "Trade-offs",
        "Where its numbers come from",
        "The file",
    ]
    assert f"--approach {name}" in page
    assert {p.stem for p in PAGES.glob("*.md")} == set(template_names())


def rows(path):
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(data.decode())))


@pytest.fixture(scope="module")
def at_the_end_of_the_trial():
    return [
        {
            "lead_id": lead["lead_id"],
            "as_of": (datetime.fromisoformat(lead["signup_at"]) + timedelta(days=14)).isoformat(),
        }
        for lead in rows(TRIAL / "leads.csv")[::3]
    ]


@pytest.mark.parametrize("name", sorted(APPROACHES))
def test_a_template_finds_a_sensible_share_of_the_example(name, at_the_end_of_the_trial):
    events = str(TRIAL / "events.csv.gz")
    if name == "multi-product":  # the example has one product: tell its two parts apart
        alerts = {"alert_created", "dashboard_viewed", "premium_feature_used", "data_exported"}
        events = rows(TRIAL / "events.csv.gz")
        for e in events:
            product = "alerts" if e["event"] in alerts else "analytics"
            e["properties"] = json.dumps({**json.loads(e["properties"]), "product": product})
    result = package.score(
        template_text(name),
        leads=str(TRIAL / "leads.csv"),
        accounts=str(TRIAL / "accounts.csv"),
        events=events,
        grid=at_the_end_of_the_trial,
    )
    assert 0.03 <= result.summary.share <= 0.25


# --- advice: the rows of the methodology as a decision table


@pytest.mark.parametrize(
    ("answers", "approach"),
    [
        (Answers("free-trial", 14, leads_a_month=300), "behavioral-heavy"),
        (Answers("freemium"), "freemium"),
        (Answers("reverse-trial"), "reverse-trial"),
        (Answers("hybrid", leads_a_month=40), "balanced"),
        (Answers("free-trial", leads_a_month=40), "balanced"),
        (Answers("free-trial", acv=50_000), "balanced"),
        (Answers("hybrid", sales_cycle_days=60, acv=60_000), "enterprise"),
        (Answers("free-trial", sales_cycle_days=120), "enterprise"),
        (Answers("free-trial", sales_cycle_days=60), "behavioral-heavy"),
        (Answers("free-trial", data_months=5), "early-stage"),
        (Answers("free-trial", products=2), "multi-product"),
        (Answers("free-trial", tracking="sparse"), "sparse"),
        (Answers("free-trial", tracking="minimal"), "minimal"),
        (Answers("freemium", tracking="minimal", data_months=0, products=3), "minimal"),
        (Answers("freemium", data_months=0, products=3), "early-stage"),
    ],
)
def test_the_approach_follows_the_matrix(answers, approach):
    found = recommend(answers)
    assert found.approach.name == approach
    assert all(c.reason and c.value for c in found.choices)


@pytest.mark.parametrize(
    ("cycle", "decay", "velocity"), [(10, 14, "48h"), (29, 14, "48h"), (30, 30, "48h"), (89, 30, "48h")]
)
def test_decay_and_velocity_follow_the_sales_cycle(cycle, decay, velocity):
    found = recommend(Answers(sales_cycle_days=cycle))
    assert (found.decay_days, found.velocity_span) == (decay, velocity)


def test_long_cycles_decay_in_60_to_90_days():
    assert recommend(Answers(sales_cycle_days=60, acv=60_000)).decay_days == 60
    assert recommend(Answers(sales_cycle_days=120)).decay_days == 90
    assert recommend(Answers("freemium", sales_cycle_days=120), "freemium").decay_days == 60
    assert recommend(Answers(sales_cycle_days=120, data_months=1)).decay_days == 30


@pytest.mark.parametrize(
    ("leads", "review", "recalibration"),
    [
        (500, "none: PQLs are routed by themselves", "monthly for 90 days, then quarterly"),
        (499, "SDRs validate PQLs while it is new", "weekly while new, then monthly"),
        (50, "SDRs validate PQLs while it is new", "weekly while new, then monthly"),
        (49, "sales looks at every lead", "monthly for 90 days, then quarterly"),
    ],
)
def test_review_and_recalibration_follow_the_volume(leads, review, recalibration):
    values = {c.about: c.value for c in recommend(Answers(leads_a_month=leads)).choices}
    assert (values["review"], values["recalibration"]) == (review, recalibration)


def test_a_free_tier_has_no_second_penalty_and_a_trial_has_one():
    assert recommend(Answers("freemium")).after_trial_days is None
    assert "after_trial" not in tailor(recommend(Answers("freemium"))).text.split("behavior:")[1]
    assert recommend(Answers("free-trial", sales_cycle_days=10)).after_trial_days == 7


def test_an_approach_that_was_asked_for_stands_and_says_what_the_answers_would_give():
    found = recommend(Answers(), "minimal")
    assert found.approach.name == "minimal"
    assert "the answers would give behavioral-heavy" in found.choices[0].reason
    with pytest.raises(DenizenError, match="there is no approach"):
        recommend(Answers(), "best")


ANSWERS = st.builds(
    Answers,
    trial=st.sampled_from(TRIALS),
    trial_days=st.integers(1, 60),
    tracking=st.sampled_from(TRACKINGS),
    sales_cycle_days=st.integers(1, 400),
    leads_a_month=st.integers(0, 5000),
    data_months=st.integers(0, 48),
    products=st.integers(1, 4),
    acv=st.integers(0, 200_000),
    crm=st.sampled_from(CRMS),
)
ATTRIBUTES = st.sampled_from(
    sorted({name for a in APPROACHES for name in attributes_asked(recommend(Answers(), a).approach)})
)
NAMES = st.sampled_from(
    [*SYNONYMS, *[p for ps in SYNONYMS.values() for p in ps], "x: [y", "any", "a\nb", "'", "# c"]
) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=30)
@given(
    ANSWERS,
    st.sampled_from([None, *APPROACHES]),
    st.none() | st.sets(NAMES, min_size=1, max_size=25),
    st.none() | st.sets(ATTRIBUTES),
)
def test_any_answers_and_any_data_give_a_model_that_loads(answers, approach, seen, known):
    advice = recommend(answers, approach)
    made = tailor(advice, seen, known=known)
    source = parse_yaml(made.text, "made")
    model = model_from(source)
    spec = model.spec
    found = lint_model(model, source, made.text, Around(advice.approach, answers.sales_cycle_days)).findings
    given_nothing = seen is None and known is None
    assert [f for f in found if f.level == "error" or (given_nothing and f.level == "warning")] == []
    for section in spec.behaviors().values():
        assert section.decay.every == advice.decay_days * 86_400_000_000
    if seen is not None:
        used = {n for s in spec.behaviors().values() for c in s.criteria.values() for n in c.count or []}
        assert used <= {n.strip() for n in seen} | {"any"}
        assert all(m.found is None or m.found in seen for m in made.matches)
    if known is not None:
        assert {c.attribute for s in spec.behaviors().values() for c in s.criteria.values()} <= known | {None}


# --- event names


@pytest.mark.parametrize(
    ("wanted", "seen", "found", "sure"),
    [
        ("logged_in", ["Signed In"], "Signed In", True),
        ("logged_in", ["user.login"], "user.login", True),
        ("report_built", ["ReportBuilt", "report_deleted"], "ReportBuilt", True),
        ("teammate_invited", ["Member Added"], "Member Added", True),
        ("teammate_invited", ["Member Added", "Invite Sent"], "Invite Sent", False),
        ("pricing_viewed", ["plans_page"], "plans_page", True),
        ("checkout_started", ["upgrade_clicked"], "upgrade_clicked", True),
        ("data_exported", ["file_downloaded"], "file_downloaded", False),
        ("integration_connected", ["Slack Connected"], "Slack Connected", True),
        ("premium_downgraded", ["zebra"], None, True),
    ],
)
def test_events_are_found_by_spelling_words_and_synonyms(wanted, seen, found, sure):
    match = match_events([wanted], seen)[wanted]
    assert (match.found, match.sure) == (found, sure)


def test_a_name_that_surely_is_one_event_is_no_guess_for_another():
    matches = match_events(["report_built", "report_generated"], ["report_built"])
    assert matches["report_built"].found == "report_built"
    assert matches["report_generated"].found is None


def test_a_criterion_that_lost_its_events_cannot_be_renamed():
    assert rename({"count": ["a", "b"], "points": 1}, {"a": "x", "b": None}) == {"count": ["x"], "points": 1}
    assert rename({"count": "a"}, {"a": None}) is None
    assert rename({"sequence": ["a", "b"]}, {"a": "x", "b": None}) is None
    assert rename({"session_depth": ["a", "b", "c"]}, {"a": "x", "b": "y", "c": None}) is None
    assert rename({"growth": {"of": ["a"]}}, {"a": None}) is None
    assert names_of({"days_since": "any"}) == []


def test_missing_events_become_proxies_or_comments_and_the_gates_follow():
    made = tailor(recommend(Answers()), ["logged_in", "pricing_viewed"])
    assert made.proxies == ("core_feature", "integration", "invites")
    assert "checkout" in made.left_out
    spec = parse_model(made.text, "made").spec
    assert spec.behavior.criteria["integration"].session_minutes == ["any"]
    assert spec.behavior.criteria["invites"].scope == "account"
    assert spec.pql.behavior < 40
    assert "left out: the data have no checkout_started" in made.text


def test_asking_decides_where_it_is_not_sure():
    asked = []

    def ask(match):
        asked.append(match.wanted)
        return "Invite Sent" if match.wanted == "teammate_invited" else None

    made = tailor(recommend(Answers()), ["Member Added", "Invite Sent", "logged_in"], ask)
    assert "teammate_invited" in asked
    assert parse_model(made.text, "m").spec.behavior.criteria["invites"].count == ["Invite Sent"]
    assert "A GUESS" not in made.text


def test_a_sheet_keeps_every_comment_it_was_not_asked_to_change():
    text = "# top\na:\n  # one\n  x: {y: 1}\n  # two\n  z: 2\n\n# b\nb: 3\n"
    sheet = Sheet(text)
    sheet.replace(("a", "x"), {"y": 2}, ("why",))
    sheet.leave_out(("a", "z"), "no")
    sheet.replace(("b",), 4)
    assert sheet.text == "# top\na:\n  # one\n  # why\n  x: {y: 2}\n  # two\n  # left out: no\n  # z: 2\n\n# b\nb: 4\n"
    sheet.leave_out(("a", "x"), "none left")
    assert parse_yaml(sheet.text, "x").data == {"a": {}, "b": 4} == sheet.data


# --- the command


def test_init_writes_a_model_and_a_project_that_score_the_example(tmp_path):
    where = [
        a
        for t, f in (("leads", "leads.csv"), ("accounts", "accounts.csv"), ("events", "events.csv.gz"))
        for a in (f"--{t}", str(TRIAL / f))
    ]
    out = denizen(tmp_path, "init", "--yes", *where, "--into", "mine").stdout
    assert "approach: behavioral-heavy (354 trials a month" in out
    denizen(tmp_path, "check", "mine/model.yaml")
    told = json.loads(denizen(tmp_path, "score", "mine/model.yaml", "--as-of", "2026-07-01", "--json").stdout)
    assert told["pql"] > 0
    again = denizen(tmp_path, "init", "--yes", "--into", "mine", code=2).stderr
    assert "mine already has model.yaml and denizen.yaml" in again
    told = json.loads(
        denizen(tmp_path, "init", "--yes", "--into", "mine", "--force", "--trial", "freemium", "--json").stdout
    )
    assert told["approach"] == "freemium"
    assert {c["about"] for c in told["choices"]} >= {
        "approach",
        "decay",
        "weights",
        "thresholds",
        "review",
        "recalibration",
    }


def test_init_without_a_terminal_lists_the_flags_it_needs(tmp_path):
    said = denizen(tmp_path, "init", "--trial", "freemium", code=2).stderr
    assert "give --trial-days, --tracking, --sales-cycle" in said
    assert "--trial," not in said
    assert list(tmp_path.iterdir()) == []


def test_init_asks_on_a_terminal(tmp_path):
    (tmp_path / "e.csv").write_text(
        "lead_id,event,timestamp\nu,Member Added,2026-01-01\nu,Invite Sent,2026-01-01\nu,login,2026-01-01\n"
    )
    ours, theirs = pty.openpty()
    command = [DENIZEN, "init", "--into", "x", "--events", "e.csv"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        os.write(ours, b"free-trial\n14\nfull\n20\n800\n24\n1\n9000\nhubspot\n1\n")
        said = run.communicate(timeout=120)[0].decode()
    os.close(ours)
    os.close(theirs)
    assert run.returncode == 0, said
    assert "How many days does a sale take" in said
    assert "Which event of your data is teammate_invited?" in said
    assert "Invite Sent stands for teammate_invited" in (tmp_path / "x" / "model.yaml").read_text()


def test_init_refuses_a_file_as_folder_and_an_unknown_answer(tmp_path):
    (tmp_path / "f").write_text("")
    assert "not a folder" in denizen(tmp_path, "init", "--yes", "--into", "f", code=2).stderr
    assert "free-trial" in denizen(tmp_path, "init", "--yes", "--trial", "lifetime", code=2).stderr
    assert "none.csv" in denizen(tmp_path, "init", "--yes", "--events", "none.csv", code=1).stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f"]


def test_people_of_one_account_stand_in_for_invites():
    made = tailor(recommend(Answers()), ["logged_in"])
    leads = [{"lead_id": x, "account_id": "a"} for x in "xyz"] + [{"lead_id": "w", "account_id": "b"}]
    events = [{"lead_id": x, "event": "logged_in", "timestamp": "2026-03-01"} for x in "xyw"]
    ledger = package.score(made.text, leads=leads, events=events, as_of="2026-03-10", ledger=True).ledger.to_pylist()
    assert {r["lead_id"]: r["points"] for r in ledger if r["line"] == "invites"} == {"x": 10, "y": 10, "z": 10, "w": 0}
