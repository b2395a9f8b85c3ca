"""The model that findings suggest: a criterion each, points in proportion to the log-odds, the evidence above it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from denizen.errors import fail
from denizen.history.backtest.words import bounds, percent, ratio
from denizen.model.durations import DAY_US
from denizen.model.writing import Noted, comment, name_of, write_section

if TYPE_CHECKING:
    from denizen.history.discover.candidates import Candidate
    from denizen.history.discover.choose import Chosen
    from denizen.history.discover.result import Discovery

SCALE = 100
PARTS = ("fit", "behavior")


def starting_model(discovery: Discovery) -> str:
    """Return the text of a model file; all positive points together are 100.

    Raises:
        DenizenError: there is no signal to make one of.
    """
    usable = discovery.findings
    if not usable:
        raise fail("data-lacking", f"no model can be suggested: {discovery.verdict} ({discovery.why})")
    weights = {id(c): _weight(c) for c in usable}
    whole = sum(w for w in weights.values() if w > 0) or max(-w for w in weights.values())
    points = {key: round(SCALE * w / whole) or (1 if w > 0 else -1) for key, w in weights.items()}
    lines = [
        comment(
            "A starting model, suggested by `denizen discover` from history; look at every line before you use it."
        ),
        comment(f"{discovery.cohort.rows:,} leads, {discovery.design.words()}: {percent(discovery.cohort.base_rate)}."),
        comment("Points are in proportion to the log-odds of each finding beside the others, 100 in all."),
        "model: discovered",
    ]
    taken: list[str] = []
    for part in PARTS:
        items = []
        for c in usable:
            if (c.tested.candidate.kind == "attribute") == (part == "fit"):
                name = name_of(c.tested.candidate.words, taken, "finding")
                taken.append(name)
                items.append(Noted(name, criterion_of(c.tested.candidate, points[id(c)]), _evidence(c, discovery)))
        if items:
            lines += ["", f"{part}:", "  criteria:", *write_section(items, 4)]
    half = max(1, sum(p for p in points.values() if p > 0) // 2)
    gates = Noted(
        "pql", {"total": half, "fit": 0, "behavior": 0}, ["Half of all points; choose your own on a later time."]
    )
    return "\n".join([*lines, "", *write_section([gates], 0)]) + "\n"


def _weight(chosen: Chosen) -> float:
    """Return the log-odds beside the other findings."""
    return math.log(chosen.beside.value or 1.0)


def _evidence(chosen: Chosen, discovery: Discovery) -> list[str]:
    t = chosen.tested
    evidence = (
        f"{t.candidate.words}: {t.n:,} leads, {percent(t.rate.value)} convert against {percent(t.rate_without.value)},"
        f" lift {ratio(t.lift.value)} ({bounds(t.lift)}), q {t.q:.2g}; among leads as active then, odds"
        f" {ratio(t.adjusted.odds.value)} ({bounds(t.adjusted.odds)})."
    )
    lines = [evidence]
    if t.candidate.kind == "attribute" and discovery.leaky:
        lines.append("Known today, may leak: make sure it was known before the conversion.")
    if chosen.instead_of:
        lines.append(f"It stands instead of {chosen.instead_of}.")
    if chosen.rivals:
        lines.append(f"These data cannot tell it apart from: {', '.join(chosen.rivals)}.")
    if not t.stable:
        lines.append("Not stable: it does not point the same way at all times of signup.")
    return lines


def criterion_of(c: Candidate, points: int) -> dict[str, Any]:
    """Return a candidate as a criterion of a model file: it gives its points to exactly the leads that have it."""
    if c.kind == "attribute":
        return {"attribute": c.name, "bands": [{**_condition(c), "points": points}]}
    within = {"within": {"first": _duration(c.within_us)}}
    bands: dict[str, Any] = {"points": points}
    if c.at_least > 1:
        bands = {"bands": [{"at_least": c.at_least, "points": points}]}
    if c.kind == "count":
        return {"count": c.event, **within, **bands}
    if c.kind == "property":
        return {"count": c.event, "where": {c.name: c.value}, **within, **bands}
    if c.kind == "sequence":
        return {"sequence": [c.event, c.then], **within, **bands}
    return {"distinct": {"of": "days" if c.kind == "days" else "events"}, **within, **bands}


def _condition(c: Candidate) -> dict[str, Any]:
    if not c.ranged:
        return {"is": c.value}
    if c.low is None:
        return {"less_than": c.high}
    return {"at_least": c.low} if c.high is None else {"at_least": c.low, "less_than": c.high}


def _duration(us: int) -> str:
    """Return a duration as a model file has it, in the largest unit that is whole."""
    for unit, size in (("d", DAY_US), ("h", DAY_US // 24), ("m", DAY_US // 1440)):
        if us % size == 0:
            return f"{us // size}{unit}"
    return f"{us // 1_000_000}s"
