"""How many criteria a model has: one count, whoever tells it."""

from __future__ import annotations

import json

import denizen
from denizen.model.lint.run import Around, lint_model
from denizen.model.load import model_from, parse_model
from denizen.model.size import Size, size_of
from denizen.model.source import parse_yaml
from test_cli import denizen as command

MODEL = """model: m
fit:
  criteria:
    size: {attribute: employees, bands: [{at_least: 50, points: 15}]}
products:
  a: {criteria: {x: {count: x, points: 40}, y: {count: y, points: 5}}}
  b: {criteria: {x: {count: x, points: 40}}}
account: {criteria: {team: {distinct: {of: leads}, bands: [{at_least: 3, points: 5}]}}}
pql: {total: 40, fit: 0, behavior: 40}
"""


def test_fit_and_the_largest_section_count_and_accounts_are_counted_apart():
    size = size_of(parse_model(MODEL, "m").spec)
    assert size == Size(fit=1, behavior=2, products=2, account=1)
    assert size.total == 3
    assert str(size) == "1 fit and 2 behavior criteria (the largest of 2 products), and 1 of accounts"


def test_check_lint_health_and_the_model_itself_tell_the_same_count(tmp_path):
    (tmp_path / "m.yaml").write_text(MODEL)
    told = json.loads(command(tmp_path, "check", "m.yaml", "--json").stdout)
    assert told["criteria"] == {"fit": 1, "behavior": 2, "total": 3, "account": 1}
    source = parse_yaml(MODEL, "m")
    (remark,) = [
        f for f in lint_model(model_from(source), source, MODEL, Around()).findings if f.code == "criteria-count"
    ]
    assert remark.message.startswith("3 criteria")
    assert "1 fit and 2 behavior criteria" in repr(parse_model(MODEL, "m"))
    leads = [{"lead_id": str(n), "signup_at": "2026-01-01", "employees": 60} for n in range(30)]
    events = [{"lead_id": str(n), "event": "x", "product": "a", "timestamp": "2026-01-02"} for n in range(15)]
    events.append({"lead_id": "0", "event": "x", "product": "a", "timestamp": "2026-06-01"})
    outcomes = [{"lead_id": str(n), "outcome": "won", "at": "2026-01-20"} for n in range(10)]
    found = denizen.health(MODEL, leads=leads, events=events, outcomes=outcomes).item("criteria")
    assert (found.found.value, found.n) == (3.0, 3)
