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


def features(model, when, **given):
    rows = denizen.export_features(model, **given, at=when, horizon="10d").table.to_pylist()
    return {r["lead_id"]: r for r in rows}


def day(number):
    return (START + timedelta(days=number)).isoformat()


LEADS = [{"lead_id": "a", "signup_at": day(0), "employees": "50", "country": "US"}]
ENDS = [{"lead_id": "a", "outcome": "lost", "at": day(90)}]


@pytest.mark.parametrize(("when", "core", "other"), [("2d", 0, 0), ("7d", 1, 0), ("30d", 0, 1)])
def test_a_delivery_counts_until_another_replaces_it(when, core, other):
    sent = [("core", 3, 3), ("other", 2, 20)]
    events = [
        {"lead_id": "a", "event": e, "timestamp": day(at), "received_at": day(got), "event_id": "1"}
        for e, at, got in sent
    ]
    events += [{"lead_id": "a", "event": "seen", "timestamp": day(0), "received_at": day(0), "event_id": "2"}]
    row = features(MODEL, when, leads=LEADS, events=events, outcomes=ENDS, known=True)["a"]
    assert (row.get("event.core", 0), row.get("event.other", 0)) == (core, other)
    assert row["events"] == 1 + core + other
    assert (row["behavior.core"] or 0) == core


def test_attributes_are_as_known_then_where_a_history_is_given():
    events = [{"lead_id": "a", "event": "core", "timestamp": day(1)}]
    history = [{"lead_id": "a", "attribute": "employees", "value": "5", "from": day(0)}]
    history += [{"lead_id": "a", "attribute": "employees", "value": "70", "from": day(8)}]
    given = {"leads": LEADS, "events": events, "outcomes": ENDS, "attributes_history": history}
    early, late = (features(MODEL, when, **given)["a"] for when in ("7d", "8d"))
    assert (early["fit.size"], early["fit.size.points"], early["fit"]) == (5, 0, 5)
    assert (late["fit.size"], late["fit.size.points"], late["fit"]) == (70, 10, 15)
    notes = denizen.export_features(MODEL, **given, horizon="10d").card["notes"]
    assert not any("as they are now" in note for note in notes)


@pytest.mark.engine
def test_postgresql_gives_the_same_table(postgres_url):
    given, same = world(n=25), {"at": "7d", "horizon": "30d"}
    here = denizen.export_features(MODEL, **given, **same)
    there = denizen.export_features(MODEL, **given, **same, engine=postgres_url)
    assert here.table.equals(there.table)
    assert here.card == there.card


PRODUCTS = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 10, points: 10}]}}}
products:
  mail: {criteria: {sent: {count: sent, points: 30}}}
  docs: {criteria: {wrote: {count: wrote, points: 50}}}
pql: {total: 60, fit: 0, behavior: 40}
"""


def test_of_several_products_the_one_that_counts_gives_the_measures():
    leads = [{"lead_id": x, "signup_at": day(0), "employees": "50"} for x in "ab"]
    used = [("a", "sent", "mail"), ("b", "sent", "mail"), ("b", "wrote", "docs")]
    events = [{"lead_id": x, "event": e, "timestamp": day(1), "product": p} for x, e, p in used]
    rows = features(PRODUCTS, "7d", leads=leads, events=events, outcomes=ENDS)
    assert (rows["a"]["behavior"], rows["a"]["behavior.sent"], rows["a"]["behavior.wrote"]) == (30, 1, None)
    assert (rows["b"]["behavior"], rows["b"]["behavior.sent"], rows["b"]["behavior.wrote"]) == (50, None, 1)
    assert (rows["a"]["pql"], rows["b"]["pql"]) == (False, True)


def test_the_card_says_of_each_column_what_is_in_the_table():
    found = denizen.export_features(MODEL, **world(), horizon="30d")
    table, card = found.table, found.card
    for column in card["columns"]:
        values = table.column(column["column"])
        assert column["type"] == str(values.type)
        assert column["fill"] == pytest.approx(1 - values.null_count / len(table), abs=1e-6)
        assert column["meaning"]
    for split in card["splits"]:
        rows = [r for r in table.select(["split", "label"]).to_pylist() if r["split"] == split["split"]]
        assert (split["rows"], split["won"]) == (len(rows), sum(r["label"] for r in rows))
    assert card["cohort"]["rows"] == len(table)
    assert card["rows"]["events"]["read"] == len(world()["events"])
