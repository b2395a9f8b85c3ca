"""A synthetic go-to-market world by others (leadforge): scored, looked back on, and searched for milestones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import denizen

MODEL = """
model: marketing
fit: {criteria: {source: {attribute: lead_source, bands: [{exists: true, points: 15}]}}}
behavior:
  criteria:
    pricing: {count: pricing_page, points: 40}
    sessions: {distinct: {of: days}, bands: [{at_least: 3, points: 30}, {at_least: 2, points: 20}]}
pql: {total: 50, fit: 15, behavior: 35}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leadforge")
    tool = Path(sys.executable).parent / "leadforge"
    options = [
        "--recipe",
        "b2b_saas_procurement_v1",
        "--seed",
        "7",
        "--mode",
        "research_instructor",
        "--n-leads",
        "600",
    ]
    subprocess.run([tool, "generate", *options, "--out", folder / "world"], check=True, capture_output=True)
    return folder / "world" / "tables"


def test_a_world_of_others_is_scored_and_looked_back_on(world):
    leads = pq.read_table(world / "leads.parquet")
    won = leads.filter(pc.is_valid(leads["conversion_timestamp"]))
    outcomes = [
        {"lead_id": lead, "outcome": "won", "at": at}
        for lead, at in zip(won["lead_id"].to_pylist(), won["conversion_timestamp"].to_pylist(), strict=True)
    ]
    columns = {
        "leads": {"signup_at": "lead_created_at"},
        "events": {"event": "session_type", "timestamp": "session_timestamp"},
    }
    data = {"leads": leads, "events": str(world / "sessions.parquet"), "outcomes": outcomes, "columns": columns}
    found = denizen.backtest(MODEL, at="14d", horizon="60d", **data).as_dict()
    assert 0 < found["n"] <= leads.num_rows
    assert 0 < found["base_rate"] < 1
    discovered = denizen.discover(at="14d", horizon="60d", **data)
    assert discovered.cohort.rows == found["n"]
    assert discovered.verdict in {"signal", "no signal", "too little data"}
    if discovered.verdict == "signal":
        start = denizen.load_model(discovered.model_text())
        assert denizen.backtest(start, at="14d", horizon="60d", **data).as_dict()["n"] == found["n"]
