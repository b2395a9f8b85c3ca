"""Before and after, on a made-up world whose truth is known."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import pytest

import denizen
from denizen.errors import DenizenError
from denizen.history import stats
from denizen.history.metrics import Period
from denizen.history.metrics.result import Value
from denizen.history.metrics.run import WEEK_US, _change, _median, _per_week, _scaled_sum

START = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = Period("", 0, WEEK_US)
LAUNCH = START + timedelta(days=60)
MODEL = "model: m\nbehavior: {criteria: {core: {count: core, points: 80}}}\npql: {total: 80, fit: 0, behavior: 40}\n"


def world(before=0.1, after=0.3, seed=3):
    rng = random.Random(seed)
    people, events, outcomes = [], [], []
    for n in range(1200):
        lead, signup = f"l{n}", START + timedelta(hours=2.4 * n)
        people.append({"lead_id": lead, "signup_at": signup.isoformat()})
        if rng.random() < 0.25:
            events.append({"lead_id": lead, "event": "core", "timestamp": (signup + timedelta(days=1)).isoformat()})
        if rng.random() < (after if signup >= LAUNCH else before):
            opened = signup + timedelta(days=rng.randint(8, 20))
            won = opened + timedelta(days=rng.randint(5, 30))
            outcomes += [
                {"lead_id": lead, "outcome": "opportunity", "at": opened.isoformat()},
                {"lead_id": lead, "outcome": "won", "at": won.isoformat(), "amount": 100, "rep": f"r{n % 4}"},
            ]
    events.append({"lead_id": "l0", "event": "end", "timestamp": (START + timedelta(days=250)).isoformat()})
    return {"leads": people, "events": events, "outcomes": outcomes}


@pytest.fixture(scope="module")
def found():
    return denizen.metrics(MODEL, **world(), launch=LAUNCH.isoformat(), span="60d", cost="1000,1000")


def test_each_metric_is_what_its_definition_counts(found):
    given = world()
    at = {o["lead_id"]: {} for o in given["outcomes"]}
    for o in given["outcomes"]:
        at[o["lead_id"]][o["outcome"]] = datetime.fromisoformat(o["at"])
    old = [f"l{n}" for n in range(600)]
    won = [lead for lead in old if lead in at]
    assert found.metric("trial_to_paid").before.found.value == len(won) / 600
    assert found.metric("pipeline").before.found.value == pytest.approx(len(won) / (60 / 7))
    days = [(at[lead]["won"] - at[lead]["opportunity"]).days for lead in won]
    assert found.metric("sales_cycle").before.found.value == pytest.approx(median(days))
    assert found.metric("cac").before.found.value == pytest.approx(1000 / len(won))
    assert found.metric("revenue_per_rep").before.found.value == pytest.approx(len(won) * 100 / 4)
    assert found.metric("lead_roi").before.found.value == pytest.approx(len(won) * 100 / 1000 - 1)
    core = {e["lead_id"] for e in given["events"] if e["event"] == "core"}
    assert found.metric("pql_volume").before.found.value == sum(lead in core for lead in old) / 600


def test_a_planted_change_is_found_and_nothing_where_nothing_changed(found):
    sure = {m.definition.metric for m in found.sure}
    assert {"trial_to_paid", "pipeline", "cac"} <= sure
    assert 3 in found.metric("trial_to_paid").change
    assert not {"pql_volume", "sales_cycle"} & sure


def test_changes_are_called_beyond_chance_as_rarely_as_the_level_says():
    calls = [
        denizen.metrics(MODEL, **world(0.2, 0.2, seed), launch=LAUNCH.isoformat(), span="60d") for seed in range(4)
    ]
    for metric in ("trial_to_paid", "pql_against_rest", "pql_volume", "sales_cycle"):
        assert sum(metric in {m.definition.metric for m in c.sure} for c in calls) <= 1, metric


def test_what_cannot_be_computed_says_what_it_needs(found):
    needs = {m.definition.metric: m.needs for m in found.metrics if m.needs}
    assert set(needs) == {"mql_to_opportunity", "contacts_on_pqls", "follow_up", "sales_feedback"}
    assert needs["follow_up"] == "cannot be computed: needs outcome rows `contacted`, `accepted` or `rejected`"


@pytest.mark.parametrize(
    "given",
    [
        {}, {"before": "2026-01-01..2026-02-01"}, {"launch": "2026-03-01", "before": "a..b", "after": "a..b"},
        {"before": "2026-02-01..2026-01-01", "after": "2026-02-01..2026-03-01"}, {"launch": "2026-03-01", "span": "long"},
        {"launch": "2026-03-01", "cost": "1"},
    ],
)  # fmt: skip
def test_periods_that_cannot_be_meant_are_refused(given):
    with pytest.raises(DenizenError, match="bad-argument"):
        denizen.metrics(MODEL, **world(), **given)


def counts_covered(draw, interval, truth, worlds=400):
    """The share of worlds whose interval holds the truth."""
    generators = (np.random.default_rng([9, i]) for i in range(worlds))
    return np.mean([truth in interval(draw(g)) for g in generators])


SIMULATED = {
    # A Poisson number of deals a week, exact: never below the level.
    "deals a week": (lambda g: int(g.poisson(12)), lambda n: _per_week(n, WEEK).found, 12.0, 0.95, 1.0),
    # A Poisson number of deals of skewed size: right for many deals.
    "revenue": (
        lambda g: g.lognormal(3, 0.7, int(g.poisson(150))),
        lambda amounts: _scaled_sum(amounts, 1.0).found,
        150 * math.exp(3 + 0.7**2 / 2),
        0.92,
        0.98,
    ),
    # The median of skewed waits, by bootstrap.
    "sales cycle": (lambda g: g.exponential(20, 120), lambda days: _median(days).found, 20 * math.log(2), 0.90, 0.985),
    # A rate after divided by one before.
    "change of a share": (
        lambda g: (int(g.binomial(800, 0.06)), int(g.binomial(900, 0.09))),
        lambda hits: _change("trial_to_paid", *(Value(stats.rate(k, n), n) for k, n in zip(hits, (800, 900), strict=True))),
        1.5,
        0.92,
        0.98,
    ),
    # A median after divided by one before: MOVER on the logarithm.
    "change of a cycle": (
        lambda g: (g.exponential(30, 120), g.exponential(20, 150)),
        lambda days: _change("sales_cycle", *(_median(d) for d in days)),
        2 / 3,
        0.90,
        0.99,
    ),
    # Deals a week after divided by those before, two exact intervals: wider than asked, never narrower.
    "change of a pipeline": (
        lambda g: (int(g.poisson(60)), int(g.poisson(90))),
        lambda n: _change("pipeline", *(_per_week(k, WEEK) for k in n)),
        1.5,
        0.945,
        1.0,
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATED)
def test_intervals_of_metrics_cover_at_the_stated_rate(name):
    draw, interval, truth, low, high = SIMULATED[name]
    worlds = 300 if "cycle" in name else 2000  # a bootstrap a world takes its time
    assert low <= counts_covered(draw, interval, truth, worlds) <= high


@pytest.mark.parametrize("name", [n for n in SIMULATED if "cycle" not in n])
def test_intervals_of_metrics_cover_roughly(name):
    draw, interval, truth, low, _ = SIMULATED[name]
    assert counts_covered(draw, interval, truth) >= low - 0.04


def test_revenue_per_rep_is_the_amounts_of_the_cohort_by_those_who_won_any():
    given = world(0.3, 0.3, 5)
    for n, row in enumerate(o for o in given["outcomes"] if o["outcome"] == "won"):
        row["amount"], row["rep"] = 50 + n, f"r{n % 3}"
    found = denizen.metrics(MODEL, **given, launch=LAUNCH.isoformat(), span="60d").metric("revenue_per_rep").after
    new = [f"l{n}" for n in range(600, 1200)]
    deals = [o for o in given["outcomes"] if o["outcome"] == "won" and o["lead_id"] in new]
    assert found.n == len(deals)
    assert found.found.value == pytest.approx(sum(o["amount"] for o in deals) / 3)
    spread = 1.96 * math.sqrt(sum(o["amount"] ** 2 for o in deals)) / 3
    assert found.found.high - found.found.value == pytest.approx(spread, rel=1e-3)


def test_a_metric_names_only_what_is_not_there():
    found = denizen.metrics(MODEL, **world(), launch=LAUNCH.isoformat(), span="60d")
    assert found.metric("lead_roi").needs.startswith("cannot be computed: needs what was spent in both periods")
    assert "amount" not in found.metric("lead_roi").needs
    bare = world()
    bare["outcomes"] = [{k: v for k, v in o.items() if k != "amount"} for o in bare["outcomes"]]
    found = denizen.metrics(MODEL, **bare, launch=LAUNCH.isoformat(), span="60d", cost="1,1")
    assert (
        found.metric("lead_roi").needs == "cannot be computed: needs the column `amount` on outcome rows of won leads"
    )
    assert "`rep`" not in found.metric("revenue_per_rep").needs
