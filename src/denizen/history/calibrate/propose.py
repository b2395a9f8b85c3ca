"""From fitted changes to whole points that keep the file's structure: signs, and what a section can reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.model.points import Written

FEWEST_LEADS = 20


@dataclass(frozen=True, slots=True)
class Proposal:
    """Points as they are and as they should be, with the reason; equal where nothing changes."""

    written: Written
    points: float
    leads: int
    won: int
    reason: str
    warning: str = ""

    @property
    def changed(self) -> bool:
        """Whether other points are proposed."""
        return self.points != self.written.points

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "part": self.written.part,
            "section": self.written.section,
            "criterion": self.written.criterion,
            "before": self.written.points,
            "after": self.points,
            "leads": self.leads,
            "won": self.won,
            "reason": self.reason,
            "warning": self.warning or None,
        }


def whole_points(before: float, change: float, *, flips: bool) -> float:
    """Return whole points nearest to the change; without `flips` they keep their sign, at least one point of it."""
    if round(change) == 0:
        return before
    after = float(round(before + change))
    if flips or after * before > 0:
        return after
    return math.copysign(1.0, before)


def within_scale(proposals: tuple[Proposal, ...], part: str, most: float | None, plan: int = 1) -> tuple[Proposal, ...]:
    """Take rises back, the largest first, until a section of a plan reaches no more than it may.

    A section may reach its `max`, or what it reaches already if that is more; without a `max`, what it reaches already.
    Velocity comes on top, and decay takes away.
    """
    own = [
        i
        for i, p in enumerate(proposals)
        if p.written.part == part and p.written.kind == "criterion" and plan in p.written.plans
    ]
    found = list(proposals)
    limit = max(_reach((p.written.criterion, p.written.points) for p in (found[i] for i in own)), most or 0.0)
    while _reach((p.written.criterion, p.points) for p in (found[i] for i in own)) > limit:
        rises = [i for i in own if found[i].points > max(found[i].written.points, 0)]
        highest = max(rises, key=lambda i: (found[i].points - found[i].written.points, -i))
        found[highest] = replace(found[highest], points=max(found[highest].points - 1, found[highest].written.points))
    return tuple(found)


def _reach(points: Iterable[tuple[str, float]]) -> float:
    best: dict[str, float] = {}
    for criterion, value in points:
        best[criterion] = max(best.get(criterion, 0.0), value)
    return sum(best.values())
