"""Calibrate a model: fit on the earlier leads, write the file, score it, judge it on the later ones."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.as_known import as_now
from denizen.history.calibrate.fit import fit_changes
from denizen.history.calibrate.propose import FEWEST_LEADS, Proposal, whole_points, within_scale
from denizen.history.calibrate.result import Calibration, Gain, Weighable
from denizen.history.cohort import open_history
from denizen.history.lines import score_lines
from denizen.history.scored import SCORES, score_cohort
from denizen.history.stats.intervals import numpy
from denizen.history.timesplit import require_landmark, split_cohort
from denizen.model.load import parse_model
from denizen.model.points import parts_of, with_points, written_points
from denizen.model.source import parse_yaml
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from denizen.history.calibrate.fit import Fitted
    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.history.timesplit import TimeSplit
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.model.points import Part, Written
    from denizen.scoring.run import Progress

ENOUGH_WON = 100
"""With fewer conversions nothing is fitted (methodology, edge case 1),"""
ENOUGH_LATER = 20
"""and with fewer than this among the later leads nothing is judged; nor is a segment or product fitted with fewer."""
_TELLS = ("holders", "leads with a burst", "idle leads")


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
        DenizenError: there are no outcomes, nobody can be judged, or data or engine cannot be used.
    """
    numpy()
    model = parse_model(text, file)
    require_landmark(design)
    with open_history(data, design, models=[model], known=known, progress=progress) as history:
        history.require_cohort()
        score_cohort(history, model, engine=engine, progress=progress)
        _score_criteria(history, model, engine, progress)
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
            weighable=_weighable(history, written_points(parse_yaml(text, file))),
            notes=tuple(_notes(history, parts_of(parse_yaml(text, file)), model)),
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
        progress("fitting")
        proposals = _proposals(history, split, text, file, flips=flips)
        return _judged(history, replace(whole, proposals=proposals), split, text, file, engine, progress)


def _score_criteria(history: History, model: LoadedModel, engine: str, progress: Progress) -> None:
    query = (
        "SELECT CAST(lead_id AS VARCHAR) AS lead, part, kind, line, points FROM ledger"
        " WHERE kind IN ('criterion', 'velocity', 'decay') AND points <> 0"
    )
    score_lines(history, model, query, table="criterion_lines", engine=engine, progress=progress)


def _weighable(history: History, written: tuple[Written, ...]) -> Weighable:
    """Return which criteria that give points hold for some lead judged, and which for none."""
    rows = history.connection.execute("SELECT DISTINCT part, line FROM criterion_lines WHERE kind = 'criterion'")
    held = set(rows.fetchall())
    giving = dict.fromkeys((w.part, w.criterion) for w in written if w.kind == "criterion" and w.points > 0)
    fed = dict.fromkeys(name for part, name in giving if (part, name) in held)
    return Weighable(tuple(fed), tuple(name for part, name in giving if name not in fed and (part, name) not in held))


def _proposals(history: History, split: TimeSplit, text: str, file: str, *, flips: bool) -> tuple[Proposal, ...]:
    np = numpy()
    source = parse_yaml(text, file)
    written, rows = written_points(source), split.earlier.rows
    plan_no = _column(history, "plan_no").astype(np.int64)
    holds, whose, won = _holds(history, written, plan_no)[rows], plan_no[rows], split.earlier.sample.won
    counts, hits = (holds != 0).sum(axis=0), ((holds != 0) & won[:, None]).sum(axis=0)
    thin = _thin(parts_of(source), whose, won)
    fixed = [
        w.fixed or _unidentified(w, thin) or _unsupported(int(n), _scored_by(w, whose))
        for w, n in zip(written, counts, strict=True)
    ]
    free = np.flatnonzero([not f for f in fixed])
    fitted = fit_changes(_column(history, "total")[rows], holds[:, free], won, whose)
    at = {int(column): i for i, column in enumerate(free)}
    found = tuple(
        _proposal(w, int(counts[i]), int(hits[i]), fixed[i], fitted, at.get(i), flips=flips)
        for i, w in enumerate(written)
    )
    for part in parts_of(source):
        for section, most in part.most.items():
            found = within_scale(found, section, most, part.plan)
    return tuple(
        p if p.changed or not p.reason.startswith(_TELLS) else replace(p, reason="no room within the scale")
        for p in found
    )


def _scored_by(written: Written, whose: Any) -> int:
    """Return how many leads the plans score that know these points."""
    return int(numpy().isin(whose, list(written.plans)).sum())


def _thin(parts: tuple[Part, ...], whose: Any, won: Any) -> dict[int, str]:
    """Return the plans that too few conversions stand for, with the reason."""
    if len(parts) == 1:
        return {}
    counts = [(part, int(won[whose == part.plan].sum())) for part in parts]
    return {
        part.plan: f"{part.name}: {count:,} earlier conversions, at least {ENOUGH_LATER} are needed"
        for part, count in counts
        if count < ENOUGH_LATER
    }


def _unidentified(written: Written, thin: dict[int, str]) -> str:
    """Return why data cannot tell these points: every plan that knows them is too thin."""
    if written.plans <= thin.keys():
        return "; ".join(thin[plan] for plan in sorted(written.plans))
    return ""


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
    points = whole_points(written.points, change, flips=flips and written.kind == "criterion")
    if points == written.points:
        return Proposal(written, points, leads, won, "no evidence for a change")
    more = (change > 0) != (written.kind == "decay")
    error = 2 * float(fitted.error[at])
    who = {"decay": "idle leads", "velocity": "leads with a burst"}.get(written.kind, "holders")
    reason = (
        f"{who} convert {'more' if more else 'less'} often than the points say ({change:+.1f} ± {error:.1f} points)"
    )
    warning = f"{written.name} changes its sign" if points * written.points < 0 else ""
    return Proposal(written, points, leads, won, reason, warning)


def _holds(history: History, written: tuple[Written, ...], plan_no: Any) -> Any:
    """Return by how much each lead's total rises with a point more: a row a lead, a column a place in the file.

    1 where a band holds and 0 where it does not; for a decay it is minus the periods, for a velocity the bursts.
    """
    np = numpy()
    found = history.connection.execute(
        "SELECT cohort.g - 1 AS row, part || '.' || kind || '.' || line AS line, points FROM criterion_lines"
        " JOIN cohort ON lead = CAST(cohort.lead_id AS VARCHAR)"
    ).fetchnumpy()
    lines = np.asarray(found["line"]).astype(str)
    rows, points = np.asarray(found["row"], dtype=np.int64), np.asarray(found["points"], dtype=float)
    holds = np.zeros((history.cohort.rows, len(written)))
    for column, w in enumerate(written):
        own = (lines == f"{w.part}.{w.kind}.{w.criterion}") & np.isin(plan_no[rows], list(w.plans))
        if w.kind == "criterion" and not w.fixed:
            own &= abs(points - w.points) < 1e-6  # noqa: PLR2004 - points have 6 decimals
        holds[rows[own], column] = 1.0 if w.kind == "criterion" or not w.points else points[own] / w.points
    return holds


def _column(history: History, name: str, table: str = SCORES) -> Any:
    found = history.connection.execute(f"SELECT {name} FROM {table} ORDER BY g").fetchnumpy()
    return numpy().asarray(found[name], dtype=float)


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
    before, after = _column(history, "total")[rows], _column(history, "total", "proposed")[rows]
    pql = history.connection.execute(f"SELECT pql FROM {SCORES} ORDER BY g").fetchnumpy()["pql"]
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


def _notes(history: History, parts: tuple[Part, ...], model: LoadedModel) -> list[str]:
    notes = [f"Segment {p.segment} is another file; calibrate that one by itself." for p in parts if p.elsewhere]
    if history.cohort.left_out.leads:
        notes.append(f"{history.cohort.left_out.leads:,} leads are left out: {history.cohort.left_out.words()}.")
    return [*notes, *as_now(history, model)]
