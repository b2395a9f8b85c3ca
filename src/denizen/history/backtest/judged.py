"""One model judged on a cohort: its groups, its ranking, its course over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.sample import Group, lift_dict
from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from denizen.history.labels import Labels
    from denizen.history.sample import Sample
    from denizen.history.stats import Estimate

DECILES = 10
TOP_SHARE = 0.2
_QUARTER = 0.25


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's scores, a row each as in the sample.

    `level` numbers the totals that occur, from 0 for the lowest. `place` is the share of rows that rank higher, 0 for the best: by total, then behavior, then chance (a hash of the
    lead's id), so that groups of equal size exist also where many have the same score.
    """

    level: Any
    pql: Any
    place: Any
    fit_tier: Labels
    behavior_tier: Labels


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups of rows compared."""

    group: Group
    others: Group
    lift: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {"group": self.group.as_dict(), "others": self.others.as_dict(), **lift_dict(self.lift)}


@dataclass(frozen=True, slots=True)
class Month:
    """Leads who signed up in one month."""

    month: str
    everyone: Group
    pql: Group
    others: Group
    lift: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        groups = {"all": self.everyone, "pql": self.pql, "not_pql": self.others}
        return {"month": self.month, **{k: g.as_dict() for k, g in groups.items()}, **lift_dict(self.lift)}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model is worth on a cohort. `recall` is the share of conversions that were PQLs when judged."""

    pql: Pair
    share: Estimate
    recall: Estimate
    auc: Estimate
    deciles: tuple[Group, ...]
    top_share: Pair
    quartiles: Pair
    fit_tiers: tuple[Group, ...]
    behavior_tiers: tuple[Group, ...]
    months: tuple[Month, ...]


def judge(sample: Sample, scores: Scores, months: Labels) -> Judged:
    """Return what a model is worth; `months` names the month of signup of each row."""
    np = numpy()
    everyone = np.ones(len(sample.won), dtype=bool)
    place = scores.place
    decile = np.minimum((place * DECILES).astype(int), DECILES - 1)
    top = place < TOP_SHARE
    return Judged(
        pql=pair(sample, "PQL", scores.pql, "not PQL", ~scores.pql),
        share=sample.share(scores.pql, everyone),
        recall=sample.share(scores.pql, sample.won),
        auc=stats.auc(sample.won, scores.level, sample.clusters),
        deciles=tuple(sample.group(str(d + 1), decile == d) for d in range(DECILES)),
        top_share=pair(sample, f"top {TOP_SHARE:.0%}", top, "the rest", ~top),
        quartiles=pair(sample, "top quarter", place < _QUARTER, "bottom quarter", place >= 1 - _QUARTER),
        fit_tiers=_tiers(sample, scores.fit_tier),
        behavior_tiers=_tiers(sample, scores.behavior_tier),
        months=tuple(_month(sample, scores, month, rows) for month, rows in months.groups()),
    )


def pair(sample: Sample, name: str, rows: Any, other_name: str, others: Any) -> Pair:
    """Return two groups of rows compared."""
    return Pair(*sample.pair(name, rows, other_name, others))


def _tiers(sample: Sample, tiers: Labels) -> tuple[Group, ...]:
    """Return a group a tier, best first by its rate; rows below every tier come last."""
    groups = [sample.group(name or "none", rows) for name, rows in tiers.groups()]
    return tuple(sorted(groups, key=lambda g: (g.name == "none", -(g.rate.value or 0), g.name)))


def _month(sample: Sample, scores: Scores, name: str, rows: Any) -> Month:
    month, pql = sample.part(rows), scores.pql[rows]
    return Month(name, month.group("all", numpy().ones_like(pql)), *month.pair("PQL", pql, "not PQL", ~pql))
