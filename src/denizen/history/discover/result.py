"""What was discovered: plain data, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from denizen.history.design import span
from denizen.history.sample import lift_dict
from denizen.history.stats.intervals import plain

if TYPE_CHECKING:
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
    from denizen.history.discover.choose import Chosen
    from denizen.history.discover.judge import Tested
    from denizen.history.stats import Estimate
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report

SIGNAL, NO_SIGNAL, TOO_LITTLE = "signal", "no signal", "too little data"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A criterion of the rubric that gives points the other way than the data."""

    criterion: str
    points: float
    finding: str
    lift: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {"criterion": self.criterion, "points": self.points, "finding": self.finding, **lift_dict(self.lift)}


@dataclass(frozen=True, slots=True)
class Discovery:
    """Which actions predict conversion, which attributes do, and what speaks against it.

    `milestones` are actions of leads who convert more often, `attributes` what is known of them (either way), `against`
    actions of leads who convert less often; each the strongest first. `only_activity` are candidates that look like
    findings until leads about as active are compared. `leaky` says that attributes are as of today.
    """

    verdict: str
    why: str
    design: Design
    cohort: Cohort
    tests: int
    candidates: int
    milestones: tuple[Chosen, ...]
    attributes: tuple[Chosen, ...]
    against: tuple[Chosen, ...]
    only_activity: tuple[Tested, ...]
    disagreements: tuple[Disagreement, ...]
    leaky: bool
    leaks: tuple[str, ...]
    notes: tuple[str, ...]
    accounting: Accounting

    @property
    def findings(self) -> tuple[Chosen, ...]:
        """All of them."""
        return (*self.milestones, *self.attributes, *self.against)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`; the keys stay."""
        return {
            "verdict": self.verdict,
            "why": self.why,
            "n": self.cohort.rows,
            "won": self.cohort.won_rows,
            "base_rate": plain(self.cohort.base_rate),
            "candidates": self.candidates,
            "tests": self.tests,
            "milestones": [self._finding(c) for c in self.milestones],
            "attributes": [self._finding(c) for c in self.attributes],
            "against": [self._finding(c) for c in self.against],
            "only_activity": [_tested_dict(t) for t in self.only_activity],
            "disagreements": [d.as_dict() for d in self.disagreements],
            "leaks": list(self.leaks),
            "design": self.design.words(),
            "cohort": self.cohort.as_dict(),
            "notes": list(self.notes),
            "rows": self.accounting.as_dict(),
        }

    def _finding(self, chosen: Chosen) -> dict[str, Any]:
        return {
            **_tested_dict(chosen.tested),
            "beside_others": {**chosen.beside.as_dict("odds"), "p": chosen.beside_p},
            "same_as": list(chosen.same_as),
            "rivals": list(chosen.rivals),
            "instead_of": chosen.instead_of,
            "may_leak": self.leaky and chosen.tested.candidate.kind == "attribute",
        }

    def report(self) -> Report:
        """Return it as a report, for `--html`."""
        from denizen.history.discover.report import report_of

        return report_of(self)

    def model_text(self) -> str:
        """Return the starting model that the findings suggest, as a commented model file.

        Raises:
            DenizenError: there is no signal to make one of.
        """
        from denizen.history.discover.starting_model import starting_model

        return starting_model(self)

    def __repr__(self) -> str:
        return f"<denizen discovery: {self.verdict}: {self.why}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(c.tested.candidate.words)}</td></tr>" for c in self.milestones)
        return f"<p><strong>{escape(self.verdict)}</strong>: {escape(self.why)}</p><table>{rows}</table>"


def _tested_dict(t: Tested) -> dict[str, Any]:
    c = t.candidate
    return {
        "name": c.words,
        "kind": c.kind,
        "event": c.event or None,
        "then": c.then or None,
        "property": c.name if c.kind == "property" else None,
        "attribute": c.name if c.kind == "attribute" else None,
        "value": c.value or None,
        "at_least": c.at_least,
        "within": span(c.within_us) if c.within_us else None,
        "support": t.n,
        "won": t.won,
        "rate_with": plain(t.rate.value),
        "rate_with_low": plain(t.rate.low),
        "rate_with_high": plain(t.rate.high),
        "rate_without": plain(t.rate_without.value),
        "rate_without_low": plain(t.rate_without.low),
        "rate_without_high": plain(t.rate_without.high),
        **lift_dict(t.lift),
        **_three("difference", t.difference),
        **_three("odds", t.odds),
        "p": t.p,
        "q": t.q,
        "adjusted": {**t.adjusted.odds.as_dict("odds"), "p": t.adjusted.p, "q": t.adjusted_q},
        "stable": t.stable,
        "signs": list(t.signs),
    }


def _three(name: str, found: Estimate) -> dict[str, float | None]:
    return {name: plain(found.value), f"{name}_low": plain(found.low), f"{name}_high": plain(found.high)}
