"""The approaches of the methodology, with what each asks of a model: the one list that lint, templates and advice share.

Shares are percent of the highest attainable total, without the velocity bonus. Decay periods are days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.errors import did_you_mean, fail

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARE_TOLERANCE = 10
"""Percent by which a share may miss its target before it is remarked upon: the width of the methodology's own ranges."""


@dataclass(frozen=True, slots=True)
class Approach:
    """One row of the approach matrix, or one edge case, of the methodology.

    `fit_percent` is the target share of fit; `criteria` is how many criteria are good, from and to; `decay_days` is the
    decay period where the approach itself asks for one, whatever the sales cycle.
    """

    name: str
    title: str
    situation: str
    fit_percent: int
    criteria: tuple[int, int]
    decay_days: tuple[int, int] | None
    source: str

    @property
    def behavior_percent(self) -> int:
        """The target share of behavior."""
        return 100 - self.fit_percent


@dataclass(frozen=True, slots=True)
class Cycle:
    """A length of sales cycle: `from_days` up to the next one's, and the decay period that matches it.

    `decay_days` is what the methodology names; `accepted_days` is what is near enough to be left alone.
    """

    name: str
    from_days: int
    decay_days: tuple[int, int]
    accepted_days: tuple[int, int]


USUAL_CRITERIA = (15, 25)
FEWEST_CRITERIA = 10
MOST_CRITERIA = 35

_LISTED = (
    Approach(
        "behavioral-heavy",
        "Behavioral-heavy scoring",
        "free trial with a limit of 14-30 days, more than 100 trials a month",
        fit_percent=30,
        criteria=USUAL_CRITERIA,
        decay_days=None,
        source="methodology, section 2, approach selection matrix, row 1",
    ),
    Approach(
        "freemium",
        "Activation milestones with engagement velocity",
        "freemium with an unlimited free tier and self-serve upgrade",
        fit_percent=30,
        criteria=USUAL_CRITERIA,
        decay_days=None,
        source="methodology, section 2, approach selection matrix, row 2, and section 5, edge case 3",
    ),
    Approach(
        "reverse-trial",
        "Feature attachment during a reverse trial",
        "all features at first, then a downgrade to the free plan",
        fit_percent=30,
        criteria=USUAL_CRITERIA,
        decay_days=None,
        source="methodology, section 2, scoping factor 1",
    ),
    Approach(
        "balanced",
        "Balanced fit and behavior with manual review",
        "hybrid of product-led and sales-assisted, fewer than 50 trials a month",
        fit_percent=50,
        criteria=USUAL_CRITERIA,
        decay_days=None,
        source="methodology, section 2, approach selection matrix, row 3",
    ),
    Approach(
        "enterprise",
        "Account-level scoring with extended decay",
        "enterprise with evaluation cycles of 60 days and more",
        fit_percent=50,
        criteria=USUAL_CRITERIA,
        decay_days=(60, 90),
        source="methodology, section 2, approach selection matrix, row 4, and fit-balanced approach",
    ),
    Approach(
        "early-stage",
        "Simplified scoring with monthly recalibration",
        "fewer than 6 months of conversion data",
        fit_percent=40,
        criteria=(3, 8),
        decay_days=(30, 30),
        source="methodology, section 2, approach selection matrix, row 5, and section 5, edge case 1",
    ),
    Approach(
        "multi-product",
        "A behavior rubric for each product",
        "several products, each with its own trial",
        fit_percent=30,
        criteria=USUAL_CRITERIA,
        decay_days=None,
        source="methodology, section 5, edge case 2",
    ),
    Approach(
        "sparse",
        "Proxies where events are missing",
        "10-15 tracked events, so that milestones cannot be measured directly",
        fit_percent=50,
        criteria=(8, 20),
        decay_days=None,
        source="methodology, section 5, edge case 5",
    ),
    Approach(
        "minimal",
        "Fit first, logins second",
        "logins and signups are the only events",
        fit_percent=70,
        criteria=(5, 15),
        decay_days=None,
        source="methodology, section 2, scoping factor 2",
    ),
)
APPROACHES: dict[str, Approach] = {approach.name: approach for approach in _LISTED}
"""Every approach by its name."""

CYCLES = (
    Cycle("short", from_days=0, decay_days=(14, 14), accepted_days=(7, 21)),
    Cycle("medium", from_days=30, decay_days=(30, 30), accepted_days=(21, 45)),
    Cycle("long", from_days=90, decay_days=(60, 90), accepted_days=(45, 120)),
)
"""Sales cycles and the decay that matches them (methodology, section 2, scoping factor 3), shortest first."""


def approach_named(name: str) -> Approach:
    """Return an approach by its name.

    Raises:
        DenizenError: there is none of this name.
    """
    if name not in APPROACHES:
        hint = did_you_mean(name, APPROACHES) or f"approaches: {listed(APPROACHES)}"
        raise fail("bad-argument", f"there is no approach {name!r}; {hint}")
    return APPROACHES[name]


def cycle_of(sales_cycle_days: int) -> Cycle:
    """Return the length of cycle that a number of days falls into."""
    return next(c for c in reversed(CYCLES) if sales_cycle_days >= c.from_days)


def listed(names: Iterable[str]) -> str:
    """Return names as they stand in a message."""
    return ", ".join(f"`{n}`" for n in names)
