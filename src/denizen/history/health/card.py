"""A health card: one item a benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.stats.intervals import plain

if TYPE_CHECKING:
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
    from denizen.history.grades import Color
    from denizen.history.stats import Estimate
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report


@dataclass(frozen=True, slots=True)
class Item:
    """One benchmark: what was found of `n` (leads, deals or criteria), its grade, what counts as good, what to do.

    `unit` is `share`, `ratio`, `count` or `days`. An item that data cannot answer has no value, and `advice` says what
    it needs.
    """

    item: str
    title: str
    unit: str
    found: Estimate | None
    n: int
    color: Color
    good: str
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        numbers = self.found.as_dict() if self.found else {"value": None, "low": None, "high": None}
        return {
            "item": self.item,
            "title": self.title,
            "unit": self.unit,
            **numbers,
            "n": self.n,
            "grade": self.color,
            "good": self.good,
            "advice": self.advice,
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """For how many of the earlier and of the later half of the leads a criterion fired; `q` is the false-discovery rate.

    It fires where a band holds, with points or without. The leads are all whom its segment scores; that of a product fires
    for those whose behavior this product gives.
    """

    criterion: str
    part: str
    product: str | None
    earlier: Estimate
    later: Estimate
    change: Estimate
    q: float

    @property
    def label(self) -> str:
        """Its name, after that of its product."""
        return self.criterion if self.product is None else f"{self.product}.{self.criterion}"

    @property
    def drifted(self) -> bool:
        """Whether the change is real and large enough to matter."""
        return self.q <= FALSE_DISCOVERIES and abs(self.change.value or 0.0) >= LARGE_DRIFT

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "criterion": self.criterion,
            "part": self.part,
            "product": self.product,
            **self.earlier.as_dict("earlier"),
            "later": plain(self.later.value),
            "change": plain(self.change.value),
            "change_low": plain(self.change.low),
            "change_high": plain(self.change.high),
            "q": plain(self.q),
            "drifted": self.drifted,
        }


BUCKET = 10
"""So many points are one bucket of the distribution."""
FALSE_DISCOVERIES = 0.05
LARGE_DRIFT = 0.05
"""A rate that moves by less than five points in a hundred is no drift, however surely it moves."""


@dataclass(frozen=True, slots=True)
class Health:
    """The card of one model, the drift of its criteria, and its scores in buckets of ten points."""

    model: str
    model_hash: str
    items: tuple[Item, ...]
    drift: tuple[Drift, ...]
    buckets: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]
    design: Design
    cohort: Cohort
    accounting: Accounting

    @property
    def verdict(self) -> str:
        """The worst grade that is sure: `red flag`, `warning`, `good`, or `too little data` if none is."""
        colors = {i.color for i in self.items}
        return next((c for c in ("red flag", "warning", "good") if c in colors), "too little data")

    def item(self, name: str) -> Item:
        """Return an item by name."""
        return next(i for i in self.items if i.item == name)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "verdict": self.verdict,
            "model": self.model,
            "model_hash": self.model_hash,
            "items": [i.as_dict() for i in self.items],
            "drift": [d.as_dict() for d in self.drift],
            "distribution": [{"from": low, "leads": count} for low, count in self.buckets],
            "notes": list(self.notes),
            "design": self.design.words(),
            "cohort": self.cohort.as_dict(),
            "rows": self.accounting.as_dict(),
        }

    def report(self) -> Report:
        """Return the card as a report."""
        from denizen.history.health.report import report_of

        return report_of(self)

    def __repr__(self) -> str:
        return f"<denizen health of {self.model}: {self.verdict}>"
