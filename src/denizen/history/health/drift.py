"""Drift: criteria that fire more or less often for the later half of those judged than for the earlier."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from denizen.history import stats
from denizen.history.health.card import Drift
from denizen.history.lines import score_lines
from denizen.plan.build import build_program

if TYPE_CHECKING:
    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

_PRODUCTS = {
    "xx1": "x1 * x1",
    "xn1": "x1 * n1",
    "nn1": "n1 * n1",
    "xx0": "x0 * x0",
    "xn0": "x0 * n0",
    "nn0": "n0 * n0",
    "xx": "x1 * x0",
    "xn": "x1 * n0",
    "nx": "n1 * x0",
    "nn": "n1 * n0",
}
"""What a lead's numbers of rows (n) and of those that fire (x), later (1) and earlier (0), are summed up to."""


def find_drift(history: History, model: LoadedModel, engine: str, progress: Progress) -> tuple[Drift, ...]:
    """Compare how often each criterion fires for the earlier and the later half of the rows, by when they are judged.

    Where leads repeat, a difference counts for as many rows as would differ as much if each were of another lead.
    """
    middle = history.connection.execute("SELECT quantile_disc(as_of_us, 0.5) FROM cohort").fetchall()[0][0]
    score_lines(history, model, _query(model, int(middle)), table="drift", engine=engine, progress=progress)
    sums = ", ".join(f"CAST({name} AS DOUBLE)" for name in _PRODUCTS)
    rows = history.connection.execute(
        f"SELECT part, product, line, x1::BIGINT, n1::BIGINT, x0::BIGINT, n0::BIGINT, {sums} FROM drift"
        " WHERE n0 > 0 AND n1 > 0 ORDER BY line_no, product, line"
    ).fetchall()
    repeats = history.cohort.leads < history.cohort.rows
    found = []
    for part, product, line, x1, n1, x0, n0, *products in rows:
        shrink = _shrink(x1, n1, x0, n0, dict(zip(_PRODUCTS, products, strict=True))) if repeats else 1.0
        counts = (*_fewer(x1, n1, shrink), *_fewer(x0, n0, shrink))
        found.append((part, product, line, x1 / n1, x0 / n0, counts))
    q_values = stats.benjamini_hochberg([stats.fisher_or_score(*counts) for *_, counts in found])
    return tuple(
        Drift(
            line,
            part,
            product,
            replace(stats.rate(*counts[2:]), value=earlier),
            replace(stats.rate(*counts[:2]), value=later),
            replace(stats.difference(*counts), value=later - earlier),
            q,
        )
        for (part, product, line, later, earlier, counts), q in zip(found, q_values, strict=True)
    )


def _query(model: LoadedModel, middle_us: int) -> str:
    """Return what sums up, by criterion, the rows of each lead: those of its segment, and those on which it fires."""
    program = build_program(model)
    segment = "segment" if program.has_segments else "NULL"
    product = "product" if program.has_products else "NULL"
    sums = ", ".join(f"sum({product_}) AS {name}" for name, product_ in _PRODUCTS.items())
    return (
        f"WITH judged AS (SELECT g, lead_id, {segment} AS segment, {product} AS product, as_of_us > {middle_us} AS later"
        " FROM final), sizes AS (SELECT segment, lead_id, count(*) FILTER (WHERE later) AS n1,"
        " count(*) FILTER (WHERE NOT later) AS n0 FROM judged GROUP BY segment, lead_id),"
        " fired AS (SELECT part, CASE WHEN part = 'behavior' THEN product END AS product, line, segment, lead_id,"
        " min(line_no) AS line_no, count(*) FILTER (WHERE fires AND later) AS x1,"
        " count(*) FILTER (WHERE fires AND NOT later) AS x0 FROM lines JOIN judged USING (g) WHERE kind = 'criterion'"
        " GROUP BY ALL),"
        " criteria AS (SELECT part, product, line, segment, min(line_no) AS line_no FROM fired GROUP BY ALL),"
        " every AS (SELECT criteria.part, criteria.product, criteria.line, criteria.line_no, n1, n0,"
        " COALESCE(x1, 0) AS x1, COALESCE(x0, 0) AS x0 FROM criteria"
        " JOIN sizes ON sizes.segment IS NOT DISTINCT FROM criteria.segment"
        " LEFT JOIN fired ON fired.part = criteria.part AND fired.product IS NOT DISTINCT FROM criteria.product"
        " AND fired.line = criteria.line AND fired.segment IS NOT DISTINCT FROM criteria.segment"
        " AND fired.lead_id = sizes.lead_id)"
        f" SELECT part, product, line, min(line_no) AS line_no, sum(x1) AS x1, sum(n1) AS n1, sum(x0) AS x0, sum(n0) AS n0,"
        f" {sums} FROM every GROUP BY part, product, line"
    )


def _shrink(x1: int, n1: int, x0: int, n0: int, sums: dict[str, float]) -> float:
    """Return how many rows count as one, at least 1, so that rows of other leads would spread the difference as much."""
    p1, p0 = x1 / n1, x0 / n0
    later = (sums["xx1"] - 2 * p1 * sums["xn1"] + p1 * p1 * sums["nn1"]) / n1**2
    earlier = (sums["xx0"] - 2 * p0 * sums["xn0"] + p0 * p0 * sums["nn0"]) / n0**2
    shared = (sums["xx"] - p0 * sums["xn"] - p1 * sums["nx"] + p1 * p0 * sums["nn"]) / (n1 * n0)
    independent = p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
    if independent <= 0:
        return max(sums["nn1"] / n1, sums["nn0"] / n0, 1.0)
    return max((later + earlier - 2 * shared) / independent, 1.0)


def _fewer(hits: int, rows: int, shrink: float) -> tuple[int, int]:
    if shrink == 1:
        return hits, rows
    fewer = max(1, round(rows / shrink))
    return round(hits / rows * fewer), fewer
