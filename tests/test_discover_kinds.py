"""Where only one kind of an action matters, its property is the finding; where the action itself does, the action is."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

import denizen

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01


def world(seed, chance, *, leads=1500, more=2.0, others=(0.3, 0.3)):
    """Leads of whom a third import, each import of one of three sources.

    `chance` gives that of a conversion by how often, and how often from crm; `others` who of crm and the rest has a mailbox.
    """
    rng = np.random.default_rng(seed)
    signup = START_US + np.sort(rng.integers(0, 200 * DAY_US, leads))
    times = np.where(rng.random(leads) < 0.35, 1 + rng.poisson(more - 1, leads), 0)
    lead = np.repeat(np.arange(leads), times)
    source = rng.choice(["crm", "csv", "sheet"], len(lead))
    crm = np.bincount(lead, weights=source == "crm", minlength=leads)
    won = np.flatnonzero(rng.random(leads) < chance(times, crm))
    mailbox = np.flatnonzero(rng.random(leads) < np.where(crm > 0, *others))
    opened = np.repeat(np.arange(leads), 1 + rng.poisson(3, leads))
    rows = [*lead, *opened, *mailbox]
    names = ["imported"] * len(lead) + ["opened"] * len(opened) + ["mailbox"] * len(mailbox)
    at = signup[rows] + rng.integers(0, 6 * DAY_US, len(rows))
    marks = [json.dumps({"source": s}) for s in source] + ["{}"] * (len(rows) - len(lead))
    stamp = pa.timestamp("us", tz="UTC")
    late = signup[won] + rng.integers(8, 60, len(won)) * DAY_US
    return {
        "leads": pa.table({"lead_id": [f"l{i}" for i in range(leads)], "signup_at": pa.array(signup, stamp)}),
        "events": pa.table(
            {
                "lead_id": [f"l{i}" for i in rows],
                "event": names,
                "timestamp": pa.array(at, stamp),
                "properties": marks,
            }
        ),
        "outcomes": pa.table(
            {
                "lead_id": [*[f"l{i}" for i in won], "l0"],
                "outcome": ["won"] * len(won) + ["lost"],
                "at": pa.array(np.append(late, START_US + 300 * DAY_US), stamp),
            }
        ),
    }


def found(**given):
    return [m for m in denizen.discover(**given).as_dict()["milestones"] if m["event"] == "imported"]


@pytest.mark.parametrize("seed", range(3))
def test_a_property_stands_instead_of_its_event_where_the_event_tells_nothing_beside_it(seed):
    discovery = denizen.discover(**world(seed, lambda _, crm: np.where(crm > 0, 0.4, 0.05)))
    [milestone] = [m for m in discovery.as_dict()["milestones"] if m["event"] == "imported"]
    assert (milestone["kind"], milestone["property"], milestone["value"]) == ("property", "source", "crm")
    assert milestone["instead_of"].startswith("imported")
    assert "source: crm" in discovery.model_text()
    told = str(discovery.report())
    assert "imported with source = crm within 7 days stands instead of imported" in told


@pytest.mark.parametrize("seed", range(3))
def test_an_event_stays_where_its_properties_say_nothing_more_than_how_often_it_was_done(seed):
    [milestone] = found(**world(seed, lambda times, _: np.where(times > 0, 0.4, 0.05)))
    assert (milestone["kind"], milestone["instead_of"]) == ("count", None)
    [milestone] = found(**world(seed, lambda times, _: np.where(times > 2, 0.5, 0.05), more=3.0))
    assert (milestone["kind"], milestone["instead_of"]) == ("count", None)


@pytest.mark.parametrize("seed", range(3))
def test_what_points_the_other_way_is_no_rival(seed):
    discovery = denizen.discover(**world(seed, lambda _, crm: np.where(crm > 0, 0.3, 0.05), others=(0.03, 0.9)))
    assert discovery.milestones
    for chosen in discovery.findings:
        assert not any("mailbox" in rival for rival in chosen.rivals) or "mailbox" in chosen.tested.candidate.words
