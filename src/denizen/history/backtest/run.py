"""Run a backtest: make the cohort, score it with every model, judge, watch the won deals, look for leaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.as_known import as_now
from denizen.history.backtest.judged import Scores, judge
from denizen.history.backtest.leaks import attribute_leaks, event_leaks, ranking_leaks, score_leaks
from denizen.history.backtest.result import Backtest, Difference, ModelResult
from denizen.history.backtest.watched import add_watch, watched
from denizen.history.cohort import open_history
from denizen.history.labels import Labels, by_row, labels_of
from denizen.history.sample import Sample
from denizen.history.scored import score_cohort
from denizen.history.stats.intervals import numpy
from denizen.plan.build import build_program
from denizen.plan.needs import counts_event, needs_of
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from denizen.history.backtest.watched import Watched
    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

DRAWS = 500
DRAWS_LARGE = 200
LARGE = 100_000
MOST_SHORT = 1 << 16
"""Up to so many numbers are short, and are sorted much faster."""


def run_backtest(
    models: Sequence[LoadedModel],
    data: Data,
    design: Design,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    rows: bool = False,
    progress: Progress = silent,
) -> Backtest:
    """Backtest models on one cohort; the others are compared with the first. `rows` keeps every score that was judged.

    Raises:
        DenizenError: there are no outcomes, nobody can be judged, or data or engine cannot be used.
    """
    numpy()
    plans = [plan for m in models for plan in build_program(m).plans]
    with open_history(data, design, models=models, known=known, progress=progress) as history:
        history.require_cohort()
        step_days = add_watch(history)
        _add_judged(history)
        sample, months = _sample(history)
        by_luck = _by_luck(history, sample)
        results, scores = [], []
        for number, model in enumerate(models, 1):
            table = f"scores_{number}"
            score_cohort(history, model, table=table, rows="judged", engine=engine, progress=progress)
            progress(f"judging {model.name}")
            found = _scores(history, table, by_luck)
            with ThreadPoolExecutor(1) as database:
                asked = database.submit(_ask, history, model, table, step_days, engine)
                judged = judge(sample, found, months)
                seen, leaks = asked.result()
            leaks = (*ranking_leaks(history, judged.auc.value), *leaks)
            results.append(ModelResult(model.name, model.fingerprint, model.file, judged, seen, leaks))
            scores.append(found)
        progress("comparing")
        around = list(event_leaks(history, counts_event(*plans)))
        return Backtest(
            design=design,
            cohort=history.cohort,
            base_rate=sample.rate(numpy().ones(len(sample.won), dtype=bool)),
            models=tuple(results),
            differences=tuple(
                _difference(sample, scores[0], other, results[0], result)
                for other, result in zip(scores[1:], results[1:], strict=True)
            ),
            leaks=(
                *[leak for leak, counted in around if counted],
                *attribute_leaks(history, needs_of(*plans).attributes),
            ),
            notes=(*_notes(history, models), *[f"{leak}." for leak, counted in around if not counted]),
            accounting=history.accounting,
            scores=_rows(history, len(models)) if rows else None,
        )


def _ask(
    history: History, model: LoadedModel, table: str, step_days: int, engine: str
) -> tuple[Watched, tuple[str, ...]]:
    """Return what only the database can tell of a model; it can be asked while the ranking is judged in memory."""
    return watched(history, model, table, step_days, engine), tuple(score_leaks(history, model, engine))


def _add_judged(history: History) -> None:
    """Make `judged`: every row to score, of the cohort with its `g`, then what the watched deals need besides."""
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE watched_besides AS"
        f" SELECT CAST({history.cohort.rows} + row_number() OVER (ORDER BY lead_id, as_of_us) AS INTEGER) AS g,"
        " lead_id, as_of_us FROM watch ANTI JOIN cohort USING (lead_id, as_of_us)"
    )
    history.connection.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS SELECT g, lead_id, as_of_us FROM cohort"
        " UNION ALL SELECT * FROM watched_besides"
    )


def _sample(history: History) -> tuple[Sample, Labels]:
    """Return the rows judged, and the month of signup of each."""
    at = "make_timestamp(signup_us)"
    month = f"CAST(year({at}) * 12 + month({at}) - 1 AS INTEGER) AS month"
    found = by_row(history.connection, f"whose, won, {month}", "cohort", history.cohort.rows)
    months = labels_of(found["month"], lambda month: f"{month // 12:04}-{month % 12 + 1:02}")
    return Sample(found["won"], found["whose"].astype(numpy().intp)), months


def _by_luck(history: History, sample: Sample) -> Any:
    """Return the rows in the order that decides between equal scores: by a hash of the lead, then by the instant."""
    np = numpy()
    found = history.connection.execute(
        "SELECT md5_number_lower(CAST(lead_id AS VARCHAR)) AS luck FROM history WHERE left_out IS NULL ORDER BY lead_id"
    ).fetchnumpy()
    leads = np.argsort(np.asarray(found["luck"]), kind="stable")
    rows = np.bincount(sample.whose, minlength=sample.leads)
    first = np.cumsum(rows) - rows
    in_turn = rows[leads]
    return np.repeat(first[leads] - (np.cumsum(in_turn) - in_turn), in_turn) + np.arange(len(sample.won))


def _scores(history: History, table: str, by_luck: Any) -> Scores:
    """Return the scores of the rows; of each kind of score there are many, so that the rows hold its number alone."""
    np, connection = numpy(), history.connection
    kind = ("fit", "behavior", "plan_no", "pql")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE kinds AS SELECT *,"
        " CAST(row_number() OVER (ORDER BY total DESC, behavior DESC) - 1 AS INTEGER) AS kind,"
        " CAST(dense_rank() OVER (ORDER BY total DESC, behavior DESC) - 1 AS INTEGER) AS rank,"
        " CAST(dense_rank() OVER (ORDER BY total) - 1 AS INTEGER) AS level FROM"
        f" (SELECT {', '.join(kind)}, any_value(total) AS total, COALESCE(any_value(fit_tier), '') AS fit_tier,"
        f" COALESCE(any_value(behavior_tier), '') AS behavior_tier FROM {table} GROUP BY {', '.join(kind)})"
    )
    kinds = connection.execute("SELECT pql, rank, level, fit_tier, behavior_tier FROM kinds ORDER BY kind").fetchnumpy()
    rows = len(by_luck)
    of = by_row(connection, "kind", f"{table} JOIN kinds USING ({', '.join(kind)})", rows)["kind"]
    few = np.uint16 if len(kinds["rank"]) <= MOST_SHORT else np.int64
    order = by_luck[np.argsort(kinds["rank"].astype(few)[of[by_luck]], kind="stable")]
    place = np.empty(rows)
    place[order] = np.arange(rows) / max(1, rows)
    return Scores(
        level=kinds["level"][of],
        pql=kinds["pql"][of],
        place=place,
        fit_tier=_tiers(kinds["fit_tier"], of),
        behavior_tier=_tiers(kinds["behavior_tier"], of),
    )


def _tiers(names: Any, of: Any) -> Labels:
    """Return the tier of each row; `names` are those of the kinds of scores."""
    found, codes = numpy().unique(numpy().asarray(names).astype(str), return_inverse=True)
    return Labels(codes[of], tuple(str(name) for name in found))


def _difference(sample: Sample, first: Scores, other: Scores, base: ModelResult, result: ModelResult) -> Difference:
    """Compare two models on the same leads: DeLong for the ranking, one bootstrap over leads for the rates."""
    np = numpy()
    counts = np.stack(
        [sample.by_lead(rows) for scores in (first, other) for rows in (sample.won & scores.pql, scores.pql)]
        + [sample.by_lead(sample.won)]
    )

    def gaps(weights: Any) -> Any:
        won_1, pql_1, won_2, pql_2, won = counts @ weights
        with np.errstate(divide="ignore", invalid="ignore"):
            return [won_2 / pql_2 - won_1 / pql_1, (won_2 - won_1) / won]

    draws = DRAWS if sample.leads <= LARGE else DRAWS_LARGE
    rate, recall = stats.bootstrap(sample.leads, gaps, resamples=draws)
    area = stats.auc_difference(sample.won, other.level, first.level, sample.clusters)
    return Difference(result.model, base.model, area, rate, recall)


def _notes(history: History, models: Sequence[LoadedModel]) -> list[str]:
    """Return what a reader must know to judge the numbers."""
    notes = []
    left_out = history.cohort.left_out
    if left_out.leads:
        notes.append(f"{left_out.leads:,} leads are left out: {left_out.words()}.")
    notes += as_now(history, *models)
    if history.design.snapshots:
        notes.append("Leads are judged more than once; intervals are those between leads.")
    return notes


def _rows(history: History, models: int) -> pa.Table:
    columns = ["cohort.lead_id", "make_timestamptz(cohort.as_of_us) AS as_of", "cohort.won"]
    joins = "cohort"
    for n in range(1, models + 1):
        columns += [f"s{n}.{c} AS {c}_{n}" for c in ("fit", "behavior", "total", "pql")]
        joins += f" JOIN scores_{n} AS s{n} ON s{n}.g = cohort.g"
    return history.connection.sql(f"SELECT {', '.join(columns)} FROM {joins} ORDER BY cohort.g").to_arrow_table()
