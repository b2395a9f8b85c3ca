"""Statistics for history: intervals that cover at the stated rate, also where cells are empty.

Nothing here knows leads or files; counts and arrays go in. Every interval is two-sided at `LEVEL` (95 %) unless told
otherwise. What cannot be estimated is None (or has an infinite end), never a made-up number. Needs `denizen[learn]`.

| question | function |
|---|---|
| how high is a rate | `wilson`, `clopper_pearson`, `rate` |
| how much higher than another | `lift` (ratio), `difference`, `odds_ratio` |
| how much larger, or better, is one of two groups that share leads | `paired_shares`, `paired_rates`, `paired_beyond` |
| is there a difference at all | `fisher_or_score`, `rank_test`; many at once: `benjamini_hochberg` |
| and among those alike in something else | `mantel_haenszel`; in several things: `hold`, `hold_counts` |
| how well do scores rank | `auc`, `auc_difference` |
| how far apart are two rates, however often one looks | `two_rates`; from clusters: `normal_mixture` |
| anything else, repeated or paired | `bootstrap`; rates of rows that repeat leads: `clustered_rate`, `clustered_lift`, `between_units` |
"""

from denizen.history.stats.clusters import between_units, clustered_lift, clustered_rate
from denizen.history.stats.factors import Held, Test, hold, hold_counts
from denizen.history.stats.intervals import LEVEL, Estimate, Interval, z_of
from denizen.history.stats.paired import paired_beyond, paired_rates, paired_shares
from denizen.history.stats.ranks import auc, auc_difference
from denizen.history.stats.rates import clopper_pearson, difference, lift, odds_ratio, rate, wilson
from denizen.history.stats.resampling import bootstrap
from denizen.history.stats.sequences import normal_mixture, two_rates
from denizen.history.stats.significance import benjamini_hochberg, fisher_or_score, rank_test
from denizen.history.stats.strata import Stratified, mantel_haenszel

__all__ = [
    "LEVEL",
    "Estimate",
    "Held",
    "Interval",
    "Stratified",
    "Test",
    "auc",
    "auc_difference",
    "benjamini_hochberg",
    "between_units",
    "bootstrap",
    "clopper_pearson",
    "clustered_lift",
    "clustered_rate",
    "difference",
    "fisher_or_score",
    "hold",
    "hold_counts",
    "lift",
    "mantel_haenszel",
    "normal_mixture",
    "odds_ratio",
    "paired_beyond",
    "paired_rates",
    "paired_shares",
    "rank_test",
    "rate",
    "two_rates",
    "wilson",
    "z_of",
]
