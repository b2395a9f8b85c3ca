"""Thresholds found: plain data, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.stats import Estimate

if TYPE_CHECKING:
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
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
    """Gates with their price on both sides; `gates` is None where they are not the same for everyone, or as they stand."""

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
class Suggestion:
    """Gates for the leads that some gates judge: those of a segment that owns its gates, or of the file (no name).

    `verdict` is `suggestion`, `out of reach` (no gates reach the target on the earlier leads) or `too little data`.
    `differences` are suggested minus current on the later leads: share, precision, recall, and recall beyond chance.
    """

    segment: str
    verdict: str
    target: Target
    written: Gates
    current: Option
    chosen: Option | None
    frontier: tuple[Option, ...]
    differences: dict[str, Estimate]
    split: TimeSplit

    @property
    def gates(self) -> Gates | None:
        """The suggested gates."""
        return None if self.chosen is None else self.chosen.gates

    @property
    def change_pays(self) -> bool:
        """Whether there is a reason to write the suggested gates.

        There is none if the current ones serve the target on both halves, and on the later leads the suggested ones miss
        it or bring no sure gain of what it asks for (`gain`).
        """
        if self.chosen is None or self.gates == self.written:
            return False
        if not (self.target.met(self.current.earlier) and self.target.met(self.current.later)):
            return True
        gain = self.gain
        return self.target.met(self.chosen.later) and gain is not None and gain.low > 0

    @property
    def gain(self) -> Estimate | None:
        """What the target asks for, suggested minus current, on the later leads.

        Within a share or a capacity that are conversions beyond what as many leads at random would bring; at a precision
        conversions (recall); at a recall fewer leads (share).
        """
        if not self.differences:
            return None
        if self.target.aim == "recall":
            more = self.differences["share"]
            return Estimate(None if more.value is None else -more.value, -more.high, -more.low)
        return self.differences["recall" if self.target.aim == "precision" else "beyond chance"]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {
            "verdict": self.verdict,
            "change_pays": self.change_pays,
            "target": self.target.as_dict(),
            "gates": None if self.gates is None else self.gates.as_dict(),
            "yaml": None if self.gates is None else self.gates.yaml(),
            "chosen": None if self.chosen is None else self.chosen.as_dict(),
            "current": {**self.current.as_dict(), "gates": self.written.as_dict()},
            "differences": {k.replace(" ", "_"): d.as_dict("difference") for k, d in self.differences.items()},
            "frontier": [o.as_dict() for o in self.frontier],
            "split": self.split.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The frontier of a model's gates, the gates that serve a target, and their price against the current ones.

    `own` is for the leads that the gates of the file judge, `segments` for those of each segment with gates of its own.
    `together` is what all of it brings over all leads: as it stands, and with every suggestion (None if there is none).
    """

    model: str
    model_hash: str
    own: Suggestion
    segments: tuple[Suggestion, ...]
    together: tuple[Option, Option | None]
    notes: tuple[str, ...]
    design: Design
    cohort: Cohort
    accounting: Accounting

    @property
    def verdict(self) -> str:
        """That on the gates of the file."""
        return self.own.verdict

    @property
    def gates(self) -> Gates | None:
        """The gates suggested for the file."""
        return self.own.gates

    @property
    def chosen(self) -> Option | None:
        """Their price."""
        return self.own.chosen

    @property
    def current(self) -> Option:
        """The price of those that stand."""
        return self.own.current

    @property
    def frontier(self) -> tuple[Option, ...]:
        """Gates that no others beat."""
        return self.own.frontier

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        now, then = self.together
        own = self.own.as_dict()
        return {
            "verdict": own.pop("verdict"),
            "model": self.model,
            "model_hash": self.model_hash,
            **own,
            "segments": [{"segment": s.segment, **s.as_dict()} for s in self.segments],
            "together": {"current": _sides(now), "chosen": None if then is None else _sides(then)},
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


def _sides(option: Option) -> dict[str, Any]:
    return {"earlier": option.earlier.as_dict(), "later": option.later.as_dict()}
