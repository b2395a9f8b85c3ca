"""What a before/after comparison comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.stats.intervals import plain

if TYPE_CHECKING:
    from denizen.history.metrics.definitions import Definition
    from denizen.history.stats import Estimate
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report


@dataclass(frozen=True, slots=True)
class Value:
    """A metric in one period: the estimate and of how many."""

    found: Estimate
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {**self.found.as_dict(), "n": self.n}


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric before and after. `change` is after divided by before, for shares of all kinds too; None where unknown.

    `needs` says why there is no value, where there is none in either period.
    """

    definition: Definition
    before: Value | None
    after: Value | None
    change: Estimate | None
    needs: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        d = self.definition
        return {
            "metric": d.metric,
            "group": d.group,
            "title": d.title,
            "unit": d.unit,
            "definition": d.definition,
            "expected": d.expected,
            "before": self.before.as_dict() if self.before else None,
            "after": self.after.as_dict() if self.after else None,
            "change": self.change.as_dict() if self.change else None,
            "needs": self.needs,
        }


@dataclass(frozen=True, slots=True)
class Metrics:
    """All metrics of two periods of signups; `periods` holds name, first and last instant, and leads judged."""

    model: str
    model_hash: str
    periods: tuple[tuple[str, str, str, int], ...]
    metrics: tuple[Compared, ...]
    notes: tuple[str, ...]
    design: str
    accounting: Accounting

    def metric(self, name: str) -> Compared:
        """Return a metric by name."""
        return next(m for m in self.metrics if m.definition.metric == name)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "model": self.model,
            "model_hash": self.model_hash,
            "periods": [{"period": p, "from": a, "to": b, "leads": n} for p, a, b, n in self.periods],
            "metrics": [m.as_dict() for m in self.metrics],
            "notes": list(self.notes),
            "design": self.design,
            "rows": self.accounting.as_dict(),
        }

    def __repr__(self) -> str:
        return f"<denizen metrics of {self.model}: {' against '.join(p for p, *_ in self.periods)}>"

    def report(self) -> Report:
        """Return it as a report."""
        from denizen.history.metrics.report import report_of

        return report_of(self)

    @property
    def sure(self) -> tuple[Compared, ...]:
        """The metrics whose change is beyond chance."""
        return tuple(m for m in self.metrics if m.change and (m.change.low > 1 or m.change.high < 1))


def shown(value: float | None, unit: str) -> str:
    """Return a value in its unit."""
    if plain(value) is None or value is None:
        return "–"
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.2f}" if unit == "ratio" else f"{value:,.1f}"
