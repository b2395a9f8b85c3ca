"""The shortest path to PQL, held to a search through all that a lead could do or tell."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denizen
import oracle
import worlds
from denizen.clock import from_us
from test_programs import frames
from test_reachable import PLAIN, kinds, unknown_of
from worlds import T

MOST_ATOMS = 45
DENIZEN = Path(sys.executable).parent / "denizen"


def wheres(model):
    """The conditions on properties of a model, by property."""
    found = {}

    def look(node):
        if isinstance(node, list):
            for part in node:
                look(part)
        elif isinstance(node, dict):
            for key in ("where", "events"):
                for path, condition in node[key].items() if isinstance(node.get(key), dict) else ():
                    found.setdefault(path, []).append(condition)
            for part in node.values():
                look(part)

    look(model)
    return found


def named(model):
    """The event names that a model speaks of."""
    text = json.dumps(model, ensure_ascii=False)
    return [n for n in worlds.NAMES if f'"{n}"' in text] or worlds.NAMES[:1]


def atoms(model):
    """Events that a lead could do: every name with every kind of properties."""
    options = []
    for path, conditions in wheres(model).items():
        by_kind = {}
        for value in [None, *[v for v in PLAIN if v not in ("", " ", [])]]:
            by_kind.setdefault(tuple(oracle.holds(c, value) for c in conditions), value)
        options.append([(path, value) for value in by_kind.values()])
    if "products" in model and "product" not in wheres(model):
        options.append([("product", name) for name in model["products"]])
    sums = {c["sum"]["of"] for c in criteria_of(model) if "sum" in c}
    options += [[(path, 1), (path, 20), (path, 2)] for path in sums if path not in wheres(model)]
    found = []
    for combined in itertools.product(*options):
        for name in named(model):
            properties, product = {}, None
            for path, value in combined:
                if path == "product":
                    product = value
                elif value is not None:
                    properties[path] = value
            found.append(
                {
                    "event": name,
                    "at_us": T,
                    "session_id": None,
                    "received_us": None,
                    "product": product,
                    "properties": properties,
                }
            )
    return found[:MOST_ATOMS]


def criteria_of(model):
    sections = [model.get("behavior", {}), *model.get("products", {}).values()]
    return [c for s in sections for c in s.get("criteria", {}).values()]


def learnable(model, lead):
    """Facts that a lead could tell: each kind of value of each unknown attribute."""
    return [(a, v) for a in unknown_of(lead) for v in kinds(model, a) if v is not None]


def fewest(model, society, known, most):
    """The fewest actions and facts, up to a number, with which the first lead is a PQL; None if there are none."""
    (lead, log), mates = society[0][0], society[0][1:]
    people = {i: other for i, (mate, other) in enumerate(mates, 1) if lead["account_id"] == mate["account_id"]}
    people = people if lead["account_id"] else {}
    nobody = [e for name, e in society[1] if lead["account_id"] and name == lead["account_id"]]
    things = [*atoms(model), *learnable(model, lead)]
    for size in range(most + 1):
        for some in itertools.combinations_with_replacement(things, size):
            new = [{**a, "event_id": f"~{no:06}"} for no, a in enumerate(some) if isinstance(a, dict)]
            facts = [f for f in some if isinstance(f, tuple)]
            if len(dict(facts)) < len(facts):
                continue
            mine = [*log, *new]
            if oracle.score(model, {**lead, **dict(facts)}, mine, T, known, {0: mine, **people}, nobody).pql:
                return size, some
    return None


def assert_shortest(model, society, known, most):
    leads, events = frames(society)
    text = json.dumps(model, indent=1)
    path = denizen.explain(text, "lead 0", leads=leads, events=events, as_of=from_us(T), known=known).path
    expected = fewest(model, society, known, most)
    if path is None:
        assert expected
        assert expected[0] == 0
    elif expected:
        assert path.found, (expected, path)
        assert path.actions <= expected[0], (expected, path)
    elif not path.found:
        assert path.blocked_by


gates = st.fixed_dictionaries(
    {"total": st.sampled_from([3, 8, 15]), "fit": st.sampled_from([0, 2]), "behavior": st.sampled_from([0, 2])}
)


@settings(max_examples=2)
@given(model=worlds.programs(), society=worlds.societies(), known=st.booleans(), gates=gates)
def test_nothing_shorter_than_the_shortest_path_qualifies(model, society, known, gates):
    model["pql"] = {**model.get("pql", {}), **gates}
    assert_shortest(model, society, known, 2)


@pytest.mark.slow
@settings(max_examples=12)
@given(model=worlds.programs(), society=worlds.societies(), known=st.booleans(), gates=gates)
def test_nothing_shorter_than_the_shortest_path_qualifies_in_many_worlds(model, society, known, gates):
    model["pql"] = {**model.get("pql", {}), **gates}
    assert_shortest(model, society, known, 2)


OUT = """
model: out
fit:
  criteria:
    size: {attribute: size, bands: [{at_least: 10, points: 10}]}
    rival: {attribute: domain, bands: [{in: [rival.example], points: 0}], disqualifies: true}
products:
  crm:
    criteria: {deals: {count: deal, bands: [{at_least: 3, points: 30}]}}
    ceiling: {when: {plan: free}, after: 1d, unless: [upgraded], at: 10}
  desk:
    criteria:
      tickets: {count: ticket, bands: [{at_least: 2, points: 30}]}
      abuse: {count: abuse, bands: [{at_least: 2, points: -1}], disqualifies: true}
pql: {total: 40, fit: 10, behavior: 20, require: {country: {in: [US, CA]}}}
segments:
  - {name: small, when: {size: {less_than: 5}}, pql: {total: 25, fit: 0}}
"""


def path_of(events, **known):
    lead = {
        "lead_id": "a",
        "signup_at": "2025-01-01",
        "domain": None,
        "size": 20,
        "plan": "free",
        "country": "US",
        **known,
    }
    log = [{"lead_id": "a", "event": e, "product": p, "timestamp": "2026-01-01"} for e, p in events]
    return denizen.explain(OUT, "a", leads=[lead], events=log or None, as_of="2026-01-02").path


@pytest.mark.parametrize(
    ("events", "known", "steps"),
    [
        ([("deal", "crm")], {}, [("ticket", 2)]),  # not 2 more deals and an upgrade
        ([("deal", "crm")] * 2, {"plan": "pro"}, [("deal", 1)]),
        ([("deal", "crm")] * 2 + [("ticket", "desk")], {}, [("ticket", 1)]),
        ([], {"size": None, "country": None}, [("ticket", 2), ("country", "US"), ("size", "4")]),
        ([("ticket", "desk")] * 2, {"size": None}, [("size", "4")]),  # the segment of the small asks for less
    ],
)
def test_the_shortest_path_is_that_of_the_best_product_and_segment(events, known, steps):
    path = path_of(events, **known)
    assert path.shortest
    told = {(s.event, s.times) if s.event else (s.attribute, s.value) for s in path.steps}
    assert len(told) == len(steps)
    assert {t for t in told if t[0] != "size"} == {t for t in steps if t[0] != "size"}


def test_what_stands_in_the_way_is_named_with_its_band_and_its_value():
    path = path_of([("abuse", "desk")] * 3, domain="rival.example", size=7, country="de")
    assert path.blocked_by == (
        "rival disqualifies: domain in rival.example (it is rival.example)",
        "abuse disqualifies: count of abuse at least 2 (it is 3)",
        "fit reaches 0 of 10 at most, 10 short",
        "total reaches 30 of 40 at most, 10 short",
        "required: country in US, CA (it is de)",
    )


TWO = """
model: two
fit: {criteria: {size: {attribute: employees, bands: [{at_least: 50, points: 20}]}}}
products:
  Pipeline:
    criteria:
      imports: {sum: {of: rows, event: deals_imported}, each: 200, points: 5, max_points: 10}
      reports: {count: report_built, points: 30}
  Inbox:
    criteria:
      mailbox: {count: mailbox_connected, points: 40}
    decay: {points: 10, every: 30d}
pql: {total: 55, fit: 10, behavior: 35}
"""


def steps_of(model, events, as_of, lead):
    path = denizen.explain(model, "ana", leads=[{"lead_id": "ana", **lead}], events=events, as_of=as_of).path
    assert path.found
    return [(s.event, s.times, s.properties) for s in path.steps]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ("", {"any event", "mailbox_connected"}),
        ("cross_product_bonus: {points: 30}\n", {"any event", "mailbox_connected", "deals_imported", "report_built"}),
    ],
)
def test_an_action_is_an_event_that_the_product_has(change, allowed):
    events = [
        {"lead_id": "ana", "event": e, "timestamp": f"2026-01-0{i}", "properties": {"product": "Inbox"}}
        for i, e in ((2, "mailbox_connected"), (3, "inbox_viewed"))
    ]
    own = {"Pipeline": {"deals_imported", "report_built"}, "Inbox": {"mailbox_connected"}}
    for event, _, properties in steps_of(TWO + change, events, "2026-05-01", {"employees": 100}):
        assert event in allowed
        assert event == "any event" or event in own[properties["product"]], "values stand as the model writes them"
        assert "rows" not in properties, "no amount where nothing sums it"


EACH = """
model: m
fit: {criteria: {size: {attribute: employees, bands: [{between: [50, 500], points: 20}]}}}
behavior:
  criteria:
    imports: {count: import, points: 30}
    rows: {sum: {of: rows, event: import}, each: 100, points: 2, max_points: %s}
pql: {total: %s, fit: 10, behavior: %s}
"""


@pytest.mark.parametrize(
    ("max_points", "behavior", "rows"), [(10, 40, "500"), (4, 34, "200"), (100, 44, "700"), (1000, 44, "700")]
)
def test_an_amount_is_what_is_needed_and_never_more_than_max_points_pays(max_points, behavior, rows):
    model = EACH % (max_points, 20 + behavior, behavior)
    events = [{"lead_id": "ana", "event": "login", "timestamp": "2026-01-02"}]
    found = steps_of(model, events, "2026-02-01", {"employees": 100})
    assert found == [("import", 1, {"rows": rows})]


def test_a_number_of_times_is_what_is_needed():
    model = EACH.replace("sum: {of: rows, event: import}", "count: upload").replace("100, points", "1, points")
    events = [{"lead_id": "ana", "event": "login", "timestamp": "2026-01-02"}]
    path = denizen.explain(
        model % (100, 64, 44), "ana", leads=[{"lead_id": "ana", "employees": 100}], events=events, as_of="2026-02-01"
    ).path
    assert {(s.event, s.times) for s in path.steps} == {("import", 1), ("upload", 7)}
    assert path.shortest


def test_what_takes_more_times_than_are_tried_is_not_claimed_to_be_the_shortest():
    model = EACH.replace("sum: {of: rows, event: import}", "count: upload").replace("100, points", "1, points")
    path = denizen.explain(
        model % (1000, 124, 104), "ana", leads=[{"lead_id": "ana", "employees": 100}], as_of="2026-02-01"
    ).path
    times = {s.event: s.times for s in path.steps}
    assert times in ({"import": 1, "upload": 37}, {"upload": 52})
    assert not path.shortest


SAID = """
model: m
fit:
  criteria:
    size: {attribute: employees, bands: [{between: [50, 500], points: 20}]}
    student: {attribute: title, bands: [{matches: '\\bwerk|intern', points: 0}], disqualifies: true}
behavior: {criteria: {reports: {count: report, points: 40}}}
pql: {total: 60, fit: 10, behavior: 40, require: {country: {in: [US, De]}}}
"""


def test_bands_patterns_and_values_are_told_as_they_are_written(tmp_path):
    (tmp_path / "m.yaml").write_text(SAID)
    (tmp_path / "leads.csv").write_text("lead_id,title,country,employees\na,Werkstudent IT,Fr,\nb,CTO,,\n")
    (tmp_path / "events.csv").write_text("lead_id,event,timestamp\na,report,2026-01-01\n")

    def told(lead):
        given = ["--leads", "leads.csv", "--events", "events.csv", "--as-of", "2026-02-01"]
        asked = [DENIZEN, "explain", "m.yaml", lead, *given]
        return subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    out = told("a")
    assert r"student disqualifies: title matches `\bwerk|intern` (it is Werkstudent IT)" in out
    assert "required: country in US, De (it is Fr)" in out
    assert "missed require country in US, De: Fr" in out
    assert "ruled out: student disqualifies" in out
    assert "the score stays as it is" in out
    out = told("b")
    assert "learn employees: between 50 and 500" in out
    assert "learn country: in US, De" in out
