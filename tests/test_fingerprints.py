"""Fingerprints: the data hash follows what could change a result, the metadata hash the words around it."""

from __future__ import annotations

import copy
import json
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import worlds
import yaml_of
from denizen.errors import DenizenError
from denizen.model.load import parse_model
from test_differential import run

SETTINGS = settings(max_examples=15)


def load(model):
    return parse_model(json.dumps(model, indent=1), "m")


def data(model):
    return load(model).fingerprint


def shuffled(value, rng):
    """The same model with its keys in another order; the order of criteria is told apart."""
    if isinstance(value, dict):
        items = [(k, shuffled(v, rng)) for k, v in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(v, rng) for v in value] if isinstance(value, list) else value


@SETTINGS
@given(model=worlds.models(), seed=st.integers(0, 99))
def test_key_order_comments_and_layout_do_not_change_the_data_hash(model, seed):
    other = shuffled(model, random.Random(seed))
    assert data(model) == data(other)
    commented = "# a comment\n" + yaml_of.text(other).replace("\n", "   # why\n", 1)
    assert parse_model(commented, "m").fingerprint == data(model)


@SETTINGS
@given(model=worlds.models())
def test_shorthands_do_not_change_the_data_hash(model):
    assert data(model) == data(written_out(model))


def written_out(model):
    """The model with what its shorthands stand for."""
    other = copy.deepcopy(model)
    for criterion in [*other["fit"]["criteria"].values(), *other["behavior"]["criteria"].values()]:
        if "points" in criterion and "each" not in criterion:
            criterion["bands"] = [{"at_least": 1, "points": criterion.pop("points")}]
        if isinstance(criterion.get("count"), str):
            criterion["count"] = [criterion["count"]]
        for path, value in criterion.get("where", {}).items():
            if not isinstance(value, dict):
                criterion["where"][path] = {"is": value}
    other.setdefault("pql", {}).setdefault("total", 80)
    return other


def numbers_of(value, path=()):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers_of(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from numbers_of(part, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


@SETTINGS
@given(data_=st.data(), model=worlds.models())
def test_any_change_of_a_number_changes_the_data_hash(data_, model):
    path, number = data_.draw(st.sampled_from(sorted(numbers_of(model), key=str)))
    other = copy.deepcopy(model)
    at = other
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = number + 1
    try:
        changed = load(other)
    except DenizenError:
        assume(False)
    in_a_set = any(key in ("in", "not_in", "contains_any", "contains_all") for key in path)
    if in_a_set and same_set(at, number, model, path):
        return
    assert changed.fingerprint != data(model)


def same_set(values, number, model, path):
    """A list that already held the changed value says the same with and without the old one."""
    before = model
    for part in path[:-1]:
        before = before[part]
    canonical = lambda vs: {
        str(float(v)) if isinstance(v, int | float) and not isinstance(v, bool) else str(v).lower().strip() for v in vs
    }
    return canonical(values) == canonical(before) or number + 1 in before


@settings(max_examples=5)
@given(model=worlds.models(), world=worlds.worlds)
def test_equal_data_hashes_mean_equal_scores(model, world):
    other = written_out(shuffled(model, random.Random(1)))
    assert data(model) == data(other)
    assert run(model, world, "duckdb:")[0] == run(other, world, "duckdb:")[0]


MODEL = "model: m\nbehavior: {criteria: {a: {count: x, points: 1}, b: {count: y, points: 2}}}\n"


@pytest.mark.parametrize(
    "other",
    [
        "title: A title\n" + MODEL,
        "version: 2\n" + MODEL,
        "model: m\nbehavior: {criteria: {b: {count: y, points: 2}, a: {count: x, points: 1}}}\n",
    ],
)
def test_titles_versions_and_the_order_of_criteria_are_metadata(other):
    left, right = parse_model(MODEL, "m"), parse_model(other, "m")
    assert left.fingerprint == right.fingerprint
    assert left.metadata_fingerprint != right.metadata_fingerprint


@pytest.mark.parametrize(
    ("old", "new"), [("{a:", "{c:"), ("model: m", "model: n"), ("points: 1", "points: 1.5"), ("x", "z")]
)
def test_names_that_results_carry_are_data(old, new):
    assert parse_model(MODEL, "m").fingerprint != parse_model(MODEL.replace(old, new), "m").fingerprint


def test_equal_values_in_other_words_are_the_same_data():
    def one(band):
        return parse_model(f"model: m\nfit: {{criteria: {{a: {{attribute: x, bands: [{band}]}}}}}}\n", "m").fingerprint

    assert one("{in: [SaaS, 7], points: 1.0}") == one("{in: ['7.0', ' saas', SAAS], points: 1}")
    assert one("{is: true, points: 1}") == one("{is: 'True', points: 1}")
    assert one("{contains: '7.0', points: 1}") != one("{contains: 7, points: 1}")
    assert one("{matches: '\\w', points: 1}") != one("{matches: '\\d', points: 1}")
