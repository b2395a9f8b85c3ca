"""What a change of the model does to leads: the same numbers as scoring with both models, whatever is compared."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest

import denizen
from denizen.clock import from_us, parse_instant
from test_cli import denizen as command

BEFORE = """model: m
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 15}]}}}
behavior:
  criteria:
    did: {count: did, each: 1, points: 20}
    paid: {count: paid, points: 5}
  decay: {points: 5, every: 7d}
pql: {total: 50, fit: 15, behavior: 30}
"""
AFTER = (
    BEFORE.replace("points: 20}", "points: 10}")
    .replace("count: paid, points: 5", "count: paid, points: 60")
    .replace("{at_least: 50", "{between: [50, 95]")
)
AS_OF = "2026-02-01"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.yaml").write_text(BEFORE)
    (tmp_path / "b.yaml").write_text(AFTER)
    leads = [f"{i:02},{10 * (i + 1)},{'' if i % 3 == 0 else f'2026-01-{i + 1:02}'}" for i in range(12)]
    (tmp_path / "leads.csv").write_text("lead_id,employees,signup_at\n" + "\n".join(leads) + "\n")
    events = [f"{i:02},{'paid' if (i + d) % 4 == 0 else 'did'},2026-01-{7 * d + 1 + i % 5:02}" for i in range(12) for d in range(i % 5)]  # fmt: skip
    (tmp_path / "events.csv").write_text("lead_id,event,timestamp\n" + "\n".join(events) + "\n")
    return tmp_path


DATA = ("--leads", "leads.csv", "--events", "events.csv", "--as-of", AS_OF)


def test_a_comparison_holds_the_scores_of_both_models(folder):
    told = json.loads(command(folder, "diff", "a.yaml", "b.yaml", *DATA, "--json", "--weeks", "5", "--out", "both.csv").stdout)  # fmt: skip
    files = {"leads": folder / "leads.csv", "events": folder / "events.csv"}
    sides = [
        {r["lead_id"]: r for r in denizen.score(folder / m, **files, as_of=AS_OF).scores.to_pylist()}
        for m in ("a.yaml", "b.yaml")
    ]
    with (folder / "both.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    for row in rows:
        for side, name in zip(sides, ("before", "after"), strict=True):
            lead = side[row["lead_id"]]
            assert [float(row[f"{k}_{name}"]) for k in ("fit", "behavior", "total")] == [lead[k] for k in ("fit", "behavior", "total")]  # fmt: skip
            assert (row[f"pql_{name}"] == "true") == lead["pql"]
    scores = told["scores"]
    pql = [{k for k, r in side.items() if r["pql"]} for side in sides]
    movers = {m["lead_id"]: m for m in scores["movers"]}
    assert {k for k, m in movers.items() if m["moves"] == "enters"} == pql[1] - pql[0]
    assert {k for k, m in movers.items() if m["moves"] == "leaves"} == pql[0] - pql[1]
    assert pql[0] - pql[1]
    assert pql[1] - pql[0]
    assert (scores["entered"], scores["left"]) == (len(pql[1] - pql[0]), len(pql[0] - pql[1]))
    for mover in movers.values():
        moved = sum(line["after"] - line["before"] for line in mover["lines"])
        assert moved == pytest.approx(mover["total_after"] - mover["total_before"])
    for when in ("before", "after"):
        assert sum(b[when] for b in scores["histogram"]) == scores["leads"] == 12
    for part in ("fit", "behavior"):
        assert sum(t["leads"] for t in scores["tiers"] if t["part"] == part) == 12
    check_weeks(told["weeks"], folder, files)


def check_weeks(weeks, folder, files):
    """Count by hand: score every week on its own, and look who had signed up."""
    last = from_us(parse_instant(AS_OF))
    first = {}
    with files["events"].open() as file:
        for e in csv.DictReader(file):
            first[int(e["lead_id"])] = min(first.get(int(e["lead_id"]), "9"), e["timestamp"])
    with files["leads"].open() as file:
        signup = {int(r["lead_id"]): r["signup_at"] or first.get(int(r["lead_id"])) for r in csv.DictReader(file)}
    assert len(weeks) == 5
    for model, side in (("a.yaml", "before"), ("b.yaml", "after")):
        was = None
        for k in range(5, -1, -1):
            at = last - timedelta(days=7 * k)
            rows = denizen.score(folder / model, **files, as_of=at).scores.to_pylist()
            there = {int(r["lead_id"]) for r in rows if (s := signup[int(r["lead_id"])]) and s <= f"{at:%Y-%m-%d}"}
            now = {int(r["lead_id"]) for r in rows if r["pql"]} & there
            if was is not None:
                week = weeks[4 - k]
                assert (week["leads"], week[f"pql_{side}"], week[f"new_{side}"]) == (
                    len(there),
                    len(now),
                    len(now - was),
                )
            was = now


def test_the_comparison_is_told_in_words(folder):
    out = command(folder, "diff", "a.yaml", "b.yaml", *DATA, "--top", "1").stdout
    assert "leads score otherwise as of 2026-02-01T00:00:00Z; PQL" in out
    assert "paid 5 -> 60" in out
    assert "PQL before" in out
    assert "no data" in command(folder, "diff", "a.yaml", "b.yaml", "--as-of", AS_OF, code=2).stderr
    assert "is an input" in command(folder, "diff", "a.yaml", "b.yaml", *DATA, "--out", "events.csv", code=2).stderr


def test_a_pql_by_a_gate_alone_is_no_other_score(folder):
    (folder / "c.yaml").write_text(BEFORE.replace("total: 50", "total: 20").replace("behavior: 30", "behavior: 5"))
    found = json.loads(command(folder, "diff", "a.yaml", "c.yaml", *DATA, "--json", "--weeks", "0").stdout)["scores"]
    assert (found["scores_changed"], found["changed"]) == (0, found["entered"])
    assert found["entered"]
    out = command(folder, "diff", "a.yaml", "c.yaml", *DATA, "--weeks", "0").stdout
    assert "0 of 12 leads score otherwise" in out
    assert f"{found['entered']:,} with the scores they had" in out
