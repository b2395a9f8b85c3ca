"""Foresight with products, segments, accounts and late data: every instant that can matter is scored, and none is missed."""

from __future__ import annotations

import json
import re
from datetime import datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import oracle
import worlds
from denizen.clock import from_us, to_us
from oracle import DAY
from test_programs import frames
from worlds import T

VERDICT = ("fit", "behavior", "pql", "disqualified", "capped")
ALWAYS_US = 36_000 * DAY
PERIODS = (0, 1, 2, 3, 4, 5, 7, 13, 14, 15, 20, 28, 50)


def known_at(society, at, known):
    """Nothing more happens: what was visible at an instant, and nothing else."""
    world, strays = society
    by_account = {}
    for account, event in strays:
        by_account.setdefault(account, []).append(event)
    return [(lead, seen(log, at, known)) for lead, log in world], [
        (account, e) for account, log in by_account.items() for e in seen(log, at, known)
    ]


def seen(log, at, known):
    return [{**e, "received_us": None} for e in oracle.visible(log, at, known)]


def instants_that_matter(model, society, at, random, most):
    """Events and the lead's own instants, plus the spans of the model, plus periods, and a microsecond around."""
    world, strays = society
    bases = {e["at_us"] for _, log in world for e in log} | {e["at_us"] for _, e in strays}
    for lead, _ in world:
        bases |= {lead[k] for k in ("signup_us", "trial_started_us", "trial_ends_us") if lead[k] is not None}
    spans = [oracle.span(s) for s in sorted(set(re.findall(r'"(\d+[smhdw])"', json.dumps(model))))]
    found = {
        base + span + every * times + near
        for base in bases
        for span in (0, 30 * DAY, *spans)
        for every in (DAY, *spans)
        for times in PERIODS
        for near in (-1, 0, 1)
    }
    later = sorted(us for us in found if us > at)
    return random.sample(later, min(most, len(later)))


def assert_nothing_is_missed(model, society, known, random, most):
    leads, events = frames(society)
    text = json.dumps(model, indent=1)
    instants = sorted({T, T - random.choice([1, 2, 14]) * DAY + random.choice([-1, 0, 1])})
    foreseen = denizen.score(
        text, leads=leads, events=events, as_of=[from_us(us) for us in instants], known=known, foresight=True
    ).scores.to_pylist()
    for at in instants:
        rows = {r["lead_id"]: r for r in foreseen if to_us(r["as_of"]) == at}
        assert len(rows) == len(society[0])
        then = known_at(society, at, known)
        wanted = {(lead, us) for lead in rows for us in (at, *instants_that_matter(model, then, at, random, most))}
        for lead, row in rows.items():
            told = [to_us(row[k]) for k in ("next_change_at", "drops_out_at") if row[k]]
            wanted |= {(lead, us) for end in told for us in (end - 1, end)}
        scores = scored_at(text, then, wanted)
        for lead, row in rows.items():
            assert_foreseen(row, at, {us: verdict for (of, us), verdict in scores.items() if of == lead and us >= at})


def scored_at(text, society, wanted):
    leads, events = frames(society)
    grid = [{"lead_id": lead, "as_of": worlds.iso(us)} for lead, us in sorted(wanted)]
    found = denizen.score(text, leads=leads, events=events, grid=grid).scores.to_pylist()
    return {(r["lead_id"], to_us(r["as_of"])): tuple(r[k] for k in VERDICT) for r in found}


def assert_foreseen(row, at, scores):
    now = tuple(row[k] for k in VERDICT)
    assert scores[at] == now
    change, drop = (to_us(row[k]) if row[k] else None for k in ("next_change_at", "drops_out_at"))
    if change is not None:
        assert scores[change] != now
    if drop is not None:
        assert now[2]
        assert not scores[drop][2]
    for us, verdict in scores.items():
        if us < (at + ALWAYS_US if change is None else change):
            assert verdict == now, (us - at, row)
        if now[2] and us < (at + ALWAYS_US if drop is None else drop):
            assert verdict[2], (us - at, row)


given_all = {
    "model": worlds.programs(),
    "society": worlds.societies(),
    "known": st.booleans(),
    "random": st.integers(0, 10**6).map(Random),
}


@settings(max_examples=1)
@given(**given_all)
def test_no_instant_before_the_foreseen_one_moves_a_score(model, society, known, random):
    model["pql"] = {**model.get("pql", {}), "total": 1, "fit": 0, "behavior": 0.5}
    assert_nothing_is_missed(model, society, known, random, 150)


@pytest.mark.slow
@settings(max_examples=6)
@given(**given_all)
def test_no_instant_before_the_foreseen_one_moves_a_score_in_many_societies(model, society, known, random):
    model["pql"] = {**model.get("pql", {}), "total": 1, "fit": 0, "behavior": 0.5}
    assert_nothing_is_missed(model, society, known, random, 600)


OVERTAKEN = """
model: two
products:
  editor:
    events: {product: {is: editor}}
    criteria: {drawn: {count: drawn, each: 1, points: 10}}
    decay: {points: 1, every: 1d}
  viewer:
    events: {product: {is: viewer}}
    criteria: {seen: {count: seen, each: 1, points: 10}}
    decay: {points: 20, every: 12d}
    ceiling: {when: {plan: {is: free}}, after: 1d, unless: upgraded, at: 45}
pql: {total: 20, fit: 0, behavior: 20}
"""


@pytest.mark.parametrize("decay", ["points: 20, every: 12d", "half_life: 12d"])
def test_a_product_with_a_ceiling_that_is_best_for_a_while_ends_a_pql(decay):
    model = OVERTAKEN.replace("points: 20, every: 12d", decay)
    at, day = to_us(datetime.fromisoformat("2026-02-01")), DAY
    leads = [{"lead_id": "ana", "plan": "free", "signup_at": "2026-01-01"}]
    nobody = denizen.score(model, leads=leads, as_of=from_us(at), foresight=True).scores.to_pylist()
    assert [row["drops_out_at"] for row in nobody] == [None]
    events = [
        {"lead_id": "ana", "event": event, "product": product, "timestamp": "2026-02-01", "event_id": f"{event}{i}"}
        for event, product in (("drawn", "editor"), ("seen", "viewer"))
        for i in range(5)
    ]
    scored = {"leads": leads, "events": events}
    row = denizen.score(model, **scored, as_of=from_us(at), foresight=True).scores.to_pylist()[0]
    drop = to_us(row["drops_out_at"])
    grid = [{"lead_id": "ana", "as_of": from_us(us)} for us in sorted({*range(at, drop, day // 4), drop - 1, drop})]
    told = {to_us(r["as_of"]): r["pql"] for r in denizen.score(model, **scored, grid=grid).scores.to_pylist()}
    assert told.pop(drop) is False
    assert all(told.values())
    later = denizen.score(model, **scored, as_of=from_us(at + 16 * day)).scores.to_pylist()[0]
    assert later["pql"], "it qualifies again, which is why looking at both ends of a span is not enough"
