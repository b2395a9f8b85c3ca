"""The table of features: nothing of it is later than its instant but the label."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import denizen
from denizen.cli.main import cli

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 10, points: 10}]}, where: {attribute: country, bands: [{is: us, points: 5}]}}}
behavior: {criteria: {core: {count: core, points: 80}, fresh: {days_since: core, bands: [{at_most: 3, points: 5}]}}}
pql: {total: 80, fit: 0, behavior: 40}
"""


def world(seed=1, n=60):
    rng = random.Random(seed)
    leads, events, outcomes = [], [], []
    for i in range(n):
        signup = START + timedelta(days=i)
        leads.append({"lead_id": f"l{i}", "signup_at": signup.isoformat(), "employees": str(i), "country": "US"})
        events += [
            {
                "lead_id": f"l{i}",
                "event": rng.choice(["core", "Core", "it's", 'a"b']),
                "timestamp": (signup + timedelta(hours=rng.randint(0, 900))).isoformat(),
            }
            for _ in range(8)
        ]
        if rng.random() < 0.4:
            at = signup + timedelta(days=rng.randint(8, 40))
            outcomes.append({"lead_id": f"l{i}", "outcome": "won", "at": at.isoformat()})
    outcomes.append({"lead_id": "l0", "outcome": "lost", "at": (START + timedelta(days=200)).isoformat()})
    return {"leads": leads, "events": events, "outcomes": outcomes}


@pytest.mark.parametrize("when", [{"at": "7d"}, {"every": "30d"}])
def test_features_are_those_of_data_cut_at_their_instant(when):
    given = world()
    rows = denizen.export_features(MODEL, **given, **when, horizon="30d").table.to_pylist()
    labels = {"label", "label_at", "days_to_label", "split"}
    for row in random.Random(2).sample(rows, 1):
        cut = [e for e in given["events"] if datetime.fromisoformat(e["timestamp"]) <= row["as_of"]]
        extra = {} if "at" in when else {"as_of": row["as_of"] + timedelta(days=30)}
        again = denizen.export_features(
            MODEL, **{**given, "events": cut}, **when, **extra, horizon="30d"
        ).table.to_pylist()
        (same,) = [r for r in again if (r["lead_id"], r["as_of"]) == (row["lead_id"], row["as_of"])]
        for name, value in row.items():
            if name not in labels:
                assert same.get(name, 0) == value, name


def test_labels_lie_strictly_after_and_within_the_horizon_and_splits_follow_time():
    rows = denizen.export_features(MODEL, **world(), every="20d", horizon="30d").table.to_pylist()
    assert any(r["label"] for r in rows)
    for r in rows:
        assert r["label"] == (r["label_at"] is not None)
        assert not r["label"] or 0 < r["days_to_label"] <= 30
    order = {"train": 0, "validation": 1, "test": 2}
    placed = [order[r["split"]] for r in sorted(rows, key=lambda r: r["as_of"])]
    assert placed == sorted(placed)
    assert len({(r["as_of"], r["split"]) for r in rows}) == len({r["as_of"] for r in rows})


def test_numbers_are_numbers_text_is_text_and_names_differ():
    table = denizen.export_features(MODEL, **world(), horizon="30d").table
    kinds = {f.name: str(f.type) for f in table.schema}
    assert (kinds["fit.size"], kinds["fit.where"], kinds["behavior.core"]) == ("double", "string", "double")
    assert len({n.casefold() for n in kinds}) == len(kinds)


def test_the_command_writes_the_table_and_its_card(tmp_path):
    out, card = tmp_path / "f.parquet", tmp_path / "card.md"
    words = ["export-features", "examples/trial/model.yaml", "--out", str(out), "--card", str(card), "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    table = pq.read_table(out)
    found = json.loads(card.with_suffix(".json").read_text())
    assert [c["column"] for c in found["columns"]] == table.column_names
    assert sum(s["rows"] for s in found["splits"]) == len(table)
    assert "## Columns" in card.read_text()
