"""Run a discovery: make the cohort, count every candidate, test all at once, keep what holds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.errors import fail
from denizen.history.backtest.leaks import event_leaks
from denizen.history.cohort import open_history, tables_of
from denizen.history.discover.candidates import candidates, everyone
from denizen.history.discover.choose import choose
from denizen.history.discover.columns import columns_of
from denizen.history.discover.features import MOST_EVENTS, SUPPORT, make_features
from denizen.history.discover.judge import FALSE_SHARE, judge
from denizen.history.discover.result import NO_SIGNAL, SIGNAL, TOO_LITTLE, Discovery
from denizen.history.discover.rubric import disagreements
from denizen.history.stats.intervals import numpy
from denizen.plan.build import build_program
from denizen.plan.needs import counts_event
from denizen.scoring.run import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.cohort import Cohort, History
    from denizen.history.design import Design
    from denizen.history.discover.choose import Chosen
    from denizen.history.discover.judge import Tested
    from denizen.history.discover.result import Disagreement
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

ENOUGH_WON = 20
"""With fewer conversions, or fewer leads without one, nothing is tested."""
SHOWN = 10


def run_discover(
    data: Data,
    design: Design,
    *,
    model: LoadedModel | None = None,
    known: bool = False,
    progress: Progress = silent,
) -> Discovery:
    """Find which actions predict conversion; with a model, also where its points disagree.

    Raises:
        DenizenError: there are no outcomes, nobody can be judged, or data cannot be read.
    """
    numpy()
    if design.at_us is None:
        raise fail("bad-argument", "discover judges each lead once; give --at, not --every")
    progress("looking for columns")
    tables = tables_of(*columns_of(data), order=True)
    with open_history(data, design, tables=tables, known=known, progress=progress) as history:
        history.require_cohort()
        tested: list[Tested] = []
        count = 0
        chosen: list[Chosen] = []
        if _enough(history.cohort):
            progress("counting what leads did")
            make_features(history)
            found = list(candidates(history))
            count = len(found)
            progress("testing")
            tested = judge(found, everyone(history))
            chosen = choose(history, tested)
        counted = None if model is None else counts_event(*build_program(model).plans)
        against = () if model is None else disagreements(model, chosen)
        verdict, why = _verdict(history.cohort, len(tested), chosen)
        return Discovery(
            verdict=verdict,
            why=why,
            design=design,
            cohort=history.cohort,
            tests=len(tested),
            candidates=count,
            milestones=tuple(c for c in chosen if c.tested.upward and c.tested.candidate.kind != "attribute"),
            attributes=tuple(c for c in chosen if c.tested.candidate.kind == "attribute"),
            against=tuple(c for c in chosen if not c.tested.upward and c.tested.candidate.kind != "attribute"),
            only_activity=_only_activity(tested),
            disagreements=against,
            leaky=data.attributes_history is None,
            leaks=tuple(leak for leak, _ in event_leaks(history, counted)),
            notes=(*_of_model(model, against), *_notes(history)),
            accounting=history.accounting,
        )


def _of_model(model: LoadedModel | None, against: tuple[Disagreement, ...]) -> Iterator[str]:
    """Yield that a model was compared, where nothing else would tell."""
    if model is not None and not against:
        yield f"No points of {model.name} for an event have the other sign than a finding on it."


def _enough(cohort: Cohort) -> bool:
    return min(cohort.won_rows, cohort.rows - cohort.won_rows) >= ENOUGH_WON


def _verdict(cohort: Cohort, tests: int, chosen: list[Chosen]) -> tuple[str, str]:
    if not _enough(cohort):
        return TOO_LITTLE, (
            f"{cohort.won_rows:,} of {cohort.rows:,} leads convert;"
            f" at least {ENOUGH_WON} with and {ENOUGH_WON} without a conversion are needed"
        )
    if not tests:
        return (
            TOO_LITTLE,
            f"no candidate has {SUPPORT} leads who have it and {SUPPORT} who have not, so nothing was tested",
        )
    if not chosen:
        return NO_SIGNAL, f"none of {tests:,} candidates tells who converts, beyond chance and mere activity"
    up = sum(c.tested.upward and c.tested.candidate.kind != "attribute" for c in chosen)
    return SIGNAL, (
        f"{up} milestone{'s' * (up != 1)} and {len(chosen) - up} other sign{'s' * (len(chosen) - up != 1)}"
        f" hold up among {tests:,} candidates"
    )


def _only_activity(tested: list[Tested]) -> tuple[Tested, ...]:
    """Return the strongest candidate of each event that looks like a finding only because active leads do more of all."""
    best: dict[str, Tested] = {}
    real = {t.candidate.event for t in tested if t.found and t.candidate.kind == "count"}
    for t in sorted((t for t in tested if t.candidate.kind == "count"), key=lambda t: (t.p, t.candidate.simplicity)):
        if t.q <= FALSE_SHARE and t.candidate.event not in real:
            best.setdefault(t.candidate.event, t)
    return tuple(best.values())[:SHOWN]


def _notes(history: History) -> list[str]:
    notes = []
    left_out = history.cohort.left_out
    if left_out.leads:
        notes.append(f"{left_out.leads:,} leads are left out: {left_out.words()}.")
    if history.data.attributes_history is None and history.tables.attributes:
        notes.append(
            "Attributes are as they are known today, not as they were then, and may leak the outcome;"
            " --attributes-history gives them as known then."
        )
    if _events_left_out(history):
        notes.append(f"Only the {MOST_EVENTS} events that most leads have done are looked at.")
    notes.append(
        "These are leads who did it, not leads who were made to: a milestone predicts; only a test shows a cause."
    )
    return notes


def _events_left_out(history: History) -> bool:
    if not _enough(history.cohort):
        return False
    [(count,)] = history.connection.execute("SELECT count(*) FROM names").fetchall()
    return bool(count >= MOST_EVENTS)
