"""Why a lead cannot become a PQL by anything it does, and which windows are not open."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.plan.describe import describe_conditions
from denizen.scoring.foresight.actions import can_add, needed_more

if TYPE_CHECKING:
    from denizen.plan import nodes
    from denizen.scoring.foresight.actions import Moment
    from denizen.scoring.foresight.scenarios import Verdict
    from denizen.scoring.imagine import World


def blocked_by(world: World, most: Verdict) -> tuple[str, ...]:
    """Return what stands in the way even if everything is done and learned that still can be."""
    gates = world.plan.gates
    reasons = []
    if most.disqualified:
        reasons.append("disqualified, whatever else happens")
    if most.capped:
        reasons.append("the ceiling applies, and no upgrade signal can end it")
    for name, reached, needed in (
        ("fit", most.fit, gates.fit),
        ("behavior", most.behavior, gates.behavior),
        ("total", most.total, gates.total),
    ):
        if Decimal(str(reached)) < needed:
            reasons.append(f"{name} reaches {reached:g} of {needed:g} at most")
    if not reasons:
        reasons += [f"required: {p.subject} {describe_conditions(p.conditions)}" for p in gates.require]
    return tuple(reasons) or ("no combination that was tried qualifies",)


def closed_windows(plan: nodes.Plan, measures: dict[str, Decimal], moment: Moment) -> tuple[str, ...]:
    """Return, in words, which criteria with points left to give cannot be filled now because of their window."""
    found = []
    for criterion in plan.part("behavior"):
        window = None if criterion.events is None else criterion.events.window
        if window is None or not can_add(criterion) or moment.is_open(window):
            continue
        if not needed_more(criterion.scoring, measures.get(criterion.name, Decimal(0)), Decimal(0)):
            continue
        found.append(f"{criterion.name}: {_when(window, moment)}")
    return tuple(found)


def _when(window: nodes.Window, moment: Moment) -> str:
    end = moment.closes_us(window)
    if end is None:
        return "the end of the trial is unknown"
    if end <= moment.as_of_us:
        return f"the window closed at {iso(end)}"
    start = end - window.span_us if window.kind == "trial_last" else moment.trial_started_us
    return "the window is not open yet" if start is None else f"the window opens at {iso(start)}"
