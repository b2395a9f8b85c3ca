"""What changed between two models: complete, and in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

import worlds
from denizen.model.diff import diff_models
from denizen.model.load import parse_model
from test_cli import denizen

BASE = """model: m
version: 1
behavior:
  criteria:
    invites:
      count: invited
      within: {first: 14d}
      bands: [{at_least: 2, points: 15}, {at_least: 1, points: 10}]
      key: true
    pricing: {count: pricing_viewed, points: 10}
  velocity: {at_least: 5, within: 48h, points: 25}
  decay: {points: 10, every: 30d}
pql: {total: 80, fit: 15, behavior: 40}
tiers: {fit: {strong: 35, weak: 0}}
"""


def changes(before, after):
    return diff_models(parse_model(before, "a"), parse_model(after, "b"))


@settings(max_examples=30)
@given(before=worlds.models(), after=worlds.models())
def test_a_diff_tells_data_exactly_where_the_data_hashes_differ(before, after):
    left, right = (parse_model(json.dumps(m, indent=1), "m") for m in (before, after))
    found = diff_models(left, right)
    assert any(c.data for c in found) == (left.fingerprint != right.fingerprint)
    assert bool(found) == (
        (left.fingerprint, left.metadata_fingerprint) != (right.fingerprint, right.metadata_fingerprint)
    )
    assert diff_models(left, left) == ()
    assert all(c.sentence and "Decimal(" not in c.sentence for c in found)
    json.dumps([c.as_dict() for c in found])


@pytest.mark.parametrize(
    ("old", "new", "sentence", "effect"),
    [
        ("{at_least: 2, points: 15}", "{at_least: 2, points: 20}", "invites: 2 or more now give 20 points, were 15", "scores"),
        ("{at_least: 2, points: 15}", "{at_least: 3, points: 15}", "invites: 15 points now for 3 or more, was for 2 or more", "scores"),
        (", {at_least: 1, points: 10}", "", "invites: 1 or more no longer give 10 points", "scores"),
        ("{first: 14d}", "{last: 1w}", "invites: now events count in the last 7 days, was in the first 14 days since signup", "scores"),
        ("pricing:", "prices:", "pricing is now called prices; it measures and gives the same", "names"),
        ("    pricing: {count: pricing_viewed, points: 10}\n", "", "pricing is gone: the number of pricing_viewed; 1 or more give 10 points", "scores"),
        ("within: 48h", "within: 24h", "velocity, the longest span of a burst: now 24 hours, was 48 hours", "scores"),
        ("  decay: {points: 10, every: 30d}\n", "", "decay is gone: points 10, every 30 days, periods whole, floor 0", "scores"),
        ("total: 80", "total: 75", "the total a PQL needs: now 75, was 80", "scores"),
        ("strong: 35", "strong: 40", "the fit tier strong now starts at 40, was 35", "scores"),
        ("version: 1", "version: 2", "the version: now 2, was 1", "words"),
        ("model: m", "model: n", "the name of the model: now n, was m", "names"),
        ("viewed, points: 10}", "viewed, points: 10, scope: account}", "pricing: now counts the events of everyone in its account, was of the lead alone", "scores"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(old, new, sentence, effect):
    assert old in BASE
    assert [(c.sentence, c.effect) for c in changes(BASE, BASE.replace(old, new))] == [(sentence, effect)]


def test_a_segment_is_told_apart_and_what_changed_for_all_is_told_once():
    segment = "segments: [{name: big, when: {size: {at_least: 100}}, pql: {total: %s}}]\n"
    before, after = BASE + segment % 60, BASE.replace("points: 25", "points: 20") + segment % 50
    assert [c.sentence for c in changes(before, after)] == [
        "velocity, the bonus in points: now 20, was 25",
        "segment big: the total a PQL needs: now 50, was 60",
    ]
    assert [c.sentence for c in changes(BASE, before)] == ["the segment big is new: size is 100 or more"]


def test_the_command_tells_changes_and_what_they_can_do(tmp_path):
    (tmp_path / "a.yaml").write_text(BASE)
    (tmp_path / "b.yaml").write_text(BASE.replace("points: 15", "points: 20").replace("version: 1", "version: 2"))
    (tmp_path / "c.yaml").write_text(BASE.replace("version: 1", "title: T"))
    out = denizen(tmp_path, "diff", "a.yaml", "b.yaml").stdout
    assert "invites: 2 or more now give 20 points, were 15" in out
    assert "scores can change" in out
    told = json.loads(denizen(tmp_path, "diff", "a.yaml", "b.yaml", "--json", "--exit-code", code=3).stdout)
    assert (told["data_changed"], told["metadata_changed"]) == (True, True)
    assert [set(c) for c in told["changes"]] == [{"section", "path", "kind", "sentence", "effect", "data", "before", "after"}] * 2  # fmt: skip
    assert "no result changes" in denizen(tmp_path, "diff", "a.yaml", "c.yaml", "--exit-code").stdout
    assert "no difference" in denizen(tmp_path, "diff", "a.yaml", "a.yaml", "--exit-code").stdout
    assert "file-unreadable" in denizen(tmp_path, "diff", "a.yaml", "none.yaml", code=1).stderr
