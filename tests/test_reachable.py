"""max_reachable: the highest total over all that unknown attributes could turn out to be, held to the oracle."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import oracle
import worlds
from denizen.clock import from_us
from denizen.model.load import load_model
from denizen.plan.build import build_program
from denizen.plan.candidates import candidates
from denizen.plan.needs import asked_of
from test_programs import frames
from worlds import T

ATTRIBUTES = ("title", "size", "tools")
PLAIN = [*worlds.WORDS, *worlds.LISTS, *range(-20, 21), 0.1, 2.5, 7.0, -3.5, True, False]


def conditions_on(model, attribute):
    """Every condition and every criterion of a model that looks at an attribute, wherever it stands."""
    found, criteria = [], []

    def look(node):
        if isinstance(node, list):
            for part in node:
                look(part)
        if not isinstance(node, dict):
            return
        if node.get("attribute") == attribute:
            criteria.append(node)
            found.extend({k: v for k, v in band.items() if k != "points"} for band in node.get("bands", ()))
        found.extend(node[key][attribute] for key in ("when", "require") if attribute in (node.get(key) or {}))
        for part in node.values():
            look(part)

    look(model)
    return found, criteria


def as_said(text):
    """A value as a model or a file would have it: lists and plain values travel as JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def kinds(model, attribute):
    """One value, or None, of each kind that the oracle tells apart."""
    asked = asked_of(*build_program(load_model(json.dumps(model, indent=1))).plans).attributes.get(attribute, [])
    found, criteria = conditions_on(model, attribute)
    sizes = [c["each"] for c in criteria if "each" in c]
    far = [size * n for size in sizes for n in (1, 2, 3, 10**4, 10**7, 10**13)]
    by_kind = {}
    for value in [None, *PLAIN, *far, *map(as_said, candidates(asked))]:
        seen = tuple(oracle.holds(c, value) for c in found)
        points = tuple(oracle.points_of(c, value) for c in criteria)
        by_kind.setdefault((seen, points), value)
    return list(by_kind.values())


def unknown_of(lead):
    """The attributes that are unknown; a list without elements is known."""
    return [a for a in ATTRIBUTES if not isinstance(lead[a], list) and oracle.to_text(lead[a]) is None]


def highest(model, world, strays, number, known):
    """The highest total of one lead by brute force."""
    lead = world[number][0]
    open_ = unknown_of(lead)
    choices = [kinds(model, a) for a in open_]
    best = None
    for values in itertools.product(*choices):
        told = {**lead, **dict(zip(open_, values, strict=True))}
        turned = [(told if i == number else other, log) for i, (other, log) in enumerate(world)]
        score = oracle.score_world(model, turned, T, known, strays)[number]
        total = score.fit + score.behavior
        best = total if best is None else max(best, total)
    return best


def assert_reaches(model, society, known, forgotten):
    world, strays = society
    world[0][0].update(dict.fromkeys(forgotten))
    leads, events = frames((world, strays))
    scored = denizen.score(
        json.dumps(model, indent=1), leads=leads, events=events, as_of=from_us(T), known=known, foresight=True
    )
    rows = {r["lead_id"]: r for r in scored.scores.to_pylist()}
    row = rows["lead 0"]
    assert row["max_reachable"] == float(highest(model, world, strays, 0, known))
    assert row["unknown_could_add"] == pytest.approx(row["max_reachable"] - row["total"], abs=1e-6)
    assert all(r["max_reachable"] >= r["total"] for r in rows.values())


forgotten = st.lists(st.sampled_from(ATTRIBUTES), min_size=1, max_size=2, unique=True)


@settings(max_examples=2)
@given(model=worlds.programs(), society=worlds.societies(), known=st.booleans(), forgotten=forgotten)
def test_no_value_of_an_unknown_attribute_gives_a_higher_total(model, society, known, forgotten):
    assert_reaches(model, society, known, forgotten)


@pytest.mark.slow
@settings(max_examples=12)
@given(model=worlds.programs(), society=worlds.societies(), known=st.booleans(), forgotten=forgotten)
def test_no_value_of_an_unknown_attribute_gives_a_higher_total_in_many_worlds(model, society, known, forgotten):
    assert_reaches(model, society, known, forgotten)


BOTH = """
model: both
fit:
  criteria:
    plan: {attribute: plan, bands: [{is: free, points: 20}, {is: pro, points: 5}]}
    size: {attribute: size, bands: [{at_least: 10, points: 10}, {exists: true, points: 1}]}
behavior:
  criteria:
    use: {count: used, points: 60}
    size_of_use: {attribute: size, bands: [{less_than: 10, points: 30}]}
  ceiling: {when: {plan: free}, after: 30d, unless: [upgraded], at: 40}
segments:
  - {name: small, when: {size: {less_than: 3}}, fit: {max: 2}}
"""


@pytest.mark.parametrize(
    ("known", "highest"),
    [
        ({"plan": None, "size": 50}, 75),  # free would give 20 and end at 40 by the ceiling: 70
        ({"plan": "pro", "size": None}, 96),  # 3 to 9: less fit and more behavior
        ({"plan": None, "size": None}, 96),
        ({"plan": "free", "size": None}, 70),  # the ceiling takes what use gives
        ({"plan": "pro", "size": 1}, 92),
    ],
)
def test_a_value_counts_for_all_it_does_to_fit_behavior_ceiling_and_segment(known, highest):
    events = [{"lead_id": "a", "event": "used", "timestamp": "2026-01-02"}]
    leads = [{"lead_id": "a", "signup_at": "2026-01-01", **known}]
    scored = denizen.score(BOTH, leads=leads, events=events, as_of="2026-06-01", foresight=True).scores.to_pylist()[0]
    assert scored["max_reachable"] == highest
