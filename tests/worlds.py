"""Random models and event logs, with instants that like to fall on boundaries."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from oracle import DAY, UNITS

T = 1_767_225_600_000_000 + 123_456
NAMES = ["built", "invited", "login", "Pricing Viewed", "export", "naïve ☃"]
IDS = ["e1", "e2", "e3", "10", "9", "é", None, None]
SPANS = ["90s", "15m", "48h", "3d", "1w", "14d"]
WORDS = [
    "pro",
    "Pro ",
    "free",
    "vp, sales",
    "C++ (VP)",
    "7",
    "7.0",
    "1e1",
    "10",
    "-3.5",
    "true",
    "",
    " ",
    "ÉTÉ",
    "x'; --",
]
LISTS = [["Salesforce", "Segment"], ["segment", 7], ["pro"], []]


def steps():
    """Distances that matter: spans of the model, sessions, days, and one microsecond around them."""
    bases = [
        0,
        30 * UNITS["m"],
        DAY,
        2 * DAY,
        14 * DAY,
        30 * DAY,
        *[UNITS[s[-1]] * int(s[:-1]) for s in SPANS],
    ]
    return st.builds(lambda base, nudge: base + nudge, st.sampled_from(bases), st.sampled_from([-1, 0, 1, 0, 777_000]))


instants = st.builds(
    lambda a, b, c: T - a - b + c, steps(), st.one_of(st.just(0), steps()), st.sampled_from([0, 0, 0, DAY])
)
points = st.sampled_from([15, 10, 8, 2.5, 0.000001, -5, -10, -0.5, 33.333333, 0])
positive_points = st.sampled_from([1, 2.5, 10, 15, 0.000001])
values = st.one_of(
    st.none(),
    st.sampled_from(WORDS),
    st.integers(-20, 20),
    st.booleans(),
    st.sampled_from([7.0, 0.1, -3.5, 2.5, 1e20]),
)
attributes = st.one_of(values, st.sampled_from(LISTS))
scalars = st.one_of(
    st.sampled_from([w for w in WORDS if w.strip()]),
    st.integers(-20, 20),
    st.booleans(),
    st.sampled_from([0.1, 7.0, 2.5]),
)
numbers = st.one_of(st.integers(-5, 20), st.sampled_from([0.5, 2.5, -3.5, 1.000000001]))
PATTERNS = [
    r"\bvp\b",
    "pro",
    "^pro$",
    "[a-f]+x?",
    r"\d+\.\d",
    "p.o|free",
    "(vp|été)",
    r"\w+\s*\(",
    "[^a-z]",
    "(?:ab?){1,2}",
    r"c\+\+",
    "É",
]


def conditions(*, words):
    order = dict.fromkeys(("at_least", "more_than", "at_most", "less_than"), numbers)
    order["between"] = st.tuples(numbers, numbers).map(sorted)
    lists = st.lists(scalars, min_size=1, max_size=3)
    equal = {"is": scalars, "is_not": scalars, "in": lists, "not_in": lists, "exists": st.booleans()}
    search = {
        "contains": scalars,
        "contains_any": lists,
        "contains_all": lists,
        "matches": st.sampled_from(PATTERNS),
    }
    known = {**order, **equal, **(search if words else {})}
    return st.one_of(*[value.map(lambda v, op=op: {op: v}) for op, value in known.items()])


def bands(*, words):
    one = st.builds(lambda a, b, p: {**a, **b, "points": p}, conditions(words=words), st.just({}), points)
    both = st.builds(lambda a, b, p: {**a, **b, "points": p}, conditions(words=words), conditions(words=words), points)
    return st.lists(st.one_of(one, one, both), min_size=1, max_size=3)


names = st.one_of(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
names_or_any = st.one_of(names, names, st.just("any"))
spans = st.sampled_from(SPANS)
windows = st.one_of(
    spans.map(lambda s: {"first": s}),
    spans.map(lambda s: {"last": s}),
    st.just({"trial": True}),
    spans.map(lambda s: {"trial_last": s}),
)
where = st.dictionaries(
    st.sampled_from(["plan", "amount", "a.b"]),
    st.one_of(scalars, conditions(words=True)),
    min_size=1,
    max_size=2,
)


@st.composite
def scoring(draw, *, words=False, shorthand=True):
    kind = draw(st.sampled_from(["bands", "bands", "each", "points"] if shorthand else ["bands", "bands", "each"]))
    if kind == "bands":
        return {"bands": draw(bands(words=words))}
    if kind == "points":
        return {"points": draw(points)}
    found = {"each": draw(st.sampled_from([1, 2, 0.5, 14])), "points": draw(points)}
    if draw(st.booleans()):
        found["max_points"] = draw(positive_points)
    return found


@st.composite
def criteria(draw, *, fit):
    kinds = (
        ["attribute"]
        if fit
        else "attribute count count distinct sum session_depth session_minutes days_since growth sequence".split()
    )
    kind = draw(st.sampled_from(kinds))
    if kind == "attribute":
        c = {
            "attribute": draw(st.sampled_from(["title", "size", "tools"])),
            **draw(scoring(words=True, shorthand=False)),
        }
    else:
        measure = {
            "count": names_or_any,
            "distinct": st.fixed_dictionaries(
                {"of": st.sampled_from(["days", "events", "sessions", "plan", "amount"])},
                optional={"event": names_or_any},
            ),
            "sum": st.fixed_dictionaries({"of": st.sampled_from(["amount", "a.b"])}, optional={"event": names_or_any}),
            "session_depth": st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
            "session_minutes": names_or_any,
            "days_since": names_or_any,
            "growth": st.fixed_dictionaries({"of": names_or_any, "recent": spans, "previous": spans}),
            "sequence": st.lists(st.sampled_from(NAMES), min_size=2, max_size=3),
        }[kind]
        c = {kind: draw(measure), **draw(scoring(shorthand=kind not in ("days_since", "growth")))}
        if draw(st.integers(0, 3)) == 0:
            c["where"] = draw(where)
        if kind != "growth" and draw(st.integers(0, 2)) == 0:
            c["within"] = draw(windows)
        if kind == "sequence" and draw(st.booleans()):
            c["inside"] = draw(spans)
        if draw(st.integers(0, 2)) == 0:
            c["key"] = True
        if draw(st.integers(0, 4)) == 0:
            c["recency"] = draw(recencies)
    if "each" not in c and draw(st.integers(0, 9)) == 0:
        c["disqualifies"] = True
    return c


recencies = st.fixed_dictionaries({"within": spans, "multiplier": st.sampled_from([1, 1.25, 2, 1.333333])})


@st.composite
def penalties(draw):
    form = draw(st.sampled_from(["points", "percent", "half_life"]))
    if form == "half_life":
        return {"half_life": draw(spans)}
    amount = draw(st.sampled_from([10, 2.5, 50, 100, 33.333333, 0.000001]))
    return {form: amount, "every": draw(spans), "periods": draw(st.sampled_from(["whole", "fractional"]))}


@st.composite
def decays(draw):
    found = draw(penalties())
    if "half_life" not in found and draw(st.booleans()):
        found["after"] = draw(spans)
    if draw(st.booleans()):
        found["floor"] = draw(st.sampled_from([5, 0, -3, 12.5]))
    if draw(st.booleans()):
        found["activity"] = draw(names_or_any)
    if draw(st.booleans()):
        found["after_trial"] = draw(penalties())
    return found


@st.composite
def velocities(draw, *, keyed):
    found = {"at_least": draw(st.integers(1, 4)), "within": draw(spans)}
    found[draw(st.sampled_from(["points", "multiplier"]))] = draw(st.sampled_from([0.5, 2.5, 1]))
    if draw(st.booleans()):
        found["award"] = "per_window"
        if draw(st.booleans()):
            found["max_awards"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        found["expires"] = draw(spans)
    if not keyed or draw(st.integers(0, 2)) == 0:
        found["of"] = draw(names_or_any)
    return found


@st.composite
def models(draw):
    fit = {f"f{i}": draw(criteria(fit=True)) for i in range(draw(st.integers(0, 2)))}
    behavior = {f"b{i}": draw(criteria(fit=False)) for i in range(draw(st.integers(1, 4)))}
    section = {"criteria": behavior}
    optional = {
        "recency": recencies,
        "velocity": velocities(keyed=any(c.get("key") for c in behavior.values())),
        "decay": decays(),
        "max": st.sampled_from([20, 100, 12.5]),
        "min": st.sampled_from([-20, 0, 5]),
        "ceiling": st.fixed_dictionaries(
            {
                "when": st.just({"title": {"exists": True}}),
                "after": spans,
                "unless": names,
                "at": st.sampled_from([40, 3.5, -1]),
            },
            optional={"last": spans},
        ),
    }
    section |= {key: draw(value) for key, value in optional.items() if draw(st.integers(0, 2)) == 0}
    model = {"model": "random", "fit": {"criteria": fit}, "behavior": section}
    if draw(st.booleans()):
        model["pql"] = {"total": 10, "fit": draw(st.sampled_from([0, 2.5])), "behavior": 5}
        if draw(st.booleans()):
            model["pql"]["require"] = {"title": draw(conditions(words=True))}
    if draw(st.booleans()):
        model["tiers"] = {"behavior": {"hot": 10.5, "cold": 0}}
    return model


events = st.fixed_dictionaries(
    {
        "event": st.sampled_from(NAMES),
        "at_us": instants,
        "event_id": st.sampled_from(IDS),
        "session_id": st.sampled_from([None, None, "s1", "s2"]),
        "received_us": st.one_of(st.none(), instants),
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "plan": values,
                "amount": values,
                "a": st.fixed_dictionaries({}, optional={"b": values}),
            },
        ),
    }
)


@st.composite
def leads(draw):
    lead = {
        "signup_us": draw(st.one_of(st.none(), instants)),
        "trial_started_us": draw(st.one_of(st.none(), st.none(), instants)),
        "trial_ends_us": draw(st.one_of(st.none(), instants)),
        "title": draw(attributes),
        "size": draw(attributes),
        "tools": draw(attributes),
    }
    log = draw(st.lists(events, max_size=14))
    for event in log:  # the same id is the same event, delivered again
        if event["event_id"] is not None:
            first = next(e for e in log if e["event_id"] == event["event_id"])
            event.update({k: v for k, v in first.items() if k not in ("received_us", "at_us")})
    return lead, log


worlds = st.lists(leads(), min_size=1, max_size=4)

PRODUCTS = ["crm", "CRM", "reports", None]
ACCOUNTS = ["acme", "beta", None]


@st.composite
def crowd_criteria(draw, *, of_account):
    """A criterion over the events of everyone in an account."""
    c = {k: v for k, v in draw(criteria(fit=False)).items() if k not in ("key", "disqualifies")}
    if "attribute" in c or draw(st.integers(0, 3)) == 0:
        c = {"distinct": {"of": "leads", "event": draw(names_or_any)}, "bands": draw(bands(words=False))}
    if not of_account:
        return {**c, "scope": "account"}
    c.pop("recency", None)
    c.pop("within", None)
    if "growth" not in c and draw(st.booleans()):
        c["within"] = {"last": draw(spans)}
    return c


@st.composite
def behaviors(draw):
    """A behavior section, some of whose criteria look at the whole account."""
    found = draw(models())["behavior"]
    if draw(st.booleans()):
        found["criteria"] = {**found["criteria"], "crowd": draw(crowd_criteria(of_account=False))}
    return found


@st.composite
def programs(draw):
    """A model with products, segments and an account score."""
    model = draw(models())
    model["behavior"] = draw(behaviors())
    if draw(st.booleans()):
        del model["behavior"]
        model["products"] = {"crm": draw(behaviors()), "reports": draw(behaviors())}
        if draw(st.booleans()):
            model["products"]["reports"]["events"] = {"plan": draw(conditions(words=True))}
        if draw(st.booleans()):
            model["cross_product_bonus"] = {"points": 12.5, "active_within": draw(spans)}
    if draw(st.booleans()):
        model["segments"] = [draw(segments(i, products="products" in model)) for i in range(draw(st.integers(1, 2)))]
    account = {}
    if draw(st.booleans()):
        account["rollup"] = draw(st.sampled_from(["max", "sum", "mean", {"top": [1, 0.5]}, {"top": [0.333333]}]))
    if draw(st.booleans()):
        account["criteria"] = {"people": draw(crowd_criteria(of_account=True))}
    if draw(st.booleans()):
        account |= {"max": 30, "pqa": {"total": 10, "fit": 0, "behavior": 3, "require": {"size": {"exists": True}}}}
    if account:
        model["account"] = account
    return model


@st.composite
def segments(draw, number, *, products):
    found = {"name": f"s{number}", "when": {"title": draw(conditions(words=True))}}
    if draw(st.booleans()):
        found["pql"] = {"total": 20, "behavior": 0}
    if draw(st.booleans()):
        found["fit"] = {"max": 10, "criteria": {"extra": draw(criteria(fit=True))}}
    if draw(st.booleans()):
        decay = {"decay": draw(st.one_of(st.none(), decays()))}
        found |= {"products": {"crm": decay}} if products else {"behavior": decay}
    return found


@st.composite
def societies(draw):
    """Leads with accounts, events with products, and events that carry an account alone."""
    world = draw(st.lists(leads(), min_size=1, max_size=4))
    for lead, log in world:
        lead["account_id"] = draw(st.sampled_from(ACCOUNTS))
        known = {}
        for event in log:
            given = draw(st.sampled_from(PRODUCTS))
            event["product"] = given if event["event_id"] is None else known.setdefault(event["event_id"], given)
    strays = [
        ({"account_id": draw(st.sampled_from(["acme", "nobody"]))}, e) for e in draw(st.lists(events, max_size=3))
    ]
    kept = {}
    for stray, event in strays:
        if event["event_id"] is not None:
            first = kept.setdefault((stray["account_id"], event["event_id"]), event)
            event.update({k: v for k, v in first.items() if k not in ("received_us", "at_us")})
    return world, [(stray["account_id"], event) for stray, event in strays]


def tables(world, strays=None):
    """The world as dataframes for the product: rows of leads and of events."""
    lead_rows, event_rows = [], []
    for i, (lead, log) in enumerate(world):
        row = {f"{k}": v for k, v in lead.items()}
        lead_rows.append(
            {
                "lead_id": f"lead {i}",
                "signup_at": iso(lead["signup_us"]),
                "trial_started_at": iso(lead["trial_started_us"]),
                "trial_ends_at": iso(lead["trial_ends_us"]),
                **{k: as_given(row[k]) for k in ("title", "size", "tools")},
                **({} if strays is None else {"account_id": lead["account_id"]}),
            }
        )
        event_rows += [{"lead_id": f"lead {i}", **as_row(e)} for e in log]
    event_rows += [{"lead_id": None, "account_id": account, **as_row(e)} for account, e in strays or ()]
    return lead_rows, event_rows


def as_row(event):
    return {
        "event": event["event"],
        "timestamp": iso(event["at_us"]),
        "event_id": event["event_id"],
        "session_id": event["session_id"],
        "received_at": iso(event["received_us"]),
        "properties": json.dumps(event["properties"]),
        "product": event.get("product"),
    }


def as_given(value):
    """Lists and plain values share a column, so they travel as text, as in a CSV file."""
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value)


def iso(us):
    if us is None:
        return None
    from denizen.clock import iso as spell

    return spell(us)
