"""The statistics: each agrees with a second source, behaves on empty cells, and covers at the stated rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from denizen.history import stats

COUNTS = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda t: (min(t), max(t)))


@given(COUNTS)
def test_intervals_of_a_rate_agree_with_scipy(count):
    x, n = count
    if n == 0:
        assert stats.wilson(0, 0) == stats.Interval(0.0, 1.0)
        return
    exact = reference.binomtest(x, n)
    for ours, method in ((stats.wilson(x, n), "wilson"), (stats.clopper_pearson(x, n), "exact")):
        theirs = exact.proportion_ci(method=method)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(COUNTS, COUNTS)
def test_every_comparison_contains_its_value_and_turns_around(one, other):
    (x1, n1), (x0, n0) = one, other
    forth, back = stats.lift(x1, n1, x0, n0), stats.lift(x0, n0, x1, n1)
    assert forth.value is None or forth.value in forth
    assert (forth.low, forth.high) == pytest.approx(
        (1 / back.high if back.high else math.inf, 1 / back.low if back.low else math.inf), rel=1e-5
    )
    gap, odds = stats.difference(x1, n1, x0, n0), stats.odds_ratio(x1, n1, x0, n0)
    assert -1 <= gap.low <= (gap.value or gap.low) <= gap.high <= 1
    assert odds.value is None or odds.value in odds
    assert 0 <= stats.fisher_or_score(x1, n1, x0, n0) <= 1


def test_lift_agrees_with_published_values():
    # Koopman 1984, Biometrics 40, 513-517: 36 of 40 against 16 of 80.
    found = stats.lift(36, 40, 16, 80)
    assert found.value == pytest.approx(4.5)
    assert (found.low, found.high) == pytest.approx((2.94, 7.15), abs=0.01)


def test_difference_agrees_with_published_values():
    # Newcombe 1998, Statistics in Medicine 17, 873-890: 56/70 - 48/80, method 10.
    found = stats.difference(56, 70, 48, 80)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@pytest.mark.parametrize(
    ("counts", "value", "low", "high"),
    [
        ((0, 10, 5, 10), 0.0, 0.0, None),
        ((5, 10, 0, 10), None, None, math.inf),
        ((0, 10, 0, 10), None, 0.0, math.inf),
        ((0, 0, 5, 10), None, 0.0, math.inf),
        ((5, 10, 0, 0), None, 0.0, math.inf),
    ],
)
def test_an_empty_cell_gives_an_open_end_and_no_made_up_number(counts, value, low, high):
    found = stats.lift(*counts)
    assert found.value == value
    assert low is None or found.low == low
    assert high is None or found.high == high


def test_groups_of_the_same_leads_are_compared_by_those_not_in_both():
    apart = stats.paired_rates((0, 0), (56, 70), (48, 80))
    assert (apart.low, apart.high) == pytest.approx(
        (0.0524, 0.3339), abs=0.02
    )  # Newcombe's, a little wider: nobody is in both
    found = stats.paired_rates((20, 40), (5, 10), (10, 60))
    assert found.value == pytest.approx(25 / 50 - 30 / 100)
    assert stats.paired_shares(12, 4, 100).value == pytest.approx(0.08)
    assert stats.paired_shares(0, 0, 50).value == 0
    beyond = stats.paired_beyond((12, 2, 40), (20, 8, 160))
    assert beyond.value == pytest.approx((12 - 2) / 40 - (32 - 10) / 200)  # recall gained less share gained
    assert stats.paired_shares(0, 0, 0).value is stats.paired_rates((0, 0), (0, 0), (1, 2)).value is None


def slow_auc(labels, scores):
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[labels] for b in scores[~labels]]
    return sum(pairs) / len(pairs)


def slow_delong(labels, scores, others):
    """The covariance by the definition: all pairs, no ranks."""

    def components(s):
        psi = np.array([[(a > b) + 0.5 * (a == b) for b in s[~labels]] for a in s[labels]])
        return psi.mean(axis=1), psi.mean(axis=0)

    (a10, a01), (b10, b01) = components(scores), components(others)
    return np.cov(a10, b10)[0, 1] / len(a10) + np.cov(a01, b01)[0, 1] / len(a01)


@given(st.integers(0, 10_000))
def test_auc_and_its_variance_are_those_of_all_pairs_also_with_ties(seed):
    generator = np.random.default_rng(seed)
    labels = np.r_[True, True, False, False, generator.random(20) < 0.4]
    scores, others = (generator.integers(0, 6, 24) + labels for _ in range(2))
    found = stats.auc(labels, scores)
    assert found.value == pytest.approx(slow_auc(labels, scores))
    if 0 < found.value < 1:
        error = math.sqrt(slow_delong(labels, scores, scores))
        half = 1.959964 * error / (found.value * (1 - found.value))
        odds = math.log(found.value / (1 - found.value)) + half
        assert found.high == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-6)
    gap = stats.auc_difference(labels, scores, others)
    variance = (
        slow_delong(labels, scores, scores)
        + slow_delong(labels, others, others)
        - 2 * slow_delong(labels, scores, others)
    )
    assert gap.high - gap.value == pytest.approx(1.959964 * math.sqrt(max(0, variance)), abs=1e-6)


def test_auc_of_one_kind_only_is_unknown_and_a_perfect_one_keeps_an_interval():
    assert stats.auc([True, True], [1, 2]) == stats.Estimate(None, 0.0, 1.0)
    perfect = stats.auc([True] * 5 + [False] * 5, [2] * 5 + [1] * 5)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low < 0.6
    assert stats.auc_difference([True, False], [2, 1], [3, 0]) == stats.Estimate(0.0, 0.0, 0.0)


def test_clusters_of_one_row_are_no_clusters():
    generator = np.random.default_rng(1)
    labels = generator.random(300) < 0.3
    scores = generator.normal(size=300) + labels
    plain, clustered = stats.auc(labels, scores), stats.auc(labels, scores, np.arange(300))
    assert (clustered.low, clustered.high) == pytest.approx((plain.low, plain.high), abs=1e-3)
    one = np.ones(300)
    assert stats.clustered_rate(labels, one).low == pytest.approx(stats.rate(int(labels.sum()), 300).low, abs=1e-3)


def test_rows_repeated_add_nothing():
    labels, scores = np.array([True] * 30 + [False] * 70), np.r_[np.arange(30) + 40, np.arange(70)].astype(float)
    once = stats.auc(labels, scores, np.arange(100))
    thrice = stats.auc(np.tile(labels, 3), np.tile(scores, 3), np.tile(np.arange(100), 3))
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    assert stats.clustered_rate(labels * 3, np.full(100, 3)).low == pytest.approx(
        stats.clustered_rate(labels, np.ones(100)).low
    )


@given(st.lists(st.floats(0, 1), max_size=30))
def test_benjamini_hochberg_agrees_with_scipy(p):
    assert stats.benjamini_hochberg(p) == pytest.approx(
        list(reference.false_discovery_control(p)) if p else [], abs=1e-12
    )


def test_the_bootstrap_is_seeded_and_paired():
    values = np.random.default_rng(2).normal(size=200)

    def mean_and_gap(weights):
        mean = (weights * values).sum() / weights.sum()
        return [mean, mean - (mean - 0.1)]

    mean, gap = stats.bootstrap(200, mean_and_gap, resamples=200)
    assert [mean, gap] == stats.bootstrap(200, mean_and_gap, resamples=200)
    assert (gap.low, gap.high) == pytest.approx((0.1, 0.1))
    assert stats.bootstrap(3, lambda _: math.nan, resamples=20)[0] == stats.Estimate(None, -math.inf, math.inf)


def coverage(draws, interval, truth):
    return sum(truth in interval(generator) for generator in draws) / len(draws)


def generators(count):
    return [np.random.default_rng([7, i]) for i in range(count)]


def a_lift(n1, p1, n0, p0):
    return lambda g: stats.lift(int(g.binomial(n1, p1)), n1, int(g.binomial(n0, p0)), n0)


def an_auc(n, rows=1):
    """Scores of leads whose rows agree; the truth is Phi(1 / sqrt 2)."""

    def draw(g):
        labels = np.repeat(np.r_[True, True, False, False, g.random(n - 4) < 0.3], rows)
        return stats.auc(labels, np.repeat(g.normal(size=n), rows) + labels, np.repeat(np.arange(n), rows))

    return draw


def a_clustered_rate(leads):
    """Leads of different inclination, each with a few rows; the truth is 1 / 5."""

    def draw(g):
        rows = g.integers(1, 6, leads)
        return stats.clustered_rate(g.binomial(rows, g.beta(0.5, 2.0, leads)), rows)

    return draw


def a_clustered_lift(leads):
    """Leads with rows on both sides; the truth is 2."""

    def draw(g):
        inclined = g.beta(0.5, 2.0, leads)
        rows, others = g.integers(0, 4, leads), g.integers(0, 6, leads)
        return stats.clustered_lift(g.binomial(rows, inclined), rows, g.binomial(others, inclined / 2), others)

    return draw


def a_bootstrap(leads):
    def draw(g):
        values = g.exponential(size=leads)
        return stats.bootstrap(leads, lambda w: (w * values).sum() / w.sum(), resamples=200)[0]

    return draw


def groups_that_share(g, n, both, one, other):
    """How many of n leads are in both groups, in one alone, in the other alone."""
    return g.multinomial(n, [both, one, other, 1 - both - one - other])[:3]


def a_paired_share(n, both, one, other):
    def draw(g):
        _, first, second = groups_that_share(g, n, both, one, other)
        return stats.paired_shares(int(first), int(second), n)

    return draw


def a_paired_rate(n, both, one, other):
    """All convert at 0.3, so that no group converts better."""

    def draw(g):
        counts = groups_that_share(g, n, both, one, other)
        return stats.paired_rates(*((int(g.binomial(of, 0.3)), int(of)) for of in counts))

    return draw


def a_paired_gain(n, one, other):
    """Groups of different size and the same worth: nothing is gained beyond chance."""

    def draw(g):
        won = int(g.binomial(n, 0.1))
        parts = [g.multinomial(of, [one, other, 1 - one - other]) for of in (won, n - won)]
        return stats.paired_beyond(*((int(p[0]), int(p[1]), int(p.sum())) for p in parts))

    return draw


SIMULATIONS = {
    "wilson": (lambda g: stats.rate(int(g.binomial(80, 0.1)), 80), 0.1, 0.92, 0.98),
    "clopper-pearson": (lambda g: stats.clopper_pearson(int(g.binomial(80, 0.1)), 80), 0.1, 0.95, 1.0),
    "lift": (a_lift(60, 0.3, 200, 0.1), 3.0, 0.93, 0.97),
    "lift, few": (a_lift(25, 0.12, 60, 0.04), 3.0, 0.92, 0.99),
    "lift, none": (a_lift(50, 0.1, 150, 0.1), 1.0, 0.93, 0.98),
    "difference": (
        lambda g: stats.difference(int(g.binomial(60, 0.3)), 60, int(g.binomial(90, 0.1)), 90),
        0.2,
        0.93,
        0.97,
    ),
    "odds ratio": (
        lambda g: stats.odds_ratio(int(g.binomial(60, 0.3)), 60, int(g.binomial(90, 0.1)), 90),
        27 / 7,
        0.93,
        0.98,
    ),
    "auc": (an_auc(150), 0.760250, 0.925, 0.975),
    "auc, rows repeat": (an_auc(150, 4), 0.760250, 0.925, 0.975),
    "clustered rate": (a_clustered_rate(200), 0.2, 0.925, 0.975),
    "clustered lift": (a_clustered_lift(300), 2.0, 0.92, 0.975),
    "bootstrap": (a_bootstrap(120), 1.0, 0.90, 0.97),
    "paired shares": (a_paired_share(300, 0.1, 0.08, 0.03), 0.05, 0.93, 0.97),
    "paired shares, one within the other": (a_paired_share(300, 0.1, 0.0, 0.03), -0.03, 0.93, 0.98),
    "paired gain": (a_paired_gain(600, 0.12, 0.03), 0.0, 0.93, 0.97),
    "paired rates": (a_paired_rate(600, 0.1, 0.08, 0.03), 0.0, 0.95, 0.99),
    "paired rates, few within many": (a_paired_rate(300, 0.04, 0.0, 0.1), 0.0, 0.95, 0.995),
}


@pytest.mark.parametrize("name", SIMULATIONS)
def test_intervals_cover_roughly(name):
    draw, truth, low, high = SIMULATIONS[name]
    assert low - 0.045 <= coverage(generators(250), draw, truth) <= high + 0.03


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATIONS)
def test_intervals_cover_at_the_stated_rate(name):
    draw, truth, low, high = SIMULATIONS[name]
    assert low <= coverage(generators(4000), draw, truth) <= high


def false_share(generator, tests=60, real=20):
    """The share of false findings at 10 % when a third of the differences is real."""
    p = [
        stats.fisher_or_score(
            int(generator.binomial(150, 0.25 if i < real else 0.1)), 150, int(generator.binomial(400, 0.1)), 400
        )
        for i in range(tests)
    ]
    found = [i for i, q in enumerate(stats.benjamini_hochberg(p)) if q <= 0.1]
    return sum(i >= real for i in found) / max(1, len(found)), len(found)


@pytest.mark.slow
def test_the_false_discovery_rate_holds_and_real_differences_are_found():
    found = [false_share(generator) for generator in generators(300)]
    assert np.mean([share for share, _ in found]) <= 0.1
    assert np.mean([count for _, count in found]) > 15


def test_p_values_are_uniform_at_most_under_the_null():
    p = [
        stats.fisher_or_score(int(g.binomial(120, 0.3)), 120, int(g.binomial(200, 0.3)), 200) for g in generators(1000)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.065
    few = [
        stats.fisher_or_score(int(g.binomial(20, 0.05)), 20, int(g.binomial(200, 0.05)), 200) for g in generators(2000)
    ]
    assert np.mean(np.array(few) <= 0.01) <= 0.01
    ranked = [stats.rank_test(g.integers(0, 5, 30), g.integers(0, 5, 40)) for g in generators(300)]
    assert np.mean(np.array(ranked) <= 0.05) <= 0.09
