"""Pilots: arms are stable or exact, and the interval survives peeking."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
from denizen.errors import DenizenError
from denizen.history.pilot.arms import assign, parse_arms
from denizen.history.stats import normal_mixture, two_rates

ARMS = parse_arms("pilot:0.4,control:0.4,holdout:0.2")
UNITS = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=60)


@given(UNITS, UNITS, st.text(max_size=5))
def test_a_unit_has_the_same_arm_whoever_else_is_there(some, more, salt):
    alone, together = assign(dict.fromkeys(some), ARMS, salt), assign(dict.fromkeys(more + some), ARMS, salt)
    assert all(together[unit] == arm for unit, arm in alone.items())


@given(UNITS, st.integers(1, 4), st.randoms())
def test_shares_are_exact_to_one_in_each_stratum_and_order_does_not_count(units, strata, rng):
    where = {unit: f"s{i % strata}" for i, unit in enumerate(units)}
    found = assign(where, ARMS, "x", stratified=True)
    mixed = list(where.items())
    rng.shuffle(mixed)
    assert assign(dict(mixed), ARMS, "x", stratified=True) == found
    for stratum in set(where.values()):
        counts = Counter(found[u] for u in units if where[u] == stratum)
        n = sum(counts.values())
        assert all(abs(counts[name] - n * Fraction(share)) < 1 for name, share in ARMS.shares)


def test_hashed_shares_are_right_on_average_and_salts_are_independent():
    units = dict.fromkeys(map(str, range(20_000)))
    one, two = assign(units, ARMS, "a"), assign(units, ARMS, "b")
    assert Counter(one.values())["pilot"] == pytest.approx(8000, abs=300)
    assert sum(one[u] == two[u] for u in units) == pytest.approx(20_000 * 0.36, abs=300)


def misses(worlds, length, rates, seed):
    """Return how many worlds have a look, after each pair of leads, at which the interval misses the truth."""
    rng, missed = np.random.default_rng(seed), 0
    truth, ratio = rates[0] - rates[1], rates[0] / rates[1]
    for _ in range(worlds):
        won = rng.random((length, 2)) < rates
        for n, (x, y) in enumerate(won.cumsum(axis=0), 1):
            difference, quotient = two_rates(int(x), n, int(y), n)
            if truth not in difference or ratio not in quotient:
                missed += 1
                break
    return missed


def test_the_interval_holds_at_every_look_at_once():
    assert misses(20, 25, (0.15, 0.1), 1) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.02, 0.01), (0.5, 0.3)])
def test_the_interval_covers_at_the_stated_rate_under_continuous_peeking(rates):
    assert misses(100, 100, rates, 2) / 100 <= 0.05


@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.3, 0.2)])
def test_the_normal_mixture_covers_in_the_long_run_under_peeking(rates):
    rng, missed = np.random.default_rng(3), 0
    for _ in range(300):
        means = (rng.random((2000, 2)) < rates).cumsum(axis=0) / np.arange(1, 2001)[:, None]
        looks = range(99, 2000, 100)
        missed += any(
            rates[0] - rates[1]
            not in normal_mixture(means[n, 0] - means[n, 1], float((means[n] * (1 - means[n])).sum() / (n + 1)))
            for n in looks
        )
    assert missed / 300 <= 0.05


@settings(max_examples=50)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_interval_holds_its_estimate_and_turns_with_the_arms(a, b, c, d):
    (n, s), (m, t) = (max(a, b), min(a, b)), (max(c, d), min(c, d))
    one, two = two_rates(s, n, t, m)[0], two_rates(t, m, s, n)[0]
    assert one.value is None or (one.low <= one.value <= one.high and one.low >= -1 and one.high <= 1)
    assert one.low == pytest.approx(-two.high, abs=1e-9)


def world(pilot_rate, other_rate, n=1200):
    rng = np.random.default_rng(5)
    days = np.datetime64("2026-01-01") + np.arange(n) // 10
    leads = [{"lead_id": f"l{i}", "signup_at": str(d), "account_id": f"a{i // 3}"} for i, d in enumerate(days)]
    found = denizen.assign_arms("pilot:0.5,holdout:0.5", leads=leads, as_of="2026-01-01")
    rate = {"pilot": pilot_rate, "holdout": other_rate}
    outcomes = [
        {"lead_id": r["lead_id"], "outcome": "won", "at": str(days[int(r["lead_id"][1:])] + 5)}
        for r in found.rows
        if rng.random() < rate[r["arm"]]
    ]
    return leads, found, [*outcomes, {"lead_id": "l0", "outcome": "lost", "at": "2026-08-01"}]


def test_a_planted_uplift_is_decided_and_nothing_where_there_is_none():
    leads, arms, outcomes = world(0.5, 0.2)
    found = denizen.pilot_report(list(arms.rows), leads=leads, outcomes=outcomes, horizon="30d")
    assert found.comparisons[0].verdict == "pilot converts more"
    assert found.comparisons[0].looks[-1].n + found.comparisons[0].looks[-1].n_other == 1200
    assert "decided" not in found.comparisons[0].words()
    leads, arms, outcomes = world(0.2, 0.2)
    found = denizen.pilot_report(list(arms.rows), leads=leads, outcomes=outcomes, horizon="30d")
    assert found.comparisons[0].verdict == "not decided yet"


def test_accounts_go_together_and_are_compared_as_clusters():
    leads, _, outcomes = world(0.2, 0.2)
    arms = denizen.assign_arms("pilot:0.5,control:0.5", leads=leads, by="account", as_of="2026-01-01")
    by_account = {}
    for lead, row in zip(sorted(leads, key=lambda p: p["lead_id"]), arms.rows, strict=True):
        by_account.setdefault(lead["account_id"], set()).add(row["arm"])
    assert all(len(found) == 1 for found in by_account.values())
    assert denizen.pilot_report(list(arms.rows), leads=leads, outcomes=outcomes, horizon="30d").clustered


def test_what_is_seen_at_one_instant_does_not_change_when_more_is_known():
    leads, arms, outcomes = world(0.4, 0.2)
    full = denizen.pilot_report(list(arms.rows), leads=leads, outcomes=outcomes, horizon="30d").comparisons[0].looks
    early = denizen.pilot_report(
        list(arms.rows), leads=leads, outcomes=outcomes, horizon="30d", as_of="2026-04-01"
    ).comparisons[0]
    assert list(early.looks[:-1]) == list(full[: len(early.looks) - 1])


@pytest.mark.parametrize(
    "arms", ["pilot:1", "pilot:0.5,control:0.4", "pilot:0.5,other:0.5", "pilot:-1,control:2", "", "pilot:x,control:y"]
)
def test_arms_that_cannot_be_meant_are_refused(arms):
    with pytest.raises(DenizenError, match="bad-argument"):
        parse_arms(arms)


@pytest.mark.parametrize(
    "rows", [[], [{"lead_id": "l0", "arm": "best"}], [{"lead_id": "l0", "arm": "pilot"}] * 2, [{"arm": "pilot"}]]
)
def test_files_of_arms_that_cannot_be_meant_are_refused(rows):
    leads, _, outcomes = world(0.2, 0.2, 30)
    with pytest.raises(DenizenError, match="bad-argument"):
        denizen.pilot_report(rows, leads=leads, outcomes=outcomes)
