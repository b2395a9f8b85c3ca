"""Arms and their shares, and the pure rule that gives each unit its arm."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from denizen.errors import fail

if TYPE_CHECKING:
    from collections.abc import Mapping

PILOT = "pilot"
NAMES = (PILOT, "control", "holdout")
LONGEST_SHARE = 40
"""A share is written as 0.4 or 2/5; a power of ten (1e-999999999) is none, and would never be worked out."""
_SCALE = 1 << 256


@dataclass(frozen=True, slots=True)
class Arms:
    """Names of arms with their shares, which sum to 1."""

    shares: tuple[tuple[str, Fraction], ...]

    def at(self, place: Fraction) -> str:
        """Return the arm at a place in [0, 1)."""
        end = Fraction(0)
        for name, share in self.shares:
            end += share
            if place < end:
                return name
        return self.shares[-1][0]


def parse_arms(words: str) -> Arms:
    """Return the arms of `pilot:0.4,control:0.4,holdout:0.2`.

    Raises:
        DenizenError: a name or share cannot be meant, there is no pilot or nothing to compare it with.
    """
    shares: dict[str, Fraction] = {}
    for part in words.split(","):
        name, _, share = (p.strip() for p in part.partition(":"))
        try:
            given = Fraction(share) if len(share) <= LONGEST_SHARE and "e" not in share.lower() else Fraction(0)
        except (ValueError, ZeroDivisionError):
            given = Fraction(0)
        if name not in NAMES or name in shares or given <= 0:
            message = (
                f"{part.strip()!r}: write each arm once, as NAME:SHARE with a share above 0; names: {', '.join(NAMES)}"
            )
            raise fail("bad-argument", f"--arms {message}")
        shares[name] = given
    if PILOT not in shares or len(shares) == 1:
        raise fail("bad-argument", f"--arms {words}: needs pilot, and control or holdout to compare it with")
    if sum(shares.values()) != 1:
        raise fail("bad-argument", f"--arms {words}: the shares sum to {float(sum(shares.values())):g}, not to 1")
    return Arms(tuple(shares.items()))


def assign(units: Mapping[str, str | None], arms: Arms, salt: str, *, stratified: bool = False) -> dict[str, str]:
    """Return the arm of each unit; `units` maps each to its stratum.

    Not stratified, the arm follows from salt and unit alone (SHA-256), whatever the other units. Stratified, units of a
    stratum are ordered by that hash and cut at the shares: each share is exact to one unit, and who else is there counts.
    """
    if not stratified:
        return {unit: arms.at(Fraction(_hash(salt, unit), _SCALE)) for unit in units}
    strata: dict[str, list[str]] = {}
    for unit, stratum in units.items():
        strata.setdefault("" if stratum is None else f"={stratum}", []).append(unit)
    found: dict[str, str] = {}
    for stratum, members in strata.items():
        ordered = sorted(members, key=lambda unit: (_hash(salt, unit), unit))
        # Where the cuts fall among so few is itself by chance, else a small stratum would never have the last arm.
        start = Fraction(_hash(salt, f"stratum\0{stratum}"), _SCALE)
        found |= {unit: arms.at((i + start) / len(ordered)) for i, unit in enumerate(ordered)}
    return {unit: found[unit] for unit in units}


def _hash(salt: str, unit: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{len(salt)}:{salt}\0{unit}".encode()).digest())


def imbalance(counts: Mapping[str, int], arms: Arms) -> float | None:
    """Return the probability of counts at least so far from the shares by chance (chi-square); None of nothing."""
    n = sum(counts.values())
    if n == 0:
        return None
    far = sum((counts.get(name, 0) - n * float(share)) ** 2 / (n * float(share)) for name, share in arms.shares)
    return math.erfc(math.sqrt(far / 2)) if len(arms.shares) == 2 else math.exp(-far / 2)  # noqa: PLR2004 - 1 or 2 degrees of freedom
