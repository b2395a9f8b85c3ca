"""In worlds with known milestones, what discover suggests is seldom false, and what is strong is found.

A suggestion is false if neither it, nor a near-duplicate merged into it, nor a rival named with it, is planted.
"""

from __future__ import annotations

import numpy as np
import pytest

import denizen
from planted import Plant, Recipe, world

TWO = {"big": Plant(4.0), "middle": Plant(2.5, 0.3)}
RECIPES = {
    "nothing": Recipe(),
    "effects": Recipe(plants=TWO | {"small": Plant(1.6, 0.3)}),
    "shadows": Recipe(plants=TWO, shadows=2),
    "twins": Recipe(plants=TWO, twins=1, shadows=1),
    "how often": Recipe(plants={"thrice": Plant(3.0, 0.5, 3), "once": Plant(2.0)}, shadows=2),
    "drift": Recipe(drift=2.0),
    "drift and effects": Recipe(leads=3000, drift=2.0, plants={"middle": Plant(2.5, 0.3)}, shadows=1),
}
STATED = 0.05


def study(recipe, worlds):
    """The share of false suggestions in each world, the share of each plant found, and how often there is a signal."""
    false, found, signals = [], dict.fromkeys(recipe.plants, 0), 0
    for seed in worlds:
        discovery = denizen.discover(**world(seed, recipe))
        true = [is_true(c, recipe) for c in discovery.findings]
        false.append(true.count(False) / max(1, len(true)))
        signals += discovery.verdict == "signal"
        for name in recipe.plants:
            found[name] += any(name == c.tested.candidate.event for c in discovery.milestones)
    return np.array(false), {name: n / len(worlds) for name, n in found.items()}, signals / len(worlds)


def is_true(chosen, recipe):
    words = [chosen.tested.candidate.words, *chosen.same_as, *chosen.rivals]
    events = [
        part
        for w in words
        for part in w.split(" within ")[0].split(" with ")[0].split(" at least ")[0].split(", then ")
    ]
    return any(name in events for name in recipe.plants)


def test_in_a_few_worlds_with_effects_the_strong_are_found_and_little_else():
    false, found, signals = study(RECIPES["shadows"], range(100, 106))
    assert found["big"] == 1
    assert signals == 1
    assert false.mean() <= 0.2


def test_in_a_few_worlds_without_effects_there_is_no_signal():
    assert study(RECIPES["nothing"], range(100, 105))[2] <= 0.2
    assert study(RECIPES["drift"], range(100, 105))[2] <= 0.2


def test_what_rises_with_conversion_over_the_months_is_seen_through():
    recipe = Recipe(leads=4000, drift=3.0)
    found = denizen.discover(**world(1, recipe))
    fooled = {t.candidate.event for t in found.only_activity}
    assert {"noise_0", "noise_2", "noise_4"} <= fooled
    assert not found.findings


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_false_suggestions_stay_at_the_stated_rate_and_the_strong_are_found(name):
    recipe = RECIPES[name]
    false, found, signals = study(recipe, range(WORLDS))
    assert false.mean() <= STATED + 3 * max(0.2, false.std()) / WORLDS**0.5
    for plant, share in found.items():
        assert share >= POWER[plant], (plant, share)
    assert recipe.plants or signals <= STATED + 3 * (STATED * (1 - STATED) / WORLDS) ** 0.5


WORLDS = 60
POWER = {"big": 0.9, "middle": 0.6, "small": 0.15, "thrice": 0.8, "once": 0.2}
