"""Leaks: what would not have been known when the score was to be acted on, and makes a backtest look too good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.history import stats
from denizen.history.scored import scored_rows
from denizen.history.stats.intervals import numpy
from denizen.model.durations import DAY_US
from denizen.plan.build import build_program
from denizen.plan.nodes import Attribute
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from denizen.history.cohort import History
    from denizen.model.load import LoadedModel

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


def event_leaks(history: History, counts: Callable[[str], bool] | None = None) -> Iterator[tuple[str, bool]]:
    """Yield each event name that is a consequence of the conversion as a warning, and whether a model counts it.

    `counts` tells that of a name; without a model nothing is said of it.
    """
    for event, leads, never_won, count, after, just_before in _around_conversion(history):
        if leads < SUPPORT or never_won > leads * (1 - TOO_GOOD_ALONE):
            continue
        told = f"{leads:,} leads"
        counted = counts is not None and counts(event)
        if counts is not None:
            told += "; the model counts it" if counted else "; the model does not count it"
        if after == count:
            yield f"`{event}` occurs only after conversion ({told}): it is a result, not a sign", counted
        elif after + just_before >= count * TOO_SURE:
            part = f"`{event}` occurs almost only at or after conversion or in the day before ({told})"
            yield f"{part}: it is part of converting, not a sign of it", counted


def attribute_leaks(history: History, names: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each attribute that, by its history, becomes known only when a lead converts."""
    if history.data.attributes_history is None:
        return
    for name in names:
        won, late, others = history.connection.execute(
            "WITH firsts AS (SELECT lead_id, min(from_us) AS from_us FROM known_values"
            f" WHERE attribute = normal({text(name)}) AND tidy(value) IS NOT NULL GROUP BY lead_id)"
            f" SELECT count(won_us), count(*) FILTER (WHERE from_us >= won_us - {DAY_US}),"
            " count(*) FILTER (WHERE won_us IS NULL) FROM firsts JOIN history USING (lead_id)"
        ).fetchall()[0]
        if won >= SUPPORT and late >= won * TOO_SURE:
            yield (
                f"attribute `{name}` first becomes known at or after conversion or in the day before, for {late:,} of the"
                f" {won:,} who convert and have it ({others:,} others have it): it is filled in because they convert"
            )


def _around_conversion(history: History) -> list[tuple[str, int, int, int, int, int]]:
    """Return the events that occur mostly at or after conversion or in the day before, with leads and occurrences.

    Most events do not, and counting the leads of each is the dear part, so occurrences are counted first.
    """
    connection, until = history.connection, f"at_us <= {history.cohort.observed_until_us}"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE around AS WITH near AS (SELECT event,"
        " count(*) FILTER (WHERE at_us >= won_us) AS after, count(*) FILTER (WHERE at_us < won_us) AS just_before"
        " FROM events JOIN (SELECT lead_id, won_us FROM history WHERE won_us IS NOT NULL) USING (lead_id)"
        f" WHERE at_us >= won_us - {DAY_US} AND {until} GROUP BY event)"
        f" SELECT * FROM names_used JOIN near USING (event) WHERE after + just_before >= n * {TOO_SURE}"
    )
    return connection.execute(
        "SELECT event, count(DISTINCT lead_id), count(DISTINCT CASE WHEN won_us IS NULL THEN lead_id END),"
        " any_value(n), any_value(after), any_value(just_before)"
        f" FROM events JOIN around USING (event) JOIN history USING (lead_id) WHERE {until} GROUP BY event ORDER BY event"
    ).fetchall()


def ranking_leaks(history: History, area: float | None) -> Iterator[str]:
    """Yield a warning about a ranking that is too good to be true; `area` is its AUC."""
    if _can_tell(history) and area is not None and area > TOO_GOOD:
        yield f"AUC {area:.3f} is higher than honest data on conversion gives; look for what was filled in afterwards"


def score_leaks(history: History, model: LoadedModel, engine: str) -> Iterator[str]:
    """Yield warnings about a model: attributes known only of converted leads, criteria that separate too well."""
    if not _can_tell(history):
        return
    _draw_sample(history)
    with scored_rows(history, model, "looked_at", engine=engine, detail=True):
        found = history.connection.execute(
            "SELECT part || '.' || line AS line, won, CAST(points AS DOUBLE) AS points, unknown"
            " FROM points JOIN looked_at USING (g) ORDER BY ALL"
        ).fetchnumpy()
    yield from _criterion_leaks(found, _attributes(model), dated=history.data.attributes_history is not None)


def _can_tell(history: History) -> bool:
    return history.cohort.won_leads >= SUPPORT and history.cohort.base_rate < RARE


def _draw_sample(history: History) -> None:
    """Make `looked_at`: converted and other rows, half and half as far as there are, the same each time."""
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE looked_at AS WITH drawn AS (SELECT won, lead_id FROM"
        " (SELECT DISTINCT won, lead_id FROM cohort)"
        f" QUALIFY row_number() OVER (PARTITION BY won ORDER BY md5(CAST(lead_id AS VARCHAR))) <= {SAMPLE_ROWS // 2})"
        " SELECT g, lead_id, as_of_us, won FROM cohort JOIN drawn USING (won, lead_id)"
        " QUALIFY row_number() OVER (PARTITION BY won ORDER BY md5(CAST(lead_id AS VARCHAR)), as_of_us)"
        f" <= {SAMPLE_ROWS // 2}"
    )


def _attributes(model: LoadedModel) -> dict[str, str]:
    first = build_program(model).plans[0]
    return {f"{c.part}.{c.name}": c.measure.name for c in first.criteria if isinstance(c.measure, Attribute)}


def _criterion_leaks(found: dict[str, object], attributes: dict[str, str], *, dated: bool) -> Iterator[str]:
    then = "as known then, too" if dated else "give --attributes-history to see what was known then"
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
                f" others: it may be filled in because they convert; {then}"
            )
        elif area is not None and max(area, 1 - area) > TOO_GOOD_ALONE:
            yield f"criterion `{str(name).partition('.')[2]}` alone separates the converted from the rest (AUC {area:.2f}): too well to be a sign"
