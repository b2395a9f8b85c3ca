"""Find thresholds: score the cohort once, choose on the earlier leads, report on the later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.cohort import open_history
from denizen.history.eligible import with_open_gates
from denizen.history.scored import score_cohort
from denizen.history.stats.intervals import numpy
from denizen.history.thresholds.choice import choose, frontier, target_of
from denizen.history.thresholds.grid import Gates, Marks, grid_of
from denizen.history.thresholds.result import Option, Price, Thresholds
from denizen.history.timesplit import require_landmark, split_cohort
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.history.stats import Estimate
    from denizen.history.thresholds.choice import Target
    from denizen.history.timesplit import Side, TimeSplit
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

ENOUGH_WON = 20
"""With fewer conversions on either side nothing is chosen."""
DRAWS = 300


def run_thresholds(
    model: LoadedModel,
    data: Data,
    design: Design,
    target: Target | None = None,
    *,
    split_at_us: int | None = None,
    known: bool = False,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Thresholds:
    """Return the trade-off of a model's gates; `split_at_us` parts earlier from later signups.

    Raises:
        DenizenError: there are no outcomes, nobody can be judged, or data or engine cannot be used.
    """
    numpy()
    require_landmark(design)
    target = target or target_of()
    with open_history(data, design, known=known, progress=progress) as history:
        history.require_cohort()
        split = split_cohort(history, split_at_us)
        score_cohort(history, model, engine=engine, progress=progress)
        score_cohort(history, with_open_gates(model), table="eligible", engine=engine, progress=progress)
        progress("weighing gates")
        marks = _marks(history)
        written = model.spec.pql
        gates = Gates(float(written.total), float(written.fit), float(written.behavior))
        enough = min(split.earlier.won, split.later.won) >= ENOUGH_WON
        earlier = split.earlier
        grid = grid_of(marks.of(earlier.rows), earlier.sample.won, gates)
        chosen = choose(grid, target, earlier.weeks, gates) if enough else None
        option = None if chosen is None else _option(split, marks, chosen)
        return Thresholds(
            model=model.name,
            model_hash=model.fingerprint,
            verdict="too little data" if not enough else "out of reach" if option is None else "suggestion",
            target=target,
            written=gates,
            current=_option(split, marks, None),
            chosen=option,
            frontier=tuple(_option(split, marks, g) for g in frontier(grid, gates)),
            differences={} if chosen is None else _differences(split.later, marks, chosen),
            split=split,
            notes=tuple(_notes(history, model, marks)),
            design=design,
            cohort=history.cohort,
            accounting=history.accounting,
        )


def _marks(history: History) -> Marks:
    found = history.connection.execute(
        "SELECT scored.total, scored.fit, scored.behavior, eligible.pql AS eligible, scored.pql"
        " FROM cohort JOIN scored USING (g) JOIN eligible USING (g) ORDER BY cohort.g"
    ).fetchnumpy()
    np = numpy()
    numbers = (np.asarray(found[c], dtype=float) for c in ("total", "fit", "behavior"))
    return Marks(*numbers, *(np.asarray(found[c], dtype=bool) for c in ("eligible", "pql")))


def _option(split: TimeSplit, marks: Marks, gates: Gates | None) -> Option:
    qualify = marks.pql if gates is None else marks.passing(gates)
    return Option(gates, *(_price(side, qualify[side.rows]) for side in (split.earlier, split.later)))


def _price(side: Side, qualify: Any) -> Price:
    won, n = side.sample.won, int(qualify.sum())
    hits = int((won & qualify).sum())
    return Price(
        n,
        hits,
        n / side.weeks,
        stats.rate(n, side.leads),
        stats.rate(hits, n),
        stats.rate(hits, side.won),
    )


def _differences(later: Side, marks: Marks, gates: Gates) -> dict[str, Estimate]:
    """Compare the suggested with the current gates on the same leads, by a bootstrap over them."""
    np = numpy()
    own, other = marks.passing(gates)[later.rows], marks.pql[later.rows]
    won = later.sample.won
    counts = np.stack([own, won & own, other, won & other, won, np.ones(len(won))]).astype(float)

    def gaps(weights: Any) -> Any:
        n, hits, n0, hits0, all_won, leads = counts @ weights
        with np.errstate(divide="ignore", invalid="ignore"):
            return [(n - n0) / leads, hits / n - hits0 / n0, (hits - hits0) / all_won]

    found = stats.bootstrap(len(won), gaps, resamples=DRAWS)
    return dict(zip(("share", "precision", "recall"), found, strict=True))


def _notes(history: History, model: LoadedModel, marks: Marks) -> Iterator[str]:
    out = int((~marks.eligible).sum())
    if out:
        yield f"{out:,} leads cannot qualify whatever the gates: disqualified, capped or short of a `require`."
    own = [s.name for s in model.segments if s.spec.pql != model.spec.pql]
    if own:
        yield (
            f"Segments with gates of their own: {', '.join(own)}. The current model is judged with them; the gates suggested"
            " are one set for everyone."
        )
    if history.cohort.left_out.leads:
        yield f"{history.cohort.left_out.leads:,} leads are left out: {history.cohort.left_out.words()}."
    if history.data.attributes_history is None:
        yield "Attributes are taken as they are now; --attributes-history gives them as known then."
