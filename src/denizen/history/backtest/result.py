"""The result of a backtest: plain data, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.backtest.words import verdict_of
from denizen.history.sample import lift_dict
from denizen.history.stats.intervals import plain

if TYPE_CHECKING:
    import pyarrow as pa

    from denizen.history.backtest.judged import Judged
    from denizen.history.backtest.watched import Watched
    from denizen.history.cohort import Cohort
    from denizen.history.design import Design
    from denizen.history.stats import Estimate
    from denizen.ingest.accounting import Accounting
    from denizen.report import Report


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One model's part of a backtest. `leaks` are reasons not to believe it."""

    model: str
    model_hash: str
    file: str
    judged: Judged
    watched: Watched
    leaks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        judged, watched = self.judged, self.watched
        rate = judged.pql.group.rate
        days = watched.days or (None, None, None)
        return {
            "model": self.model,
            "model_hash": self.model_hash,
            "auc": judged.auc.as_dict(),
            "pql": {
                "n": judged.pql.group.n,
                "won": judged.pql.group.won,
                "share": plain(judged.share.value),
                "rate": plain(rate.value),
                "rate_low": plain(rate.low),
                "rate_high": plain(rate.high),
                **lift_dict(judged.pql.lift),
            },
            "not_pql": judged.pql.others.as_dict(),
            "precision": rate.as_dict(),
            "recall": judged.recall.as_dict(),
            "deciles": [g.as_dict() for g in judged.deciles],
            "top_share": judged.top_share.as_dict(),
            "quartiles": judged.quartiles.as_dict(),
            "tiers": {
                "fit": [g.as_dict() for g in judged.fit_tiers],
                "behavior": [g.as_dict() for g in judged.behavior_tiers],
            },
            "months": [m.as_dict() for m in judged.months],
            "won_deals": {
                "n": watched.deals,
                "ever_pql": watched.ever_pql.as_dict("share"),
                "scored_every_days": watched.step_days,
                "days_from_pql": dict(zip(("quarter", "median", "three_quarters"), map(plain, days), strict=True)),
            },
            "missed": [m.as_dict() for m in watched.missed],
            "missed_by_gate": watched.gates(),
            "leaks": list(self.leaks),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """A model against the first, on the same leads: AUC, PQL conversion rate and recall, each theirs minus the first's."""

    model: str
    against: str
    auc: Estimate
    pql_rate: Estimate
    recall: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        gaps = {k: getattr(self, k).as_dict("difference") for k in ("auc", "pql_rate", "recall")}
        return {"model": self.model, "against": self.against, **gaps}


@dataclass(frozen=True, slots=True)
class Backtest:
    """A backtest of one or more models on one cohort.

    `scores` are the rows judged where they were asked for, as an Arrow table: lead_id, as_of, won, and for each model (numbered from 1)
    `total_1, pql_1, …`.
    """

    design: Design
    cohort: Cohort
    base_rate: Estimate
    models: tuple[ModelResult, ...]
    differences: tuple[Difference, ...]
    leaks: tuple[str, ...]
    notes: tuple[str, ...]
    accounting: Accounting
    scores: pa.Table | None

    @property
    def verdict(self) -> str:
        """What it comes to, in words."""
        return verdict_of(self).text

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`: the first model's numbers on top, all models under `models`."""
        first, *_ = models = [m.as_dict() for m in self.models]
        first = dict(first)
        leaks = [*self.leaks, *first.pop("leaks")]
        return {
            "verdict": self.verdict,
            "n": self.cohort.rows,
            "base_rate": plain(self.base_rate.value),
            "base_rate_low": plain(self.base_rate.low),
            "base_rate_high": plain(self.base_rate.high),
            **first,
            "leaks": leaks,
            "design": self.design.words(),
            "cohort": self.cohort.as_dict(),
            "models": models,
            "comparison": [d.as_dict() for d in self.differences],
            "notes": list(self.notes),
            "rows": self.accounting.as_dict(),
        }

    def report(self) -> Report:
        """Return it as a report, for `--html`."""
        from denizen.history.backtest.report import report_of

        return report_of(self)

    def __repr__(self) -> str:
        return f"<denizen backtest: {self.verdict}>"

    def _repr_html_(self) -> str:
        from denizen.history.backtest.report import notebook_html

        return notebook_html(self)
