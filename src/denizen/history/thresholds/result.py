"""Thresholds found: plain data, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
    from denizen.history.stats import Estimate
    from denizen.history.thresholds.choice import Target
    from denizen.history.thresholds.grid import Gates
    from denizen.history.timesplit import TimeSplit
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report


@dataclass(frozen=True, slots=True)
class Price:
    """What gates bring on one side of the split: how many qualify and convert, and how many a week that is."""

    n: int
    won: int
    a_week: float
    share: Estimate
    precision: Estimate
    recall: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        named = {k: getattr(self, k).as_dict() for k in ("share", "precision", "recall")}
        return {"n": self.n, "won": self.won, "a_week": round(self.a_week, 3), **named}


@dataclass(frozen=True, slots=True)
class Option:
    """Gates with their price on both sides; `gates` is None for the model as it stands, segments and all."""

    gates: Gates | None
    earlier: Price
    later: Price

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "gates": None if self.gates is None else self.gates.as_dict(),
            "earlier": self.earlier.as_dict(),
            "later": self.later.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The frontier of a model's gates, the gates that serve a target, and their price against the current ones.

    `verdict` is `suggestion`, `out of reach` (no gates reach the target on the earlier leads) or `too little data`.
    `differences` are suggested minus current on the later leads: share, precision, recall.
    """

    model: str
    model_hash: str
    verdict: str
    target: Target
    written: Gates
    current: Option
    chosen: Option | None
    frontier: tuple[Option, ...]
    differences: dict[str, Estimate]
    split: TimeSplit
    notes: tuple[str, ...]
    design: Design
    cohort: Cohort
    accounting: Accounting

    @property
    def gates(self) -> Gates | None:
        """The suggested gates."""
        return None if self.chosen is None else self.chosen.gates

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "verdict": self.verdict,
            "model": self.model,
            "model_hash": self.model_hash,
            "target": self.target.as_dict(),
            "gates": None if self.gates is None else self.gates.as_dict(),
            "yaml": None if self.gates is None else self.gates.yaml(),
            "chosen": None if self.chosen is None else self.chosen.as_dict(),
            "current": {**self.current.as_dict(), "gates": self.written.as_dict()},
            "differences": {k: d.as_dict("difference") for k, d in self.differences.items()},
            "frontier": [o.as_dict() for o in self.frontier],
            "split": self.split.as_dict(),
            "notes": list(self.notes),
            "design": self.design.words(),
            "cohort": self.cohort.as_dict(),
            "rows": self.accounting.as_dict(),
        }

    def report(self) -> Report:
        """Return it as a report, for `--html`."""
        from denizen.history.thresholds.report import report_of

        return report_of(self)

    def __repr__(self) -> str:
        return f"<denizen thresholds of {self.model}: {self.verdict}>"
