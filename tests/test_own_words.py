"""What one criterion, segment or model names does not change what another sees of an attribute."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
from denizen.ingest.derive.recipes import RECIPES
from denizen.model.meanings import READ_BY_MEANING

SAID = {
    "country": ["US", "United States", "usa", "DE", "Deutschland", "Germany", "Atlantis"],
    "industry": ["SaaS", "Software", "Internet", "Fintech", "Banking", "Steel"],
    "technologies": ["Salesforce", "SFDC", "Salesforce.com, Segment", "HubSpot"],
}
AS_OF = "2026-01-01"


@st.composite
def asking(draw, name):
    """A criterion on an attribute, in words of its own."""
    single = [word for word in SAID[name] if "," not in word]  # a word that is a list stays a list for all (documented)
    words = st.lists(st.sampled_from(single), min_size=1, max_size=3, unique=True)
    operator = draw(st.sampled_from(["contains_any", "contains_all"] if name == "technologies" else ["in", "not_in"]))
    bands = [{operator: draw(words), "points": points} for points in (7, 3)[: draw(st.integers(1, 2))]]
    return {"attribute": name, "bands": bands}


def points(criteria, leads, **more):
    model = {"model": "m", "fit": {"criteria": criteria, "min": -1000, "max": 1000}, **more}
    found = denizen.score(json.dumps(model, indent=1), leads=leads, as_of=AS_OF, ledger=True).ledger.to_pylist()
    return {(r["lead_id"], r["line"]): r["points"] for r in found if r["kind"] == "criterion"}


@settings(max_examples=12)
@given(data=st.data(), name=st.sampled_from(sorted(SAID)))
def test_a_criterion_gives_what_it_gives_alone(data, name):
    criteria = {f"c{i}": data.draw(asking(name)) for i in range(3)}
    leads = [{"lead_id": f"l{i}", name: value} for i, value in enumerate(SAID[name])]
    together = points(criteria, leads)
    for line, criterion in criteria.items():
        alone = points({line: criterion}, leads)
        assert alone == {key: given_ for key, given_ in together.items() if key[1] == line}


@pytest.mark.parametrize("known", [False, True])
def test_a_segment_changes_nothing_outside_it(known):
    leads = [{"lead_id": "ana", "country": "United States", "plan": "x"}]
    criteria = {"home": {"attribute": "country", "bands": [{"in": ["US"], "points": 10}]}}
    other = {"there": {"attribute": "country", "bands": [{"in": ["United States"], "points": 5}]}}
    segments = {"segments": [{"name": "s", "when": {"plan": "y"}, "fit": {"criteria": other}}]} if known else {}
    assert points(criteria, leads, **segments)["ana", "home"] == 10


def test_two_models_backtested_together_score_as_each_alone():
    outcomes = [{"lead_id": "ana", "outcome": "won", "at": "2026-01-20"}]
    leads = [{"lead_id": n, "country": c, "signup_at": AS_OF} for n, c in (("ana", "United States"), ("bob", "France"))]
    gate = {"pql": {"total": 10, "fit": 10, "behavior": 0}}

    def model(word):
        bands = [{"in": [word], "points": 10}]
        return json.dumps(
            {"model": "m", "fit": {"criteria": {"c": {"attribute": "country", "bands": bands}}}, **gate}, indent=1
        )

    given_ = {"leads": leads, "outcomes": outcomes, "at": "7d", "horizon": "30d", "as_of": "2026-06-01"}
    both = denizen.backtest(model("US"), model("United States"), **given_).as_dict()
    assert [m["pql"]["n"] for m in both["models"]] == [1, 1]


def test_attributes_that_tables_read_are_known_to_lint():
    assert {"country", "industry", "technologies", *RECIPES} == READ_BY_MEANING
