"""Leaks: what would not have been known when the score was to be acted on, and makes a backtest look too good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.history import stats
from denizen.history.stats.intervals import numpy
from denizen.ingest.prepare import Moments
from denizen.model.durations import DAY_US
from denizen.scoring.run import score_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Run

TOO_GOOD = 0.97
"""An AUC above this is not seen in honest data on conversion,"""
TOO_GOOD_ALONE = 0.95
"""nor one above this from a single criterion,"""
TOO_SURE = 0.9
"""nor that nine in ten of those with a mark convert, when"""
RARE = 0.5
"""fewer than half of all do."""
SUPPORT = 10
"""Fewer leads than this say nothing."""
SAMPLE_ROWS = 4_000


def event_leaks(history: History, names: set[str]) -> Iterator[str]:
    """Yield a warning for each event name that is a consequence of the conversion; `names` are those the model counts."""
    rows = history.connection.execute(
        "WITH each AS (SELECT event, lead_id, count(*) AS n, count(*) FILTER (WHERE at_us >= won_us) AS after,"
        f" count(*) FILTER (WHERE at_us < won_us AND at_us >= won_us - {DAY_US}) AS before, any_value(won_us) AS won_us"
        " FROM events JOIN history USING (lead_id) GROUP BY event, lead_id)"
        " SELECT event, count(*), count(*) FILTER (WHERE won_us IS NULL), sum(n)::BIGINT, sum(after)::BIGINT,"
        " sum(before)::BIGINT FROM each GROUP BY event ORDER BY event"
    ).fetchall()
    for event, leads, never_won, count, after, just_before in rows:
        if leads < SUPPORT or never_won > leads * (1 - TOO_GOOD_ALONE):
            continue
        used = "the model counts it" if event in names else "the model does not count it"
        if after == count:
            yield f"`{event}` occurs only after conversion ({leads:,} leads; {used}): it is a result, not a sign"
        elif after + just_before >= count * TOO_SURE:
            yield (
                f"`{event}` occurs almost only at or after conversion or in the day before ({leads:,} leads; {used}):"
                " it is part of converting, not a sign of it"
            )


def score_leaks(history: History, model: LoadedModel, area: float | None, engine: str) -> Iterator[str]:
    """Yield warnings about a model: attributes known only of converted leads, criteria that separate too well."""
    cohort = history.cohort
    if cohort.won_leads < SUPPORT or cohort.base_rate >= RARE:
        return
    if area is not None and area > TOO_GOOD:
        yield f"AUC {area:.3f} is higher than honest data on conversion gives; look for what was filled in afterwards"
    _draw_sample(history)
    grid = history.connection.sql("SELECT lead_id, make_timestamptz(as_of_us) AS as_of FROM looked_at").to_arrow_table()
    moments = Moments(grid=grid, known=history.known)
    with score_run(model, history.data, moments, engine=engine, detail=True) as run:
        lines = run.connection.sql(
            "SELECT CAST(final.lead_id AS VARCHAR) AS lead, final.as_of_us, line, CAST(points AS DOUBLE) AS points,"
            " unknown FROM lines JOIN final USING (g) WHERE kind = 'criterion'"
        ).to_arrow_table()
        measured_attributes = _attributes(run)
    history.connection.register("lines_in", lines)
    found = history.connection.execute(
        "SELECT line, won, points, unknown FROM lines_in JOIN looked_at"
        " ON lead = CAST(looked_at.lead_id AS VARCHAR) AND lines_in.as_of_us = looked_at.as_of_us ORDER BY line"
    ).fetchnumpy()
    history.connection.unregister("lines_in")
    yield from _criterion_leaks(found, measured_attributes)


def _draw_sample(history: History) -> None:
    """Make `looked_at`: converted and other rows, half and half as far as there are, the same each time."""
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE looked_at AS SELECT lead_id, as_of_us, won FROM cohort"
        " QUALIFY row_number() OVER (PARTITION BY won ORDER BY md5(CAST(lead_id AS VARCHAR)), as_of_us)"
        f" <= {SAMPLE_ROWS // 2}"
    )


def _attributes(run: Run) -> dict[str, str]:
    from denizen.plan.nodes import Attribute

    return {c.name: c.measure.name for c in run.plans[0].plan.criteria if isinstance(c.measure, Attribute)}


def _criterion_leaks(found: dict[str, object], attributes: dict[str, str]) -> Iterator[str]:
    np = numpy()
    names, won, points, unknown = (np.asarray(found[k]) for k in ("line", "won", "points", "unknown"))
    won, unknown = won.astype(bool), unknown.astype(bool)
    for name in np.unique(names.astype(str)):
        rows = names == name
        area = stats.auc(won[rows], points[rows]).value
        known = rows & ~unknown
        filled, filled_won = int(known.sum()), int((known & won).sum())
        share_won = filled_won / max(1, int((rows & won).sum()))
        share_other = (filled - filled_won) / max(1, int((rows & ~won).sum()))
        attribute = attributes.get(str(name))
        if (
            attribute is not None
            and filled >= SUPPORT
            and share_won >= 2 * share_other
            and share_won - share_other > 1 - TOO_SURE
        ):
            yield (
                f"attribute `{attribute}` is filled for {share_won:.0%} of those who convert and {share_other:.0%} of the"
                " others: it may be filled in because they convert; give --attributes-history to see what was known then"
            )
        elif area is not None and max(area, 1 - area) > TOO_GOOD_ALONE:
            yield f"criterion `{name}` alone separates the converted from the rest (AUC {area:.2f}): too well to be a sign"
