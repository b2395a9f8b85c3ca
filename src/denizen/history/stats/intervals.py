"""An estimate and its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from denizen.extra import needed

LEVEL = 0.95
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both ends included; an end may be infinite."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; the value is None where nothing can be estimated, as a ratio of 0 to 0."""

    value: float | None
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def as_dict(self, name: str = "value") -> dict[str, float | None]:
        """Return it as plain data for `--json`: `name`, `low`, `high`; infinite ends are null."""
        return {name: plain(self.value), "low": plain(self.low), "high": plain(self.high)}


def plain(value: float | None) -> float | None:
    """Return a number that JSON can hold, rounded to 6 decimals; null where there is none."""
    return None if value is None or not math.isfinite(value) else round(float(value), _DIGITS)


def z_of(level: float) -> float:
    """Return the standard normal deviate of a two-sided level, 1.96 for 0.95.

    Raises:
        ValueError: the level is not inside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


def special() -> Any:
    """Return scipy.special."""
    return needed("scipy.special", "statistics")


def numpy() -> Any:
    """Return numpy."""
    return needed("numpy", "statistics")
