"""Logistic regression on factors: it agrees with a dense fit by a general optimizer, and its exact test with sums by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy import stats as reference

from denizen.history import stats


def rows(seed, leads=400):
    rng = np.random.default_rng(seed)
    factors = [rng.integers(0, k, leads) for k in (4, 3, 2)]
    won = rng.random(leads) < 1 / (1 + np.exp(2 - 0.5 * factors[0] - factors[2]))
    return rng, factors, won


def dense(factors, won):
    """Coefficients and chances by a general optimizer on a table of zeros and ones."""
    columns = [np.ones(len(won))] + [(f == level).astype(float) for f in factors for level in np.unique(f)[1:]]
    x = np.stack(columns, axis=1)

    def loss(b):
        eta = x @ b
        return np.logaddexp(0, eta).sum() - won @ eta

    found = optimize.minimize(loss, np.zeros(x.shape[1]), method="BFGS", options={"gtol": 1e-8})
    return x, 1 / (1 + np.exp(-x @ found.x)), found.x


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_chances_odds_and_score_test_are_those_of_a_dense_fit(seed):
    rng, factors, won = rows(seed)
    held = stats.hold(won, factors)
    x, chance, terms = dense(factors, won)
    assert held.chance[held.whose] == pytest.approx(chance, abs=2e-3)
    assert held.odds(2)[0].value == pytest.approx(np.exp(terms[-1]), rel=1e-2)
    mark = rng.random(len(won)) < 0.3
    weight = chance * (1 - chance)
    shared = x.T @ (weight * mark)
    variance = weight @ mark - shared @ np.linalg.inv((x * weight[:, None]).T @ x) @ shared
    found = held.test(np.bincount(held.whose[mark], minlength=len(held.chance)).astype(float), int(won[mark].sum()))
    assert found.variance == pytest.approx(variance, rel=1e-2)
    assert found.z == pytest.approx((won[mark].sum() - chance[mark].sum()) / variance**0.5, rel=2e-2, abs=2e-2)


def test_counts_of_groups_give_what_their_rows_give():
    _, factors, won = rows(3)
    held = stats.hold(won, factors)
    n, hits = np.bincount(held.whose), np.bincount(held.whose, won)
    again = stats.hold_counts(n, hits, held.codes)
    assert again.chance == pytest.approx(held.chance)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0.02, 0.6)), min_size=1, max_size=3), st.data())
def test_the_exact_test_sums_over_all_that_can_happen(groups, data):
    n, chance = (np.array(x, dtype=float) for x in zip(*groups, strict=True))
    won = data.draw(st.integers(0, int(n.sum())))
    held = stats.Held(
        (np.arange(len(n)),), np.arange(len(n)), chance, None, np.zeros((len(n), len(n))), np.arange(len(n))
    )
    tails = {"low": 0.0, "high": 0.0}
    for case in product(*[range(int(size) + 1) for size in n]):
        weight = np.prod([reference.binom.pmf(k, size, p) for k, size, p in zip(case, n, chance, strict=True)])
        tails["low"] += weight * (sum(case) <= won)
        tails["high"] += weight * (sum(case) >= won)
    if n.sum():
        assert held.test(n, won).p == pytest.approx(min(1.0, 2 * min(tails.values())), abs=1e-9)


def test_a_level_that_separates_keeps_its_terms_finite():
    won = np.array([True] * 5 + [False] * 20)
    held = stats.hold(won, [np.zeros(25, dtype=int), won.astype(int)])
    odds, p = held.odds(1)
    assert np.isfinite([odds.value, odds.low, odds.high, p]).all()
    alone = stats.hold(won, [np.zeros(25, dtype=int)])
    assert alone.test(np.array([25.0]), 5).z == pytest.approx(0, abs=1e-3)


def test_rare_marks_are_not_found_more_often_than_stated():
    """Few leads at a low base rate: where the normal distribution would find far too much."""
    rng, found = np.random.default_rng(8), 0
    for _ in range(1000):
        won = rng.random(600) < 0.03
        held = stats.hold(won, [rng.integers(0, 4, 600)])
        rows_ = np.arange(22)
        found += (
            held.test(np.bincount(held.whose[rows_], minlength=len(held.chance)).astype(float), int(won[rows_].sum())).p
            <= 0.01
        )
    assert found / 1000 <= 0.01
