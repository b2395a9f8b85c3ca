"""Make a trust breakdown (methodology, edge case 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.errors import fail
from denizen.history import stats
from denizen.history.cohort import open_history
from denizen.history.decisions import Decisions, count_decisions, make_decisions
from denizen.history.funnel import TOUCHES, add_funnel
from denizen.history.lines import score_lines
from denizen.history.scored import SCORES, score_cohort
from denizen.history.stats.intervals import numpy
from denizen.history.trust.breakdown import Rejected, SharedLine, Trust
from denizen.scoring.run import IN_MEMORY, silent
from denizen.sql.literals import text

if TYPE_CHECKING:
    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.history.sample import Group
    from denizen.history.stats import Estimate
    from denizen.history.trust.breakdown import Verdict
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

SAMPLE = 20
SEED = 1
WORKS = 0.20
"""Contacted PQLs that convert at this rate are good leads,"""
FAILS = 0.15
"""and below this one they are not (methodology, edge case 4)."""
FEWEST = 20
"""Of fewer contacted PQLs nothing is said: at 20 the 95 % interval of a rate in the middle is 40 points of a hundred wide."""
WIDEST = 0.41
"""Nor where snapshots of few leads make an interval wider than that of 10 in 20 (0.402)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How many rejected PQLs to show, and the seed that chooses them."""

    sample: int = SAMPLE
    seed: int = SEED


def run_trust(
    model: LoadedModel,
    data: Data,
    design: Design,
    options: Options | None = None,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Trust:
    """Return the trust breakdown of a model.

    Raises:
        DenizenError: there are no outcomes of sales, nobody can be judged, or data or engine cannot be used.
    """
    numpy()
    options = options or Options()
    with open_history(data, design, models=[model], known=known, progress=progress) as history:
        history.require_cohort()
        _require_touches(history)
        score_cohort(history, model, engine=engine, progress=progress)
        funnel = add_funnel(history, SCORES)
        outcome = "opportunity" if "opportunity" in funnel.recorded else design.won
        judged = funnel.opportunities() if outcome == "opportunity" else funnel
        fresh = funnel.pql & ~funnel.touched_before
        contacted = judged.sample.group("contacted PQLs", fresh & funnel.touched)
        ignored = judged.sample.group("ignored PQLs", fresh & ~funnel.touched)
        verdict, why = judge(contacted, ignored, outcome)
        progress("looking at rejected PQLs")
        decisions = _decisions(history, model, engine, progress)
        lines = _lines(history) if decisions.rejected and decisions.accepted else ()
        return Trust(
            model=model.name,
            model_hash=model.fingerprint,
            verdict=verdict,
            why=why,
            outcome=outcome,
            contacted=contacted,
            ignored=ignored,
            lift=judged.sample.lift(fresh & funnel.touched, fresh & ~funnel.touched),
            followed_up=funnel.share(funnel.touched | funnel.touched_before, funnel.pql),
            acceptance=decisions.acceptance,
            decided=decisions.on_pqls,
            decided_below=decisions.below,
            lines=lines,
            sample=_sample(history, options),
            seed=options.seed,
            notes=tuple(_notes(history, decisions, int((funnel.pql & funnel.touched_before).sum()))),
            design=design,
            cohort=history.cohort,
            accounting=history.accounting,
        )


def judge(contacted: Group, ignored: Group, outcome: str) -> tuple[Verdict, str]:
    """Return whether it is adoption or the model, by the 20 % and 15 % of the methodology; never on a guess."""
    rate = contacted.rate
    if rate.value is None:
        return "too little data", "no PQL was contacted after it was judged, so nothing tells what they are worth"
    told = f"contacted PQLs reach {outcome} at {_percent(rate)}"
    if contacted.n < FEWEST or rate.high - rate.low > WIDEST:
        few = f"{contacted.n:,} contacted PQLs" if contacted.n < FEWEST else "so few leads"
        return "too little data", f"{told}, and {few} are too few for a verdict; wait for at least {FEWEST}"
    if rate.high < FAILS:
        return (
            "model problem",
            f"{told}, below 15 %: the signals do not map to buying intent; look at what rejected PQLs share",
        )
    if rate.low >= WORKS:
        if ignored.n and ignored.rate.high < rate.low:
            return (
                "adoption problem",
                (
                    f"{told}, 20 % and more, and {ignored.n:,} ignored ones at {_percent(ignored.rate)} drag the average down:"
                    " the leads are good where sales works them; pilot with 2 or 3 reps and show the results after 2 weeks"
                ),
            )
        beside = (
            f", and the {ignored.n:,} ignored ones ({_percent(ignored.rate)}) do not surely convert less"
            if ignored.n
            else ""
        )
        return "healthy", f"{told}, 20 % and more{beside}"
    if rate.low >= FAILS and rate.high < WORKS:
        return "between", f"{told}, between 15 and 20 %: tighten the gates a little and watch"
    return (
        "too little data",
        f"{told}, an interval that does not clear the 15 and 20 % of the methodology; wait for more",
    )


def _percent(found: Estimate) -> str:
    value = 0.0 if found.value is None else found.value
    return f"{100 * value:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f} %)"


def _require_touches(history: History) -> None:
    listed = ", ".join(text(t) for t in TOUCHES)
    found = history.connection.execute(f"SELECT count(*) FROM outcomes WHERE outcome IN ({listed})").fetchall()[0][0]
    if not found:
        message = "no outcome says what sales did; add rows `contacted`, `accepted` or `rejected` to the outcomes"
        raise fail("data-lacking", message)


def _decisions(history: History, model: LoadedModel, engine: str, progress: Progress) -> Decisions:
    """Make `decided` and `decision_lines`: each lead as it stood at the last decision, with its ledger."""
    connection = history.connection
    if not make_decisions(history):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE decided AS SELECT *, NULL AS fit, NULL AS behavior, NULL AS total FROM decisions"
        )
        return Decisions(0, 0, 0)
    query = (
        "SELECT CAST(scores.lead_id AS VARCHAR) AS lead, scores.fit, scores.behavior, scores.total, scores.pql,"
        " ledger.part, ledger.line || CASE ledger.kind WHEN 'recency' THEN ' (recent)' ELSE '' END AS line,"
        " ledger.kind, ledger.measure, ledger.points FROM scores JOIN ledger ON ledger.lead_id = scores.lead_id"
        " AND ledger.as_of = scores.as_of WHERE ledger.points <> 0 OR ledger.kind = 'limit'"
    )
    score_lines(history, model, query, table="decision_lines", rows="decisions", engine=engine, progress=progress)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE decided AS SELECT decisions.*, fit, behavior, total, pql FROM decisions JOIN"
        " (SELECT DISTINCT lead, fit, behavior, total, pql FROM decision_lines) ON lead = CAST(lead_id AS VARCHAR)"
    )
    return count_decisions(history, "decided")


def _lines(history: History) -> tuple[SharedLine, ...]:
    """Compare each line between rejected and accepted PQLs."""
    rows = history.connection.execute(
        "WITH sizes AS (SELECT count(*) FILTER (WHERE decision = 'rejected') AS r, count(*) FILTER (WHERE decision = 'accepted') AS a"
        " FROM decided WHERE pql)"
        " SELECT part, CASE WHEN kind <> 'criterion' AND (part, line) IN (SELECT (part, line) FROM decision_lines"
        " WHERE kind = 'criterion') THEN line || ' (' || kind || ')' ELSE line END AS line,"
        " count(*) FILTER (WHERE decision = 'rejected') AS rejected,"
        " count(*) FILTER (WHERE decision = 'accepted') AS accepted, any_value(r), any_value(a)"
        " FROM decided JOIN decision_lines ON lead = CAST(lead_id AS VARCHAR), sizes"
        " WHERE decided.pql AND points <> 0 AND kind <> 'limit' GROUP BY part, decision_lines.line, kind ORDER BY part DESC, decision_lines.line, kind"
    ).fetchall()
    counts: list[tuple[str, str, int, int, int, int]] = [
        (p, n, int(x), int(y), int(r), int(a)) for p, n, x, y, r, a in rows
    ]
    q_values = stats.benjamini_hochberg([stats.fisher_or_score(x, r, y, a) for _, _, x, y, r, a in counts])
    shared = [
        SharedLine(line, part, x, stats.rate(x, r), y, stats.rate(y, a), stats.lift(x, r, y, a), q)
        for (part, line, x, y, r, a), q in zip(counts, q_values, strict=True)
    ]
    return tuple(sorted(shared, key=lambda s: (not s.found, s.q, s.part, s.line)))


def _sample(history: History, options: Options) -> tuple[Rejected, ...]:
    """Return rejected PQLs, chosen by a hash of seed and lead, so that the same data gives the same ones."""
    connection = history.connection
    if not connection.execute("SELECT count(*) FROM decided").fetchall()[0][0]:
        return ()
    chosen = connection.execute(
        "SELECT lead_id, as_of_us, rep, fit, behavior, total FROM decided WHERE pql AND decision = 'rejected'"
        f" ORDER BY md5({text(str(options.seed))} || ':' || CAST(lead_id AS VARCHAR)), lead_id LIMIT {options.sample}"
    ).fetchall()
    return tuple(
        Rejected(lead, iso(int(at)), rep, fit, behavior, total, _ledger(connection, str(lead)))
        for lead, at, rep, fit, behavior, total in chosen
    )


def _ledger(connection: Any, lead: str) -> tuple[tuple[str, str, str | None, float], ...]:
    rows = connection.execute(
        f"SELECT part, line, measure, points FROM decision_lines WHERE lead = {text(lead)} AND points <> 0"
        " ORDER BY part DESC, points DESC, line"
    ).fetchall()
    return tuple((str(p), str(n), m, float(v)) for p, n, m, v in rows)


def _notes(history: History, decisions: Decisions, early: int) -> list[str]:
    notes = [
        "Contacted means contacted, accepted or rejected after the lead was judged and before anything came of it."
    ]
    if early:
        notes.append(
            f"{early:,} PQLs were contacted before they were judged: they count as followed up, and are in neither group."
        )
    if decisions.below:
        notes.append(
            f"{decisions.below:,} decisions were on leads that were no PQL then; they are left out of what lines share."
        )
    if not decisions.accepted or not decisions.rejected:
        notes.append("What rejected PQLs share needs outcome rows of both `accepted` and `rejected`.")
    if history.cohort.left_out.leads:
        notes.append(f"{history.cohort.left_out.leads:,} leads are left out: {history.cohort.left_out.words()}.")
    return notes
