"""The examples, and third-party data where it is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pytest

import denizen
from denizen.ingest.project import project_data

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def test_the_trial_world_is_what_its_generator_makes(tmp_path):
    subprocess.run([sys.executable, EXAMPLES / "trial" / "generate.py", tmp_path], check=True)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (EXAMPLES / "trial" / made.name).read_bytes(), made.name


@pytest.mark.parametrize(
    ("example", "as_of", "leads", "low", "high"),
    [("trial", "2026-07-01", 2014, 0.03, 0.15), ("ecom", "2024-06-30", 600, 0.05, 0.15)],
)
def test_an_example_scores_with_a_sane_share_of_pqls(example, as_of, leads, low, high):
    data = project_data(EXAMPLES / example / "model.yaml")
    result = denizen.score(
        EXAMPLES / example / "model.yaml",
        leads=data.leads,
        accounts=data.accounts,
        events=data.events,
        columns=data.columns,
        as_of=as_of,
        ledger=True,
    )
    assert result.summary.scores == leads
    assert low < result.summary.share < high
    assert result.accounting.rejected == 0
    sums = result.ledger.group_by(["lead_id", "part"]).aggregate([("points", "sum")]).to_pylist()
    scores = {r["lead_id"]: r for r in result.scores.to_pylist()}
    assert all(round(s["points_sum"], 6) == round(scores[s["lead_id"]][s["part"]], 6) for s in sums)


def test_pqls_of_the_trial_world_convert_far_more_often():
    data = project_data(EXAMPLES / "trial" / "model.yaml")
    import csv

    won = {r["lead_id"] for r in csv.DictReader((EXAMPLES / "trial" / "outcomes.csv").read_text().splitlines())}
    result = denizen.score(
        EXAMPLES / "trial" / "model.yaml",
        leads=data.leads,
        accounts=data.accounts,
        events=data.events,
        as_of="2026-07-01",
    )
    pql = set(result.scores.filter(pc.field("pql"))["lead_id"].to_pylist())
    everyone = set(result.scores["lead_id"].to_pylist())
    assert len(won & pql) / len(pql) > 3 * len(won - pql) / len(everyone - pql)


def test_relax_scores_with_its_columns_mapped(shared):
    folder = shared / "data" / "relax_collab_saas"
    model = {
        "model": "relax",
        "fit": {
            "criteria": {
                "source": {
                    "attribute": "creation_source",
                    "bands": [{"in": ["ORG_INVITE", "SIGNUP"], "points": 15}],
                }
            }
        },
        "behavior": {
            "criteria": {
                "early": {
                    "distinct": {"of": "days", "event": "login"},
                    "within": {"first": "7d"},
                    "each": 1,
                    "points": 15,
                },
                "all": {"count": "login", "each": 10, "points": 10, "max_points": 30, "key": True},
            },
            "velocity": {"at_least": 3, "within": "7d", "points": 25},
            "decay": {"points": 10, "every": "30d"},
        },
        "pql": {"total": 60, "fit": 15, "behavior": 45},
    }
    result = denizen.score(
        json.dumps(model, indent=1), leads=folder / "leads.csv.gz", events=folder / "events.csv.gz",
        columns={"events": {"timestamp": "date"}}, as_of="2014-06-07", ledger=True,
    )  # fmt: skip
    assert (result.summary.scores, result.accounting.events.read, result.accounting.events.used) == (
        12000,
        207917,
        207917,
    )
    velocity = result.ledger.filter((pc.field("kind") == "velocity") & (pc.field("points") > 0))
    import csv
    import gzip

    with gzip.open(folder / "outcomes.csv.gz", "rt") as rows:
        adopted = sum(r["adopted_at_8day"] not in ("", None) for r in csv.DictReader(rows))
    # three login days (dated at midnight) that span at most 7 days are what the source's 8-day window counts
    assert velocity.num_rows == adopted


def test_sparkify_scores_sessions_and_downgrades(shared):
    folder = shared / "data" / "sparkify_event_log"
    model = """
model: sparkify
behavior:
  criteria:
    pricing: {count: Upgrade, points: 20}
    listening: {count: NextSong, each: 50, points: 5, max_points: 40}
    depth: {session_depth: [NextSong, Home, Settings, Help], bands: [{at_least: 3, points: 10}]}
    long: {session_minutes: any, bands: [{at_least: 60, points: 10}]}
    seconds: {sum: {of: song_seconds}, each: 10000, points: 1}
    downgraded: {count: Submit Downgrade, points: -30}
pql: {total: 50, fit: 0, behavior: 50}
"""
    result = denizen.score(
        model, leads=folder / "leads_and_outcomes.csv.gz", events=folder / "events.csv.gz", as_of="2018-12-01"
    )
    rows = result.accounting.events
    assert (result.summary.scores, rows.read, rows.used + rows.of_unknown_leads) == (97, 7755, 7755)
    assert 0 < result.summary.pql < 97


def test_emergence_dates_are_rejected_not_guessed(shared):
    folder = shared / "data" / "emergence_saas_messy"
    result = denizen.score(
        "model: m\nbehavior: {criteria: {a: {count: activated, points: 1}}}\n", events=folder / "events.csv.gz", as_of="2026-01-01",
        columns={"events": {"lead_id": "customer_id", "event": "event_type", "timestamp": "event_date"}},
    )  # fmt: skip
    assert result.accounting.events.rejected == result.accounting.events.read == 2411
