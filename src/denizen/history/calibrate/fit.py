"""Points fitted to outcomes, with a pull towards those that stand: without evidence, no change.

log-odds = a + s * total + sum of b_u * x_u, where x_u says whether a lead holds band u, and b_u is pulled towards 0 as if
`PULL` points were one standard deviation. A change of b_u is one of b_u / s points, so that the total keeps its scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from denizen.history.stats.intervals import numpy

PULL = 10.0
EVIDENCE = 2.0
"""Changes smaller than so many standard errors are not made."""
_STEPS = 50
_CLOSE = 1e-8
_FLAT = 30.0
_NEXT_TO_NONE = 1e-3


@dataclass(frozen=True, slots=True)
class Fitted:
    """For each band the change in points and its standard error; `scale` is log-odds a point, None if the total tells nothing."""

    change: Any
    error: Any
    scale: float | None


def fit_changes(total: Any, holds: Any, won: Any, whose: Any = None) -> Fitted:
    """Return the changes with evidence behind them; `holds` has a row a lead and a column a band.

    `holds` says by how much the total rises with a point of the band: 1 for those who hold it, for a decay minus the
    periods. `whose` is the plan that scores each lead; each plan has a base rate of its own. Bands without evidence are dropped and the rest is fitted again, so that they do not explain one another.
    """
    np = numpy()
    bands = holds.shape[1]
    none = Fitted(np.zeros(bands), np.full(bands, np.inf), None)
    if won.all() or not won.any():
        return none
    base = _base(total, whose)
    slope = _newton(base, won, _loose(base.shape[1]))[0][1]
    if slope <= 0:
        return none
    kept = np.arange(bands)
    change, error = np.zeros(bands), np.full(bands, np.inf)
    for _ in range(2):
        found, spread, scale = _fit(base, holds[:, kept], won, float(slope))
        if scale <= 0:
            return none
        change, error = np.zeros(bands), np.full(bands, np.inf)
        change[kept], error[kept] = found / scale, spread / scale
        kept = np.flatnonzero(abs(change) >= EVIDENCE * error)
    chosen = abs(change) >= EVIDENCE * error
    return Fitted(np.where(chosen, change, 0.0), error, float(scale))


def _base(total: Any, whose: Any) -> Any:
    """Return what stands beside the bands: a constant, the total, and a constant for each further plan."""
    np = numpy()
    plans = [] if whose is None else [whose == plan for plan in np.unique(whose)[1:]]
    return np.column_stack([np.ones(len(total)), total, *plans]).astype(float)


def _loose(size: int) -> Any:
    """Return the pull on what stands beside the bands: next to none on the base rate of a plan."""
    return numpy().concatenate([numpy().zeros(2), numpy().full(size - 2, _NEXT_TO_NONE)])


def _fit(base: Any, holds: Any, won: Any, slope: float) -> tuple[Any, Any, float]:
    np = numpy()
    design, first = np.column_stack([base, holds]), base.shape[1]
    weight = np.concatenate([_loose(first), np.full(holds.shape[1], 1 / (PULL * slope) ** 2)])
    found, information = _newton(design, won, weight)
    inverse = np.linalg.pinv(information + np.diag(weight))
    spread = np.sqrt(np.clip(np.diag(inverse @ information @ inverse), 0, None))
    return found[first:], spread[first:], float(found[1])


def _newton(design: Any, won: Any, weight: Any) -> tuple[Any, Any]:
    """Return the penalized maximum of a logistic regression and its information, by Newton's method with halved steps."""
    np = numpy()
    y = won.astype(float)

    def worth(b: Any) -> float:
        eta = np.clip(design @ b, -_FLAT, _FLAT)
        return float(y @ eta - np.logaddexp(0, eta).sum() - 0.5 * (weight * b * b).sum())

    b = np.zeros(design.shape[1])
    information = np.zeros((len(b), len(b)))
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ b, -_FLAT, _FLAT)))
        information = design.T @ (design * (p * (1 - p))[:, None])
        step = np.linalg.pinv(information + np.diag(weight)) @ (design.T @ (y - p) - weight * b)
        now, size = worth(b), 1.0
        while worth(b + size * step) < now - _CLOSE and size > _CLOSE:
            size /= 2
        b = b + size * step
        if float(abs(size * step).max()) < _CLOSE:
            break
    return b, information
