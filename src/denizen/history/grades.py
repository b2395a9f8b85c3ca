"""Benchmarks with their grades: good, warning or red flag, and no grade where the interval spans several."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from denizen.history.stats import Estimate

Color = Literal["good", "warning", "red flag", "too little data", "not known"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A grade from `low` up to the next zone, with what it means and what to do."""

    low: float
    color: Color
    advice: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Zones in rising order, the first from minus infinity on."""

    zones: tuple[Zone, ...]

    def zone(self, value: float) -> Zone:
        """Return the zone of a value."""
        return [z for z in self.zones if z.low <= value][-1]

    def judge(self, found: Estimate) -> tuple[Color, str]:
        """Return the grade and what to do: of the value if its whole interval lies in one zone."""
        if found.value is None:
            return "not known", "there is nobody to count"
        low, high = self.zone(found.low), self.zone(found.high)
        if low is not high:
            spans = " to ".join(dict.fromkeys((low.color, high.color)))
            return "too little data", f"the interval reaches over several grades ({spans}); wait for more outcomes"
        return low.color, low.advice


def scale(*zones: tuple[float, Color, str]) -> Scale:
    """Return a scale of `(from, grade, advice)`, the first of which starts at minus infinity."""
    first, *rest = zones
    return Scale((Zone(-math.inf, first[1], first[2]), *(Zone(*z) for z in rest)))
