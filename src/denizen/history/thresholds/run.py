"""Find thresholds: score the cohort once, choose on the earlier leads, report on the later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.as_known import as_now
from denizen.history.cohort import open_history
from denizen.history.eligible import with_open_gates
from denizen.history.scored import SCORES, score_cohort
from denizen.history.stats.intervals import numpy
from denizen.history.thresholds.choice import choose, frontier, target_of
from denizen.history.thresholds.grid import Marks, grid_of
from denizen.history.thresholds.groups import groups_of, split_of, target_for
from denizen.history.thresholds.result import Option, Price, Suggestion, Thresholds
from denizen.history.timesplit import require_landmark, split_cohort
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.history.stats import Estimate
    from denizen.history.thresholds.choice import Target
    from denizen.history.thresholds.grid import Gates
    from denizen.history.thresholds.groups import Group
    from denizen.history.timesplit import Side, TimeSplit
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

ENOUGH_WON = 20
"""With fewer conversions on either side nothing is chosen."""


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
    with open_history(data, design, models=[model], known=known, progress=progress) as history:
        history.require_cohort()
        split = split_cohort(history, split_at_us)
        score_cohort(history, model, engine=engine, progress=progress)
        score_cohort(history, with_open_gates(model), table="eligible", engine=engine, progress=progress)
        progress("weighing gates")
        marks, plan_no = _marks(history)
        groups = groups_of(model, plan_no)
        own, *segments = (suggest(group, marks, split, target) for group in groups)
        return Thresholds(
            model=model.name,
            model_hash=model.fingerprint,
            own=own,
            segments=tuple(segments),
            together=_together(groups, (own, *segments), marks, split),
            notes=tuple(_notes(history, model, marks, segments)),
            design=design,
            cohort=history.cohort,
            accounting=history.accounting,
        )


def suggest(group: Group, marks: Marks, whole: TimeSplit, target: Target) -> Suggestion:
    """Choose gates on the earlier leads of a group, if it has enough conversions."""
    split = split_of(whole, group.rows)
    earlier, written = split.earlier, group.written
    target = target_for(target, earlier.leads / whole.earlier.leads)
    enough = min(earlier.won, split.later.won) >= ENOUGH_WON
    grid = grid_of(marks.of(earlier.rows), earlier.sample.won, written)
    chosen = choose(grid, target, earlier.weeks, written) if enough else None
    option = None if chosen is None else _option(split, marks.passing(chosen), chosen)
    return Suggestion(
        segment=group.segment,
        verdict="too little data" if not enough else "out of reach" if option is None else "suggestion",
        target=target,
        written=written,
        current=_option(split, marks.pql, None),
        chosen=option,
        frontier=tuple(_option(split, marks.passing(g), g) for g in frontier(grid, written)),
        differences={} if chosen is None else _differences(split.later, marks, chosen),
        split=split,
    )


def _together(
    groups: Sequence[Group], found: Sequence[Suggestion], marks: Marks, split: TimeSplit
) -> tuple[Option, Option | None]:
    """Return what all gates bring over all leads: as they stand, and with each suggestion in its place."""
    now = _option(split, marks.pql, None)
    if all(s.gates is None for s in found):
        return now, None
    qualify = marks.pql.copy()
    for group, suggestion in zip(groups, found, strict=True):
        if suggestion.gates is not None:
            qualify[group.rows] = marks.passing(suggestion.gates)[group.rows]
    return now, _option(split, qualify, None)


def _marks(history: History) -> tuple[Marks, Any]:
    """Return the scores of all leads, and the plan that counts for each."""
    found = history.connection.execute(
        "SELECT scored.total, scored.fit, scored.behavior, eligible.pql AS eligible, scored.pql, scored.plan_no"
        f" FROM cohort JOIN {SCORES} AS scored USING (g) JOIN eligible USING (g) ORDER BY cohort.g"
    ).fetchnumpy()
    np = numpy()
    numbers = (np.asarray(found[c], dtype=float) for c in ("total", "fit", "behavior"))
    marks = Marks(*numbers, *(np.asarray(found[c], dtype=bool) for c in ("eligible", "pql")))
    return marks, np.asarray(found["plan_no"], dtype=np.int64)


def _option(split: TimeSplit, qualify: Any, gates: Gates | None) -> Option:
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
    """Compare the suggested with the current gates on the same leads."""
    own, other, won = marks.passing(gates)[later.rows], marks.pql[later.rows], later.sample.won

    def counts(rows: Any) -> tuple[int, int]:
        return int((rows & won).sum()), int(rows.sum())

    both, gained, lost = counts(own & other), counts(own & ~other), counts(other & ~own)
    return {
        "share": stats.paired_shares(gained[1], lost[1], later.leads),
        "precision": stats.paired_rates(both, gained, lost),
        "recall": stats.paired_shares(gained[0], lost[0], later.won),
        "beyond chance": stats.paired_beyond(
            (gained[0], lost[0], later.won), (gained[1] - gained[0], lost[1] - lost[0], later.leads - later.won)
        ),
    }


def _notes(history: History, model: LoadedModel, marks: Marks, segments: Sequence[Suggestion]) -> Iterator[str]:
    out = int((~marks.eligible).sum())
    if out:
        yield f"{out:,} leads cannot qualify whatever the gates: disqualified, capped or short of a `require`."
    if segments:
        names = ", ".join(s.segment for s in segments)
        yield f"Segments with gates of their own, chosen on their own leads: {names}. All others share those of the file."
        if segments[0].target.aim == "capacity":
            yield "The capacity is parted by how many of the earlier leads each has."
        yield from (f"Segment {s.segment}: {_kept(s)}; its gates are kept." for s in segments if s.gates is None)
    if history.cohort.left_out.leads:
        yield f"{history.cohort.left_out.leads:,} leads are left out: {history.cohort.left_out.words()}."
    yield from as_now(history, model)


def _kept(found: Suggestion) -> str:
    if found.verdict == "out of reach":
        return f"no gates reach {found.target.words()} on its earlier leads"
    earlier, later = found.split.earlier.won, found.split.later.won
    return f"{earlier:,} conversions to choose on and {later:,} to judge on, at least {ENOUGH_WON} of each are needed"
