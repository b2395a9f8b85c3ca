"""Pilots: arms are stable or exact, and the interval survives peeking."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
from denizen.cli.main import cli
from denizen.errors import DenizenError
from denizen.history import stats
from denizen.history.pilot.arms import assign, parse_arms
from denizen.history.pilot.judging import FEWEST_OUTCOMES, FEWEST_UNITS, _read
from denizen.history.stats import normal_mixture, two_rates
from denizen.history.stats.sequences import evidence, mixture_reach

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
    "arms",
    [
        "pilot:1",
        "pilot:0.5,control:0.4",
        "pilot:0.5,other:0.5",
        "pilot:-1,control:2",
        "pilot:1e-999999999,control:1",
        "",
        "pilot:x,control:y",
    ],
)
def test_arms_that_cannot_be_meant_are_refused(arms):
    with pytest.raises(DenizenError, match="bad-argument"):
        parse_arms(arms)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"lead_id": "l0", "arm": "best"}],
        [{"lead_id": "l0", "arm": "pilot"}] * 2,
        [{"lead_id": "l0", "arm": "pilot"}, {"arm": "pilot"}],
    ],
)
def test_files_of_arms_that_cannot_be_meant_are_refused(rows):
    leads, _, outcomes = world(0.2, 0.2, 30)
    with pytest.raises(DenizenError, match="bad-argument|rows-rejected|data-lacking"):
        denizen.pilot_report(rows, leads=leads, outcomes=outcomes)


@pytest.mark.parametrize("as_file", [True, False])
def test_columns_that_arms_lack_are_told_with_those_that_are_there(tmp_path, as_file):
    rows = [{"leadid": "l0", "group": "pilot"}]
    (tmp_path / "contacts.csv").write_text("leadid,group\nl0,pilot\n")
    leads, _, outcomes = world(0.2, 0.2, 30)
    with pytest.raises(DenizenError) as error:
        denizen.pilot_report(tmp_path / "contacts.csv" if as_file else rows, leads=leads, outcomes=outcomes)
    assert {f.code for f in error.value.findings} == {"missing-column"}
    told = [f.message for f in error.value.findings]
    assert told[0].startswith("no column `lead_id`; did you mean `leadid`? columns: leadid, group;")
    assert told[1].startswith("no column `arm`; columns: leadid, group;")


def worlds_of_leads(worlds, length, rates, share, seed):
    """Counts of leads and of conversions in both arms at each lead that comes, many worlds at once."""
    rng = np.random.default_rng(seed)
    arm = rng.random((worlds, length)) < share
    won = rng.random((worlds, length)) < np.where(arm, rates[0], rates[1])
    return [side.cumsum(axis=1) for arms in (arm, ~arm) for side in (arms, arms & won)]


@pytest.mark.slow
@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.02, 0.01), (0.5, 0.3), (0.001, 0.2)])
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_truth_stays_inside_at_every_look_in_thousands_of_worlds(rates, share):
    n, won, n_other, won_other = worlds_of_leads(4000, 800, rates, share, 7)
    against = evidence(won, n, rates[0]) + evidence(won_other, n_other, rates[1])
    crossed = (against > math.log(20)).any(axis=1).mean()
    assert 0 < crossed <= 0.05, "the bound of Ville holds, and looking at every lead uses some of it"


counts = st.tuples(st.integers(1, 400), st.integers(0, 400)).map(lambda c: (c[0], min(c)))
inner = st.floats(0.001, 0.999)


@settings(max_examples=60)
@given(counts, counts, inner, inner)
def test_the_interval_holds_every_pair_of_rates_without_too_much_evidence_against_it(one, two, p, q):
    (n, s), (m, t) = one, two
    # Toward what was seen until the evidence against both rates together is just below the limit.
    for part in np.linspace(0, 1, 200):
        a, b = p + (s / n - p) * part, q + (t / m - q) * part
        if 0 < a < 1 and 0 < b < 1 and evidence(s, n, a) + evidence(t, m, b) <= math.log(20):
            difference, ratio = two_rates(s, n, t, m)
            assert difference.low - 1e-9 <= a - b <= difference.high + 1e-9
            assert ratio.low * (1 - 1e-9) <= a / b <= ratio.high * (1 + 1e-9)
            return


def misses_between_units(worlds, units, rates, spread, sizes, looks=200, a_look=30, seed=11):
    """The share of worlds with a look at which the interval between units misses the truth; units differ by `spread`."""
    rng, missed = np.random.default_rng(seed), []
    for _ in range(worlds // 250):
        sides, outcomes = [], []
        for rate in rates:
            precision = rate * (1 - rate) / spread**2 - 1
            own = rng.beta(rate * precision, (1 - rate) * precision, (250, 1, units))
            weight = rng.lognormal(0, sizes, (250, 1, units))
            n = rng.poisson(a_look * weight / weight.sum(axis=2, keepdims=True), (250, looks, units))
            x = rng.binomial(n, own).cumsum(axis=1)
            n = n.cumsum(axis=1)
            variance, weigh = stats.between_units(x, n)
            outcomes.append((x.sum(axis=2), (n - x).sum(axis=2)))
            sides.append((x.sum(axis=2) / np.maximum(1, n.sum(axis=2)), variance, weigh))
        (p, v, w), (q, u, z) = sides
        told = (w >= FEWEST_UNITS) & (z >= FEWEST_UNITS) & (v > 0) & (u > 0)
        for hits, misses in outcomes:
            told &= (hits >= FEWEST_OUTCOMES) & (misses >= FEWEST_OUTCOMES)
        with np.errstate(invalid="ignore", divide="ignore"):
            far = abs(p - q - (rates[0] - rates[1])) > mixture_reach(v + u)
        missed.append((told & far).any(axis=1))
    return float(np.concatenate(missed).mean())


def test_the_interval_between_reps_holds_at_every_look_at_once():
    assert misses_between_units(250, 25, (0.2, 0.2), 0.1, 0.3, looks=50) <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("rates", [(0.2, 0.2), (0.3, 0.2), (0.05, 0.05)])
@pytest.mark.parametrize(("units", "sizes"), [(25, 0.2), (40, 0.6), (150, 1.0)])
@pytest.mark.parametrize("part", [0.1, 0.5])
def test_the_interval_between_reps_survives_hundreds_of_looks_in_thousands_of_worlds(rates, units, sizes, part):
    spread = part * min(rates)
    assert misses_between_units(2000, units, rates, spread, sizes) <= 0.05


def reps_world(folder, uplift, reps=80, seed=9):
    """Leads of reps who differ much; the pilot adds `uplift`. Returns the files, written after arms are assigned."""
    rng = np.random.default_rng(seed)
    leads = [(f"l{i}", f"2026-01-{1 + i % 28:02}", f"Rep {i % reps}" if i % 40 else "") for i in range(4000)]
    (folder / "leads.csv").write_text("lead_id,signup_at,rep\n" + "\n".join(",".join(row) for row in leads))
    arms = ["pilot", "assign", "--by", "rep", "--arms", "pilot:0.5,control:0.5", "--as-of", "2026-01-01"]
    done = CliRunner().invoke(cli, [*arms, "--leads", str(folder / "leads.csv"), "--out", str(folder / "arms.csv")])
    assert done.exit_code == 0, done.output
    own = {f"rep {r}": rng.uniform(0.05, 0.45) for r in range(reps)}
    with (folder / "arms.csv").open() as file:
        rows = {r["lead_id"]: r for r in csv.DictReader(file)}
    won = ["lead_id,outcome,at", "l0,lost,2026-08-01"]
    for lead, signup, rep in leads:
        rate = own.get(rep.lower(), 0.2) + uplift * (rows[lead]["arm"] == "pilot")
        if rng.random() < rate:
            won.append(f"{lead},won,{signup}T12:00:00Z")
    (folder / "outcomes.csv").write_text("\n".join(won))
    return rows


def report_of(folder):
    files = [f"--{name}={folder / name}.csv" for name in ("arms", "leads", "outcomes")]
    done = CliRunner().invoke(cli, ["pilot", "report", *files, "--horizon", "30d", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_reps_are_assigned_whole_and_judged_between_reps(tmp_path):
    rows = reps_world(tmp_path, 0.0)
    by_rep = {}
    for row in rows.values():
        by_rep.setdefault(row["unit"], set()).add(row["arm"])
    assert len(by_rep) == 78 + 100, "rep 0 and rep 40 have leads of nobody only"
    assert all(len(arms) == 1 for arms in by_rep.values())
    found = report_of(tmp_path)
    assert found["clustered"]
    (compared,) = found["comparisons"]
    assert compared["verdict"] == "not decided yet"
    alone = two_rates(compared["won"], compared["n"], compared["won_other"], compared["n_other"])[0]
    between = compared["difference"]
    assert between["high"] - between["low"] > alone.high - alone.low, "reps differ, so that leads are less evidence"
    reps_world(tmp_path, 0.3)
    assert report_of(tmp_path)["comparisons"][0]["verdict"] == "pilot converts more"


def test_ids_that_look_like_formulas_keep_their_arms_in_a_file(tmp_path):
    ids = ["'", "''", "=x", "'=x", "''=x", "-7", "'-7", " +y", "'plain", "x"]
    leads = [{"lead_id": i, "signup_at": "2026-01-01T00:00:00Z"} for i in ids]
    assigned = denizen.assign_arms("pilot:0.5,control:0.5", leads=leads, as_of="2026-01-02T00:00:00Z")
    out = tmp_path / "arms.csv"
    assigned.write(str(out))
    rows = _read(out)
    assert set(rows) == {i.strip() for i in ids}
    assert {lead: arm for lead, (arm, *_) in rows.items()} == {r["lead_id"].strip(): r["arm"] for r in assigned.rows}


def test_a_report_finds_its_data_by_the_project_file(tmp_path):
    reps_world(tmp_path, 0.0)
    paths = "".join(f"{name}: {{path: {name}.csv}}\n" for name in ("leads", "outcomes"))
    (tmp_path / "denizen.yaml").write_text(paths)
    given = ["--project", str(tmp_path / "denizen.yaml"), "--arms", str(tmp_path / "arms.csv"), "--horizon", "30d"]
    done = CliRunner().invoke(cli, ["pilot", "report", *given, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["comparisons"] == report_of(tmp_path)["comparisons"]


def test_three_reps_and_many_leads_of_nobody_decide_nothing():
    rng, start = np.random.default_rng(1), "2026-01-01"
    rows = [{"lead_id": f"l{i}", "arm": "pilot" if i % 2 else "control", "unit": f"r{i % 6}"} for i in range(3000)]
    rows += [{"lead_id": f"x{i}", "arm": "pilot" if i % 2 else "control", "unit": f"x{i}"} for i in range(200)]
    leads = [{"lead_id": r["lead_id"], "signup_at": start} for r in rows]
    won = [
        {"lead_id": r["lead_id"], "outcome": "won", "at": "2026-01-02"}
        for r in rows
        if rng.random() < (0.6 if r["arm"] == "pilot" else 0.1)
    ]
    won.append({"lead_id": "l0", "outcome": "lost", "at": "2026-08-01"})
    found = denizen.pilot_report(rows, leads=leads, outcomes=won, horizon="30d")
    assert found.comparisons[0].verdict == "not decided yet"
    assert any("weigh no more (6." in note or "weigh no more (3." in note for note in found.notes)
