"""What a health card needs to be told, because no data says it."""

from __future__ import annotations

from dataclasses import dataclass

from denizen.model.approaches import APPROACHES, USUAL_CRITERIA

METHODOLOGY_SHARE = (0.05, 0.15)
ADVISORY_SHARE = (0.10, 0.20)


@dataclass(frozen=True, slots=True)
class HealthOptions:
    """What no data says.

    The range of PQLs that is wanted (shares, 0 to 1), when the model went live and was last recalibrated
    (microseconds), the attribute that says a lead is an MQL, and the approach of the methodology that the model follows.
    """

    pql_share: tuple[float, float] = METHODOLOGY_SHARE
    launched_us: int | None = None
    recalibrated_us: int | None = None
    mql: str | None = None
    approach: str | None = None

    @property
    def criteria(self) -> tuple[int, int]:
        """How many criteria are good, from and to."""
        return USUAL_CRITERIA if self.approach is None else APPROACHES[self.approach].criteria
