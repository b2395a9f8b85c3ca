"""Health and trust, on made-up worlds whose truth is known."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import denizen
from denizen.api.operating import health_options
from denizen.clock import to_us
from denizen.errors import DenizenError
from denizen.history.grades import scale
from denizen.history.health import HealthOptions, benchmarks
from denizen.history.sample import Group
from denizen.history.stats import Estimate, rate
from denizen.history.trust.run import judge

TRIAL = Path(__file__).parent.parent / "examples" / "trial"
START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = """
model: simple
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 40}]}}}
behavior:
  criteria:
    core: {count: core, points: 50}
    decoy: {count: decoy, points: 5}
    plain: {count: plain, points: 5}
"""


def world(*, contacted=0.4, ignored=0.02, leads=1500, seed=5, late_decoy=0.5):
    """Leads of whom a fifth are PQLs; sales works half of these, and rejects those with the decoy three times as often."""
    rng = random.Random(seed)
    people, events, outcomes = [], [], []
    for n in range(leads):
        lead, signup = f"l{n}", START + timedelta(hours=2 * n)
        pql = rng.random() < 0.2
        people.append(
            {"lead_id": lead, "signup_at": signup.isoformat(), "employees": 100, "mql": str(rng.random() < 0.3)}
        )
        decoy = rng.random() < (0.5 if n < leads / 2 else late_decoy)
        for name, does in (("core", pql), ("decoy", decoy), ("plain", rng.random() < 0.5)):
            if does:
                events.append({"lead_id": lead, "event": name, "timestamp": (signup + timedelta(days=1)).isoformat()})
        worked = pql and rng.random() < 0.5
        if worked:
            word = "rejected" if rng.random() < (0.6 if decoy else 0.2) else "accepted"
            outcomes.append(
                {"lead_id": lead, "outcome": word, "at": (signup + timedelta(days=9)).isoformat(), "rep": f"r{n % 3}"}
            )
        chance = contacted if worked else ignored if pql else 0.01
        if rng.random() < chance:
            outcomes.append(
                {"lead_id": lead, "outcome": "opportunity", "at": (signup + timedelta(days=20)).isoformat()}
            )
            if rng.random() < 0.5:
                outcomes.append(
                    {"lead_id": lead, "outcome": "won", "at": (signup + timedelta(days=30)).isoformat(), "amount": 100}
                )
    end = START + timedelta(hours=2 * leads) + timedelta(days=90)
    events.append({"lead_id": "l0", "event": "end", "timestamp": end.isoformat()})
    return {"leads": people, "events": events, "outcomes": outcomes}


@pytest.fixture(scope="module")
def trusted():
    return denizen.trust(MODEL, **world())


def test_good_leads_that_sales_ignores_are_an_adoption_problem(trusted):
    assert trusted.verdict == "adoption problem"
    assert trusted.outcome == "opportunity"
    assert 0.4 in trusted.contacted.rate
    assert 0.5 in trusted.followed_up


def test_contacted_leads_that_do_not_convert_are_a_model_problem():
    found = denizen.trust(MODEL, **world(contacted=0.04))
    assert found.verdict == "model problem"


def test_the_line_that_sales_rejects_is_found_and_no_other(trusted):
    assert [x.line for x in trusted.lines if x.found] == ["decoy"]
    assert trusted.lines[0].lift.low > 1
    assert 1 in next(x for x in trusted.lines if x.line == "plain").lift


def test_the_sample_is_the_same_each_time_and_another_with_another_seed(trusted):
    again, other = denizen.trust(MODEL, **world()), denizen.trust(MODEL, **world(), seed=2)
    leads = [r.lead_id for r in trusted.sample]
    assert len(leads) == 20
    assert leads == [r.lead_id for r in again.sample] != [r.lead_id for r in other.sample]
    for rejected in trusted.sample:
        assert sum(points for *_, points in rejected.lines) == rejected.total


def group(won, n):
    return Group("x", n, won, rate(won, n))


@pytest.mark.parametrize(
    ("contacted", "ignored", "verdict"),
    [
        ((300, 1000), (20, 1000), "adoption problem"),
        ((300, 1000), (300, 1000), "healthy"),
        ((50, 1000), (20, 1000), "model problem"),
        ((1750, 10000), (20, 1000), "between"),
        ((3, 10), (0, 10), "too little data"),
        ((8, 8), (0, 0), "too little data"),
        ((19, 19), (0, 100), "too little data"),
        ((12, 20), (0, 0), "healthy"),
        ((0, 30), (0, 0), "model problem"),
        ((0, 0), (0, 10), "too little data"),
    ],
)
def test_the_verdict_follows_the_20_and_15_percent_of_the_methodology(contacted, ignored, verdict):
    assert judge(group(*contacted), group(*ignored), "opportunity")[0] == verdict


def test_a_verdict_on_few_contacted_leads_says_how_many_it_needs():
    verdict, why = judge(group(8, 8), group(0, 0), "won")
    assert verdict == "too little data"
    assert "8 contacted PQLs are too few for a verdict; wait for at least 20" in why


def test_snapshots_of_few_leads_are_too_few_however_many_rows_they_make():
    of_clusters = Group("x", 60, 48, Estimate(0.8, 0.4, 0.95))
    assert judge(of_clusters, group(0, 0), "won")[0] == "too little data"


def test_health_and_trust_mean_the_same_by_acceptance():
    given = world(leads=300)
    late = [
        {**o, "at": (START + timedelta(days=80)).isoformat()} for o in given["outcomes"] if o["outcome"] == "accepted"
    ]
    given["outcomes"] = [o for o in given["outcomes"] if o["outcome"] != "accepted"] + late[:5]
    told = denizen.trust(MODEL, **given)
    item = denizen.health(MODEL, **given).item("acceptance")
    assert item.found == told.acceptance
    assert item.n == told.decided > 5


def test_trust_needs_outcomes_of_sales():
    given = world()
    given["outcomes"] = [o for o in given["outcomes"] if o["outcome"] == "won"]
    with pytest.raises(DenizenError, match="no outcome says what sales did"):
        denizen.trust(MODEL, **given)


@pytest.fixture(scope="module")
def card():
    return denizen.health(MODEL, **world(late_decoy=0.8), mql="mql", launched="2026-01-01", recalibrated="2026-07-20")


def test_the_card_grades_what_is_known_of_the_world(card):
    grades = {i.item: i.color for i in card.items}
    assert grades == {
        "pql_share": "warning" if card.item("pql_share").found.low > 0.15 else "too little data",
        "pql_to_opportunity": grades["pql_to_opportunity"],
        "pql_to_won": grades["pql_to_won"],
        "pql_lift": "good",
        "acceptance": grades["acceptance"],
        "won_through_pql": "good",
        "pql_to_mql_lift": "good",
        "top_fifth": "good",
        "quartiles": "good",
        "at_zero": grades["at_zero"],
        "at_cap": grades["at_cap"],
        "criteria": "red flag",
        "drift": "warning",
        "recalibration": "good",
    }
    assert 0.2 in card.item("pql_share").found
    assert 0.21 in card.item("pql_to_opportunity").found
    assert card.verdict == "red flag"


def test_drift_is_found_where_it_is_planted_and_nowhere_else(card):
    assert [d.criterion for d in card.drift if d.drifted] == ["decoy"]
    decoys = {e["lead_id"] for e in world(late_decoy=0.8)["events"] if e["event"] == "decoy"}
    drift = next(d for d in card.drift if d.criterion == "decoy")
    assert drift.earlier.value == sum(f"l{n}" in decoys for n in range(750)) / 750
    assert drift.later.value == sum(f"l{n}" in decoys for n in range(750, 1500)) / 750


def test_an_interval_over_several_grades_gets_no_grade():
    steps = scale((0, "red flag", "a"), (0.15, "warning", "b"), (0.25, "good", "c"))
    assert steps.judge(Estimate(0.3, 0.26, 0.34)) == ("good", "c")
    assert steps.judge(Estimate(0.3, 0.2, 0.4))[0] == "too little data"
    assert steps.judge(Estimate(None, 0, 1))[0] == "not known"


@pytest.mark.parametrize(
    ("share", "wanted", "color"),
    [
        (0.02, (0.05, 0.15), "red flag"), (0.04, (0.05, 0.15), "warning"), (0.1, (0.05, 0.15), "good"),
        (0.15, (0.05, 0.15), "good"), (0.18, (0.05, 0.15), "warning"), (0.26, (0.05, 0.15), "red flag"),
        (0.18, (0.10, 0.20), "good"), (0.07, (0.10, 0.20), "warning"), (0.3, (0.2, 0.4), "good"),
    ],
)  # fmt: skip
def test_the_share_of_pqls_is_graded_by_the_range_that_is_wanted(share, wanted, color):
    assert benchmarks.pql_share(wanted).judge(Estimate(share, share, share))[0] == color


def test_the_card_says_that_the_documents_disagree(card):
    assert any("10 to 20 %" in n for n in card.notes)


def test_recalibration_is_monthly_at_first_and_quarterly_after():
    given = world()
    old = denizen.health(MODEL, **given, launched="2025-01-01", recalibrated="2026-06-01").item("recalibration")
    new = denizen.health(MODEL, **given, launched="2026-06-15", recalibrated="2026-06-15").item("recalibration")
    assert (old.color, new.color) == (
        "good" if old.found.value <= 92 else "warning",
        "good" if new.found.value <= 31 else "warning",
    )
    assert health_options(launched="2026-01-01").launched_us == to_us(START)


def command(name, *words, cwd=TRIAL, code=0):
    done = subprocess.run(
        [Path(sys.executable).parent / "denizen", name, "model.yaml", *words],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == code, done.stderr + done.stdout
    return done


def test_the_commands_print_json_and_write_a_page(tmp_path):
    (tmp_path / "model.yaml").write_text(MODEL)
    for name, rows in world().items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (tmp_path / "denizen.yaml").write_text(
        "leads: {path: leads.jsonl}\nevents: {path: events.jsonl}\noutcomes: {path: outcomes.jsonl}\n"
        "health: {pql_share: [0.1, 0.3], mql: mql}\n"
    )
    told = json.loads(command("health", "--json", "--html", "h.html", cwd=tmp_path).stdout)
    assert list(told) == "verdict model model_hash items drift distribution notes design cohort rows".split()
    assert told["items"][0]["good"] == "10% to 30% of leads"
    assert told["items"][0]["grade"] == "good"
    told = json.loads(command("trust", "--json", "--html", "t.html", cwd=tmp_path).stdout)
    assert list(told) == (
        "verdict why model model_hash outcome contacted ignored lift lift_low lift_high followed_up acceptance lines sample"
        " seed notes design cohort rows".split()
    )
    for page in ("h.html", "t.html"):
        assert "<svg" in (tmp_path / page).read_text()
    assert "Adoption problem" in command("trust", cwd=tmp_path).stdout


@pytest.mark.parametrize("share", ["0.2", "0.3..0.1", "a..b", "5..15"])
def test_a_range_that_is_none_is_refused(share):
    assert "bad-argument" in command("health", "--pql-share", share, code=2).stderr


def test_criteria_are_graded_by_the_approach():
    usual, early = (HealthOptions(approach=a) for a in (None, "early-stage"))
    count = Estimate(5.0, 5.0, 5.0)
    assert benchmarks.criteria(usual.criteria).judge(count)[0] == "red flag"
    assert benchmarks.criteria(early.criteria).judge(count)[0] == "good"
    assert [benchmarks.criteria(usual.criteria).zone(n).color for n in (9, 10, 15, 25, 26, 36)] == ["red flag", "warning", "good", "good", "warning", "red flag"]  # fmt: skip


def test_the_card_says_whom_its_shares_divide_by(card):
    assert any(note.startswith(f"Shares are of the {card.cohort.rows:,} leads judged") for note in card.notes)
