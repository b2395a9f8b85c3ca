"""What a trust breakdown comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from denizen.history.sample import lift_dict
from denizen.history.stats.intervals import plain

if TYPE_CHECKING:
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
    from denizen.history.sample import Group
    from denizen.history.stats import Estimate
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report

Verdict = Literal["adoption problem", "model problem", "healthy", "between", "too little data"]


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A line of the ledger among rejected and accepted PQLs: how often it gave or took points. `q` is the false-discovery rate."""

    line: str
    part: str
    rejected: int
    rejected_share: Estimate
    accepted: int
    accepted_share: Estimate
    lift: Estimate
    q: float

    @property
    def found(self) -> bool:
        """Whether rejected PQLs have it more often, beyond chance."""
        return self.q <= FALSE_DISCOVERIES and (self.rejected_share.value or 0) > (self.accepted_share.value or 0)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "line": self.line,
            "part": self.part,
            "rejected": self.rejected,
            **self.rejected_share.as_dict("rejected_share"),
            "accepted": self.accepted,
            "accepted_share": plain(self.accepted_share.value),
            **lift_dict(self.lift),
            "q": plain(self.q),
            "found": self.found,
        }


FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class Rejected:
    """One rejected PQL with its ledger as it stood at the decision: `(part, line, measure, points)`, no line of 0 points."""

    lead_id: Any
    rejected_at: str
    rep: str | None
    fit: float
    behavior: float
    total: float
    lines: tuple[tuple[str, str, str | None, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "lead_id": self.lead_id,
            "rejected_at": self.rejected_at,
            "rep": self.rep,
            "fit": self.fit,
            "behavior": self.behavior,
            "total": self.total,
            "lines": [{"part": p, "line": n, "measure": m, "points": v} for p, n, m, v in self.lines],
        }


@dataclass(frozen=True, slots=True)
class Trust:
    """Contacted against ignored PQLs, the verdict, and what rejected PQLs share.

    `outcome` is what the groups were judged by: `opportunity` where such rows exist, else the conversion. `acceptance`
    is of PQLs at the moment of the last decision; `decided_below` decisions were on leads that were no PQL then.
    """

    model: str
    model_hash: str
    verdict: Verdict
    why: str
    outcome: str
    contacted: Group
    ignored: Group
    lift: Estimate
    followed_up: Estimate
    acceptance: Estimate
    decided: int
    decided_below: int
    lines: tuple[SharedLine, ...]
    sample: tuple[Rejected, ...]
    seed: int
    notes: tuple[str, ...]
    design: Design
    cohort: Cohort
    accounting: Accounting

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "model": self.model,
            "model_hash": self.model_hash,
            "outcome": self.outcome,
            "contacted": self.contacted.as_dict(),
            "ignored": self.ignored.as_dict(),
            **lift_dict(self.lift),
            "followed_up": self.followed_up.as_dict(),
            "acceptance": {**self.acceptance.as_dict(), "decided": self.decided, "decided_below": self.decided_below},
            "lines": [x.as_dict() for x in self.lines],
            "sample": [r.as_dict() for r in self.sample],
            "seed": self.seed,
            "notes": list(self.notes),
            "design": self.design.words(),
            "cohort": self.cohort.as_dict(),
            "rows": self.accounting.as_dict(),
        }

    def report(self) -> Report:
        """Return it as a report."""
        from denizen.history.trust.report import report_of

        return report_of(self)

    def __repr__(self) -> str:
        return f"<denizen trust in {self.model}: {self.verdict}>"
