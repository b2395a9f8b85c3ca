"""Rules about decay: what time takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.approaches import cycle_of
from denizen.model.durations import DAY_US, format_duration
from denizen.model.lint.rule import Remark, Rule
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.lint.rule import Subject
    from denizen.model.spec import Penalty


def no_decay(subject: Subject) -> Iterator[Remark]:
    """A behavior score that never fades."""
    for section in subject.behaviors:
        if section.behavior and section.behavior.criteria and section.behavior.decay is None:
            message = "nothing decays, so a lead that left months ago still looks hot"
            yield Remark(section.path, message, at_key=True)


def decay_cycle(subject: Subject) -> Iterator[Remark]:
    """A decay period that does not match the sales cycle."""
    asked = _asked(subject)
    if asked is None:
        return
    reason, wanted, accepted = asked
    for section in subject.behaviors:
        decay = section.behavior.decay if section.behavior else None
        if decay is None or not decay.forms():
            continue
        key, period_us = _period(decay)
        if not accepted[0] * DAY_US <= period_us <= accepted[1] * DAY_US:
            days = f"{wanted[0]}d" if wanted[0] == wanted[1] else f"{wanted[0]}d to {wanted[1]}d"
            shown = f"{period_us // DAY_US}d" if period_us % DAY_US == 0 else format_duration(period_us)
            message = f"`{key}: {shown}`, and {reason} {days}"
            yield Remark((*section.path, "decay", key), message)


def _asked(subject: Subject) -> tuple[str, tuple[int, int], tuple[int, int]] | None:
    """Return who asks for which period in days, and what is near enough; None if neither approach nor cycle is known."""
    if subject.approach and subject.approach.decay_days:
        days = subject.approach.decay_days
        return f"`{subject.approach.name}` asks for", days, days
    if subject.sales_cycle_days is None:
        return None
    cycle = cycle_of(subject.sales_cycle_days)
    return f"a sales cycle of {subject.sales_cycle_days} days asks for", cycle.decay_days, cycle.accepted_days


def _period(penalty: Penalty) -> tuple[str, int]:
    if penalty.half_life is not None:
        return "half_life", penalty.half_life
    return "every", penalty.every or 0


def decay_floor(subject: Subject) -> Iterator[Remark]:
    """A floor that keeps idle leads qualified."""
    gate = subject.model.pql.behavior
    for section in subject.behaviors:
        decay = section.behavior.decay if section.behavior else None
        if decay is not None and decay.floor >= gate > section.spec.min:
            message = f"decay stops at {plain(decay.floor)}, which passes the behavior gate of {plain(gate)} for ever"
            yield Remark((*section.path, "decay", "floor"), message)


_MODEL = """model: m
behavior:
  criteria:
    invites: {count: teammate_invited, points: 60}
"""
RULES = (
    Rule(
        code="no-decay",
        level="warning",
        title="Nothing decays",
        rationale="A score must speak of current intent. Without decay it only ever grows, the second most common failure of"
        " lead scoring.",
        source="methodology, section 1, score decay and recency weighting",
        mend="Add `decay`, such as `{points: 10, every: 30d, floor: 5}`.",
        bad=_MODEL,
        good=_MODEL + "  decay: {points: 10, every: 30d}\n",
        check=no_decay,
    ),
    Rule(
        code="decay-cycle",
        level="warning",
        title="Decay does not match the sales cycle",
        rationale="Decay that is faster than sales zeroes leads before anyone reaches them; slower decay keeps those that"
        " left. Under 30 days of cycle 14 days fit, up to 90 days 30, beyond 60 to 90. Asked only when the sales cycle or an"
        " approach with a decay of its own is known.",
        source="methodology, section 2, scoping factor 3",
        mend="Set `every` (or `half_life`) to the period that matches.",
        bad=_MODEL + "  decay: {half_life: 7d}\n",
        good=_MODEL + "  decay: {half_life: 30d}\n",
        check=decay_cycle,
        sales_cycle_days=45,
    ),
    Rule(
        code="decay-floor",
        level="warning",
        title="The floor of decay passes the behavior gate",
        rationale="A floor of 0 to 20 remembers that a lead once tried. At or above the behavior gate it means that a lead"
        " stays qualified by behavior for ever.",
        source="methodology, section 3, score decay timing",
        mend="Lower `floor` below the behavior gate, usually to 5 or 10.",
        bad=_MODEL + "  decay: {points: 10, every: 30d, floor: 40}\n",
        good=_MODEL + "  decay: {points: 10, every: 30d, floor: 5}\n",
        check=decay_floor,
    ),
)
