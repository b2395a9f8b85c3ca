"""What changed between two models: complete, and in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
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


BANDED = """model: m
fit:
  criteria:
    size:
      attribute: employees
      bands:
        - {between: [50, 500], points: 15}
        - {between: [100, 200], points: 8}
        - {less_than: 50, points: 3}
"""


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("        - {between: [100, 200], points: 8}\n", "", "hash"),  # never reached
        ("points: 8", "points: 9", "hash"),
        ("[100, 200], points: 8", "[300, 400], points: 8", "hash"),
        ("        - {between: [50, 500], points: 15}\n", "", "scores"),
        ("[100, 200], points: 8", "[100, 501], points: 8", "scores"),
        ("less_than: 50", "less_than: 50.5", "hash"),  # the first band has 50 already
        ("less_than: 50", "less_than: 49.5", "scores"),
        ("points: 3}", "points: 3}\n        - {at_most: 40, points: 7}", "hash"),
        ("points: 3}", "points: 3}\n        - {exists: true, points: 0}", "hash"),
        ("points: 3}", "points: 3}\n        - {exists: true, points: 1}", "scores"),
    ],
)
def test_a_change_of_bands_that_no_lead_can_notice_is_told_as_that(old, new, effect):
    after = BANDED.replace(old, new)
    assert after != BANDED
    assert {c.effect for c in changes(BANDED, after)} == {effect}
    assert {c.effect for c in changes(after, BANDED)} == {effect}


def test_a_band_of_no_points_still_matters_where_it_rules_out():
    out = BANDED.replace("      bands:", "      disqualifies: true\n      bands:")
    after = out.replace("points: 3}", "points: 3}\n        - {exists: true, points: 0}")
    assert {c.effect for c in changes(out, after)} == {"scores"}


@settings(max_examples=60)
@given(model=worlds.models(), world=worlds.worlds, data=st.data())
def test_bands_that_are_proved_the_same_score_the_same(model, world, data):
    places = [
        (p, n) for p in ("fit", "behavior") for n, c in model[p]["criteria"].items() if len(c.get("bands", [])) > 1
    ]
    if not places:
        return
    part, name = data.draw(st.sampled_from(places))
    other = json.loads(json.dumps(model))
    bands = data.draw(st.permutations(other[part]["criteria"][name]["bands"]))
    other[part]["criteria"][name]["bands"] = bands[: data.draw(st.integers(1, len(bands)))]
    found = changes(json.dumps(model, indent=1), json.dumps(other, indent=1))
    if any(c.effect == "scores" for c in found):
        return
    for lead, log in world:
        before, after = (oracle.score(m, lead, log, worlds.T) for m in (model, other))
        assert (before.fit, before.behavior, before.pql) == (after.fit, after.behavior, after.pql)


def test_the_command_says_that_no_score_can_change(tmp_path):
    (tmp_path / "a.yaml").write_text(BANDED)
    (tmp_path / "b.yaml").write_text(BANDED.replace("        - {between: [100, 200], points: 8}\n", ""))
    said = denizen(tmp_path, "diff", "a.yaml", "b.yaml", "--exit-code").stdout
    assert "100 to 200 no longer give 8 points  (no score can change)" in said
    assert "no score can change: every lead gets the same points" in said
    told = json.loads(denizen(tmp_path, "diff", "a.yaml", "b.yaml", "--json").stdout)
    assert (told["data_changed"], told["scores_can_change"]) == (True, False)
    assert told["changes"][0]["effect"] == "hash"


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


def test_a_change_says_of_which_product_it_is():
    def model(**points):
        products = "".join(
            f"  {k}: {{criteria: {{imports: {{count: did, points: {v}}}}}}}\n" for k, v in points.items()
        )
        return parse_model(f"model: m\nproducts:\n{products}", "m.yaml")

    before, after = model(inbox=5, mail=5, old=5), model(inbox=6, mail=7, new=5)
    assert [c.sentence for c in diff_models(before, after)] == [
        "product inbox: imports: 1 or more now give 6 points, were 5",
        "product mail: imports: 1 or more now give 7 points, were 5",
        "the product old is gone: it has imports",
        "the product new is new: it has imports",
    ]
