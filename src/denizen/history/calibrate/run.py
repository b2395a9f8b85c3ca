"""Calibrate a model: fit on the earlier leads, write the file, score it, judge it on the later ones."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from denizen.errors import fail
from denizen.history import stats
from denizen.history.calibrate.fit import fit_changes
from denizen.history.calibrate.propose import FEWEST_LEADS, Proposal, whole_points, within_scale
from denizen.history.calibrate.result import Calibration, Gain
from denizen.history.cohort import open_history
from denizen.history.lines import score_lines
from denizen.history.scored import score_cohort
from denizen.history.stats.intervals import numpy
from denizen.history.timesplit import require_landmark, split_cohort
from denizen.model.load import parse_model
from denizen.model.points import with_points, written_points
from denizen.model.source import parse_yaml
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from denizen.history.calibrate.fit import Fitted
    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.history.timesplit import TimeSplit
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.model.points import Written
    from denizen.scoring.run import Progress

ENOUGH_WON = 100
"""With fewer conversions nothing is fitted (methodology, edge case 1),"""
ENOUGH_LATER = 20
"""and with fewer than this among the later leads nothing is judged."""


def run_calibrate(
    text: str,
    file: str,
    data: Data,
    design: Design,
    *,
    flips: bool = False,
    split_at_us: int | None = None,
    known: bool = False,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Calibration:
    """Return other points for the model file `text`, or why there are none.

    Args:
        text: a model file; its comments and layout are kept.
        file: its name, for messages and other files beside it.
        data: where leads, accounts, events and outcomes are.
        design: when leads are judged; a landmark.
        flips: points may change their sign.
        split_at_us: fit on signups before, judge on those after.
        known: an event counts only once it had been received.
        engine: URL of the engine.
        progress: told what is being done.

    Raises:
        DenizenError: the model has segments or products, there are no outcomes, nobody can be judged, or data or engine
            cannot be used.
    """
    numpy()
    model = parse_model(text, file)
    require_landmark(design)
    if model.segments or model.spec.products:
        raise fail("bad-argument", f"{file}: a model with segments or products cannot be calibrated as one", file=file)
    with open_history(data, design, known=known, progress=progress) as history:
        history.require_cohort()
        whole = Calibration(
            model=model.name,
            model_hash=model.fingerprint,
            verdict="too little data",
            why="",
            proposals=(),
            gain=None,
            text=None,
            diff="",
            split=None,
            notes=tuple(_notes(history)),
            design=design,
            cohort=history.cohort,
            accounting=history.accounting,
        )
        won = history.cohort.won_leads
        if won < ENOUGH_WON:
            return replace(whole, why=f"{won:,} conversions, at least {ENOUGH_WON} are needed to tell criteria apart")
        split = split_cohort(history, split_at_us)
        whole = replace(whole, split=split)
        if split.later.won < ENOUGH_LATER or split.earlier.won < ENOUGH_LATER:
            return replace(
                whole,
                why=f"{split.earlier.won:,} conversions to fit on and {split.later.won:,} to judge on,"
                f" at least {ENOUGH_LATER} of each are needed",
            )
        score_cohort(history, model, engine=engine, progress=progress)
        _score_criteria(history, model, engine, progress)
        progress("fitting")
        proposals = _proposals(history, model, split, text, file, flips=flips)
        return _judged(history, replace(whole, proposals=proposals), split, text, file, engine, progress)


def _score_criteria(history: History, model: LoadedModel, engine: str, progress: Progress) -> None:
    query = "SELECT CAST(lead_id AS VARCHAR) AS lead, part, line, points FROM ledger WHERE kind = 'criterion' AND points <> 0"
    score_lines(history, model, query, table="criterion_lines", engine=engine, progress=progress)


def _proposals(
    history: History, model: LoadedModel, split: TimeSplit, text: str, file: str, *, flips: bool
) -> tuple[Proposal, ...]:
    np = numpy()
    written = written_points(parse_yaml(text, file))
    holds = _holds(history, written)[split.earlier.rows]
    won = split.earlier.sample.won
    counts, hits = holds.sum(axis=0), (holds & won[:, None]).sum(axis=0)
    fixed = [w.fixed or _unsupported(int(n), len(won)) for w, n in zip(written, counts, strict=True)]
    free = np.flatnonzero([not f for f in fixed])
    total = _totals(history, "scored")[split.earlier.rows]
    fitted = fit_changes(total, holds[:, free].astype(float), won)
    at = {int(column): i for i, column in enumerate(free)}
    found = tuple(
        _proposal(w, int(counts[i]), int(hits[i]), fixed[i], fitted, at.get(i), flips=flips)
        for i, w in enumerate(written)
    )
    fit_max, behavior_max = model.spec.fit.max, model.spec.behavior.max
    found = within_scale(found, "fit", float(fit_max))
    found = within_scale(found, "behavior", None if behavior_max is None else float(behavior_max))
    return tuple(
        p if p.changed or not p.reason.startswith("holders") else replace(p, reason="no room within the scale")
        for p in found
    )


def _unsupported(leads: int, everyone: int) -> str:
    if leads < FEWEST_LEADS:
        return f"fewer than {FEWEST_LEADS} leads hold it"
    return f"fewer than {FEWEST_LEADS} leads do not hold it" if everyone - leads < FEWEST_LEADS else ""


def _proposal(
    written: Written, leads: int, won: int, fixed: str, fitted: Fitted, at: int | None, *, flips: bool
) -> Proposal:
    if fixed or at is None:
        return Proposal(written, written.points, leads, won, fixed)
    if fitted.scale is None:
        return Proposal(written, written.points, leads, won, "the total does not rank leads, so points have no scale")
    change = float(fitted.change[at])
    points = whole_points(written.points, change, flips=flips)
    if points == written.points:
        return Proposal(written, points, leads, won, "no evidence for a change")
    way = "more" if change > 0 else "less"
    error = 2 * float(fitted.error[at])
    reason = f"holders convert {way} often than the points say ({change:+.1f} ± {error:.1f} points)"
    warning = f"{written.name} changes its sign" if points * written.points < 0 else ""
    return Proposal(written, points, leads, won, reason, warning)


def _holds(history: History, written: tuple[Written, ...]) -> Any:
    """Return which lead got which points: a row a lead of the cohort, a column a place in the file."""
    np = numpy()
    found = history.connection.execute(
        "SELECT cohort.g - 1 AS row, part || '.' || line AS line, points FROM criterion_lines"
        " JOIN cohort ON lead = CAST(cohort.lead_id AS VARCHAR)"
    ).fetchnumpy()
    lines = np.asarray(found["line"]).astype(str)
    rows, points = np.asarray(found["row"], dtype=np.int64), np.asarray(found["points"], dtype=float)
    holds = np.zeros((history.cohort.rows, len(written)), dtype=bool)
    for column, w in enumerate(written):
        own = (lines == f"{w.part}.{w.criterion}") & ((abs(points - w.points) < 1e-6) | (w.fixed != ""))  # noqa: PLR2004 - points have 6 decimals
        holds[rows[own], column] = True
    return holds


def _totals(history: History, table: str) -> Any:
    found = history.connection.execute(f"SELECT total FROM {table} ORDER BY g").fetchnumpy()
    return numpy().asarray(found["total"], dtype=float)


def _judged(
    history: History, found: Calibration, split: TimeSplit, text: str, file: str, engine: str, progress: Progress
) -> Calibration:
    changes = {place: int(p.points) for p in found.changes for place in p.written.places}
    if not changes:
        return replace(found, verdict="no evidence", why="no points differ surely from what outcomes say")
    changed = with_points(text, file, changes)
    if changed is None:
        return replace(found, verdict="no evidence", why="points shared by an anchor cannot be changed one by one")
    score_cohort(history, parse_model(changed, file), table="proposed", engine=engine, progress=progress)
    gain = _gain(history, split)
    gap = gain.auc_difference
    found = replace(
        found, gain=gain, notes=(*found.notes, *[f"warning: {p.warning}." for p in found.changes if p.warning])
    )
    told = f"AUC on the later leads {gap.value or 0:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})"
    if gap.low <= 0:
        return replace(found, verdict="no evidence", why=f"{told}, an interval that includes no change")
    count = len(found.changes)
    why = f"{count} change{'s' * (count != 1)} of points, {told}; look at the gates next (denizen thresholds)"
    return replace(found, verdict="proposal", why=why, text=changed, diff=_diff(text, changed, file))


def _gain(history: History, split: TimeSplit) -> Gain:
    np = numpy()
    rows, sample = split.later.rows, split.later.sample
    before, after = _totals(history, "scored")[rows], _totals(history, "proposed")[rows]
    pql = history.connection.execute("SELECT pql FROM scored ORDER BY g").fetchnumpy()["pql"]
    volume = int(np.asarray(pql, dtype=bool)[rows].sum()) or max(1, len(before) // 10)
    tops = [_top(total, volume) for total in (before, after)]
    return Gain(
        auc_before=stats.auc(sample.won, before),
        auc_after=stats.auc(sample.won, after),
        auc_difference=stats.auc_difference(sample.won, after, before),
        volume=volume,
        lift_before=sample.lift(tops[0], ~tops[0]),
        lift_after=sample.lift(tops[1], ~tops[1]),
    )


def _top(total: Any, volume: int) -> Any:
    np = numpy()
    top = np.zeros(len(total), dtype=bool)
    top[np.argsort(-total, kind="stable")[:volume]] = True
    return top


def _diff(before: str, after: str, file: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), file, f"{file} (calibrated)", n=1
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _notes(history: History) -> list[str]:
    notes = []
    if history.cohort.left_out.leads:
        notes.append(f"{history.cohort.left_out.leads:,} leads are left out: {history.cohort.left_out.words()}.")
    if history.data.attributes_history is None:
        notes.append("Attributes are taken as they are now; --attributes-history gives them as known then.")
    return notes
