"""Several things at once: logistic regression by Newton's method, with the score test of one more column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy, special, z_of

STEPS = 30
_CLOSE = 1e-8
_FAR = 30.0
RIDGE = 1e-3
"""Holds coefficients finite where a column separates the converted from the rest; too little to move any other."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients (log-odds) and their covariance; `chance` is that of each row."""

    coefficients: Any
    covariance: Any
    chance: Any

    def odds(self, column: int, level: float = LEVEL) -> Estimate:
        """Return the odds ratio of a column beside the others, with Wald's interval."""
        center = float(self.coefficients[column])
        half = z_of(level) * math.sqrt(float(self.covariance[column, column]))
        return Estimate(math.exp(center), math.exp(center - half), math.exp(center + half))

    def p(self, column: int) -> float:
        """Return the two-sided p-value that a column tells nothing beside the others."""
        z = float(self.coefficients[column]) / math.sqrt(float(self.covariance[column, column]))
        return float(2 * special().ndtr(-abs(z)))


def logistic(outcome: Any, columns: Any) -> Fit:
    """Return the fit of outcomes (booleans) on columns (one row each); a constant has to be among the columns."""
    np = numpy()
    y, x = np.asarray(outcome, dtype=float), np.asarray(columns, dtype=float)
    beta = np.zeros(x.shape[1])
    ridge = RIDGE * np.eye(x.shape[1])
    for _ in range(STEPS):
        chance = _chance(np, x @ beta)
        information = (x * (chance * (1 - chance))[:, None]).T @ x + ridge
        step = np.linalg.solve(information, x.T @ (y - chance) - RIDGE * beta)
        beta = beta + step
        if float(np.abs(step).max()) < _CLOSE:
            break
    chance = _chance(np, x @ beta)
    information = (x * (chance * (1 - chance))[:, None]).T @ x + ridge
    return Fit(beta, np.linalg.inv(information), chance)


def _chance(np: Any, log_odds: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(log_odds, -_FAR, _FAR)))


def score_z(fit: Fit, outcome: Any, columns: Any, candidate: Any) -> float:
    """Return the signed score statistic of one more column beside those fitted; 0 if they say it all already."""
    np = numpy()
    x, extra = np.asarray(columns, dtype=float), np.asarray(candidate, dtype=float)
    weight = fit.chance * (1 - fit.chance)
    shared = x.T @ (weight * extra)
    variance = float(weight @ extra**2 - shared @ fit.covariance @ shared)
    if variance <= _CLOSE * float(weight @ extra**2) or variance <= 0:
        return 0.0
    return float(extra @ (np.asarray(outcome, dtype=float) - fit.chance)) / math.sqrt(variance)
