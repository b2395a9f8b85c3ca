"""A calibration: plain data, and how it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.sample import lift_dict

if TYPE_CHECKING:
    from denizen.history.calibrate.propose import Proposal
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
    from denizen.history.stats import Estimate
    from denizen.history.timesplit import TimeSplit
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report

FALLBACK = (
    "start with the gates at the top 10 % of leads",
    "decay 10 points every 30 days",
    "write down what becomes of every PQL, and calibrate again in 90 days",
)
"""What to do while data are thin, besides weighing what the data has (methodology, edge case 1)."""
_HIGHEST = re.compile("onboard|setup|invit|teammate", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Weighable:
    """The criteria that can be weighed: those that hold for some lead judged (`fed`), and those that hold for none."""

    fed: tuple[str, ...]
    unfed: tuple[str, ...]

    def words(self) -> str:
        """Return what to weigh meanwhile: 5 to 8 criteria, onboarding and team invites highest, as far as the data has them."""
        if not self.fed:
            return "keep the points: no criterion holds for any lead judged"
        highest = [f"`{name}`" for name in self.fed if _HIGHEST.search(name)]
        told = "keep the points, or weigh 5 to 8 criteria that the data has equally"
        told += f", {' and '.join(highest)} highest" if highest else ""
        listed = ", ".join(f"`{name}`" for name in self.unfed)
        return f"{told}; leave out what holds for nobody: {listed}" if listed else told


@dataclass(frozen=True, slots=True)
class Gain:
    """The proposed against the current points on the later leads; lifts are those of the same number of leads."""

    auc_before: Estimate
    auc_after: Estimate
    auc_difference: Estimate
    volume: int
    lift_before: Estimate
    lift_after: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "auc_before": self.auc_before.as_dict(),
            "auc_after": self.auc_after.as_dict(),
            "auc_difference": self.auc_difference.as_dict("difference"),
            "volume": self.volume,
            "lift_before": lift_dict(self.lift_before),
            "lift_after": lift_dict(self.lift_after),
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Points proposed for a model; `text` is the new file, None if none is proposed.

    `verdict` is `proposal`, `too little data` or `no evidence`; `why` says it in words.
    """

    model: str
    model_hash: str
    verdict: str
    why: str
    proposals: tuple[Proposal, ...]
    gain: Gain | None
    text: str | None
    diff: str
    split: TimeSplit | None
    weighable: Weighable
    notes: tuple[str, ...]
    design: Design
    cohort: Cohort
    accounting: Accounting

    @property
    def fallback(self) -> tuple[str, ...]:
        """What to do meanwhile; nothing if there is a proposal."""
        return () if self.text is not None else (self.weighable.words(), *FALLBACK)

    @property
    def changes(self) -> tuple[Proposal, ...]:
        """The points that would change."""
        return tuple(p for p in self.proposals if p.changed)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "model": self.model,
            "model_hash": self.model_hash,
            "changes": [p.as_dict() for p in self.changes],
            "kept": [p.as_dict() for p in self.proposals if not p.changed],
            "gain": None if self.gain is None else self.gain.as_dict(),
            "diff": self.diff,
            "text": self.text,
            "fallback": list(self.fallback),
            "split": None if self.split is None else self.split.as_dict(),
            "notes": list(self.notes),
            "design": self.design.words(),
            "cohort": self.cohort.as_dict(),
            "rows": self.accounting.as_dict(),
        }

    def report(self) -> Report:
        """Return it as a report, for `--html`."""
        from denizen.history.calibrate.report import report_of

        return report_of(self)

    def __repr__(self) -> str:
        return f"<denizen calibration of {self.model}: {self.verdict}>"
