"""Make a health card: the backtest for what PQLs are worth, the funnel for what sales made of them, the ledger for drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.history.backtest import run_backtest
from denizen.history.cohort import open_history, tables_of
from denizen.history.decisions import judge_decisions
from denizen.history.funnel import add_funnel
from denizen.history.health import benchmarks
from denizen.history.health.card import BUCKET, Drift, Health, Item
from denizen.history.health.drift import find_drift
from denizen.history.health.settings import ADVISORY_SHARE, METHODOLOGY_SHARE, HealthOptions
from denizen.history.said import said_mql
from denizen.history.scored import SCORES, score_cohort
from denizen.history.stats import Estimate
from denizen.history.stats.intervals import numpy
from denizen.model.durations import DAY_US
from denizen.model.size import size_of
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from denizen.history.backtest.result import Backtest
    from denizen.history.cohort import History
    from denizen.history.decisions import Decisions
    from denizen.history.design import Design
    from denizen.history.funnel import Funnel
    from denizen.history.grades import Color, Scale
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

EARLY_DAYS, MONTH, QUARTER, YEAR = 90, 31, 92, 365


def run_health(
    model: LoadedModel,
    data: Data,
    design: Design,
    options: HealthOptions | None = None,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Health:
    """Return the health card of a model (methodology, section 3).

    Raises:
        DenizenError: there are no outcomes, nobody can be judged, or data or engine cannot be used.
    """
    numpy()
    options = options or HealthOptions()
    judged = run_backtest([model], data, design, known=known, engine=engine, progress=progress)
    tables = tables_of([options.mql] if options.mql else [], models=[model], dated=data.attributes_history is not None)
    with open_history(data, design, tables=tables, known=known, progress=progress) as history:
        score_cohort(history, model, engine=engine, progress=progress)
        funnel = add_funnel(history, SCORES)
        progress("looking for drift")
        drift = find_drift(history, model, engine, progress)
        items = (
            *_of_pqls(judged, funnel, options),
            *_of_sales(judged, funnel, judge_decisions(history, model, engine=engine, progress=progress)),
            _mql(history, funnel, options),
            *_of_scores(judged, funnel),
            _criteria(model, options),
            _drift_item(drift, funnel),
            _recalibration(options, history.cohort.observed_until_us),
        )
        buckets = _buckets(funnel)
        notes = (*judged.notes, _divided_by(history, design), *_notes(options), *_disagreements(items))
        return Health(
            model.name, model.fingerprint, items, drift, buckets, notes, design, history.cohort, judged.accounting
        )


def _item(name: str, title: str, unit: str, found: Estimate, n: int, scale: Scale, good: str) -> Item:
    color, advice = scale.judge(found)
    return Item(name, title, unit, found, n, color, good, advice)


def _lacking(name: str, title: str, unit: str, good: str, needs: str) -> Item:
    return Item(name, title, unit, None, 0, "not known", good, f"needs {needs}")


def _of_pqls(judged: Backtest, funnel: Funnel, options: HealthOptions) -> Iterator[Item]:
    found = judged.models[0].judged
    low, high = options.pql_share
    good = f"{low:.0%} to {high:.0%} of leads"
    scale = benchmarks.pql_share(options.pql_share)
    yield _item("pql_share", "Leads that are PQLs", "share", found.share, len(funnel.pql), scale, good)
    title, good = "PQLs that become an opportunity", "25 to 40 %"
    if "opportunity" in funnel.recorded:
        rate = funnel.share(funnel.opportunity, funnel.pql)
        yield _item("pql_to_opportunity", title, "share", rate, int(funnel.pql.sum()), benchmarks.OPPORTUNITY, good)
    else:
        yield _lacking("pql_to_opportunity", title, "share", good, "outcome rows `opportunity`")
    group = found.pql.group
    if not group.won and not found.pql.others.won:
        needs = "conversions: none of the leads judged converted within the horizon"
        yield _lacking("pql_to_won", "PQLs that are won", "share", "15 to 30 %", needs)
        yield _lacking("pql_lift", "PQLs against the rest", "ratio", "2 times and more", needs)
        return
    yield _item("pql_to_won", "PQLs that are won", "share", group.rate, group.n, benchmarks.WON, "15 to 30 %")
    yield _item(
        "pql_lift", "PQLs against the rest", "ratio", found.pql.lift, group.n, benchmarks.LIFT, "2 times and more"
    )


def _of_sales(judged: Backtest, funnel: Funnel, decisions: Decisions) -> Iterator[Item]:
    title, good = "PQLs that sales accepts", "more than 70 %"
    if funnel.recorded & {"accepted", "rejected"}:
        found, decided = decisions.acceptance, decisions.on_pqls
        yield _item("acceptance", title, "share", found, decided, benchmarks.ACCEPTANCE, good)
    else:
        yield _lacking("acceptance", title, "share", good, "outcome rows `accepted` and `rejected`")
    watched = judged.models[0].watched
    title, good = "Won leads that were ever a PQL before", "more than 40 %"
    yield _item("won_through_pql", title, "share", watched.ever_pql, watched.deals, benchmarks.WON_THROUGH_PQL, good)


def _mql(history: History, funnel: Funnel, options: HealthOptions) -> Item:
    title, good = "PQLs against MQLs that are no PQLs", "2 times and more"
    if options.mql is None:
        return _lacking(
            "pql_to_mql_lift", title, "ratio", good, "an attribute that says who is an MQL (--mql ATTRIBUTE)"
        )
    mql = said_mql(history, options.mql) & ~funnel.pql
    judged = funnel.opportunities() if "opportunity" in funnel.recorded else funnel
    return _item(
        "pql_to_mql_lift", title, "ratio", judged.sample.lift(funnel.pql, mql), int(mql.sum()), benchmarks.LIFT, good
    )


def _of_scores(judged: Backtest, funnel: Funnel) -> Iterator[Item]:
    found = judged.models[0].judged
    top, quarter = found.top_share, found.quartiles
    yield _item(
        "top_fifth",
        "Top 20 % against the rest",
        "ratio",
        top.lift,
        top.group.n,
        benchmarks.TOP_FIFTH,
        "2 times and more",
    )
    title = "Top quarter against the bottom quarter"
    yield _item("quartiles", title, "ratio", quarter.lift, quarter.group.n, benchmarks.QUARTILES, "above 1")
    everyone = numpy().ones(len(funnel.pql), dtype=bool)
    at_zero = funnel.share(funnel.behavior == 0, everyone)
    rows = len(funnel.pql)
    yield _item("at_zero", "Leads with behavior 0", "share", at_zero, rows, benchmarks.CLUSTER, "below 20 %")
    highest = float(funnel.behavior.max()) if rows else 0.0
    capped = (funnel.behavior == highest) & (funnel.behavior > 0)
    title = f"Leads at the highest behavior ({highest:g})"
    yield _item("at_cap", title, "share", funnel.share(capped, everyone), rows, benchmarks.CLUSTER, "below 20 %")


def _criteria(model: LoadedModel, options: HealthOptions) -> Item:
    low, high = options.criteria
    count = size_of(model.spec).total
    exact = Estimate(float(count), float(count), float(count))
    good = f"{low} to {high}" + (f" for {options.approach}" if options.approach else "")
    return _item("criteria", "Criteria of the model", "count", exact, count, benchmarks.criteria((low, high)), good)


def _drift_item(drift: tuple[Drift, ...], funnel: Funnel) -> Item:
    moved = [d for d in drift if d.drifted]
    count = float(len(moved))
    title, good = "Criteria that fire more or less often than before", "none"
    found = Estimate(count, count, count)
    if not drift:
        return Item("drift", title, "count", None, 0, "not known", good, "needs leads judged at two times")
    if not moved:
        return Item("drift", title, "count", found, len(funnel.pql), "good", good, "keep it")
    names = ", ".join(d.label for d in moved)
    color: Color = "red flag" if len(moved) * 2 >= len(drift) else "warning"
    advice = f"see whether tracking, the product or the leads changed: {names}; then recalibrate"
    return Item("drift", title, "count", found, len(funnel.pql), color, good, advice)


def _recalibration(options: HealthOptions, now_us: int) -> Item:
    title = "Days since the model was recalibrated"
    good = "monthly in the first 90 days, quarterly after"
    last = options.recalibrated_us if options.recalibrated_us is not None else options.launched_us
    if last is None:
        return _lacking(
            "recalibration", title, "days", good, "--launched or --recalibrated (or `health:` in denizen.yaml)"
        )
    days = max(0, (now_us - last) // DAY_US)
    launched = options.launched_us if options.launched_us is not None else last
    rhythm = MONTH if options.launched_us is not None and last - launched < EARLY_DAYS * DAY_US else QUARTER
    found = Estimate(float(days), float(days), float(days))
    color: Color = "good" if days <= rhythm else "warning" if days < YEAR else "red flag"
    due = iso(last + rhythm * DAY_US)[:10]
    advice = f"due by {due}" if color == "good" else f"was due on {due}: run `denizen calibrate`"
    return Item("recalibration", title, "days", found, 1, color, good, advice)


def _buckets(funnel: Funnel) -> tuple[tuple[int, int], ...]:
    np = numpy()
    lows: Any = np.floor(funnel.total / BUCKET).astype(int) * BUCKET
    if not len(lows):
        return ()
    span = range(int(lows.min()), int(lows.max()) + BUCKET, BUCKET)
    return tuple((low, int((lows == low).sum())) for low in span)


def _divided_by(history: History, design: Design) -> str:
    """Return whom the shares divide by, and why another command says otherwise."""
    when = "as of each date" if design.at_us is None else "at the same age"
    rows = "rows" if design.at_us is None else "leads"
    return (
        f"Shares are of the {history.cohort.rows:,} {rows} judged, each {when}, with a full horizon behind it. `denizen score` scores"
        " everyone in the data at one instant, also leads long idle or not signed up yet, so its share of PQLs is another."
    )


def _notes(options: HealthOptions) -> Iterator[str]:
    low, high = options.pql_share
    mine = f"{low:.0%} to {high:.0%}"
    if options.pql_share in (METHODOLOGY_SHARE, ADVISORY_SHARE):
        yield (
            f"The methodology asks for 5 to 15 % of leads as PQLs, the advisory document for 10 to 20 %; graded here by {mine}."
            " Choose with --pql-share or `health: {pql_share: […]}` in denizen.yaml."
        )
    else:
        yield f"The share of PQLs is graded by your own range, {mine}; below 3 % and above 25 % stay red flags."


def _disagreements(items: tuple[Item, ...]) -> Iterator[str]:
    """Yield where the documents disagree about what was graded."""
    known = {i.item for i in items if i.found is not None}
    yield from (words for item, words in benchmarks.DISAGREEMENTS.items() if item in known)
