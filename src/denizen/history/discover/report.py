"""A discovery as a report: the verdict, the picture of those who did against those who did not, the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.history.backtest.words import bounds, percent, ratio
from denizen.history.discover.result import NO_SIGNAL, SIGNAL
from denizen.report.charts import intervals
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from denizen.history.discover.choose import Chosen
    from denizen.history.discover.judge import Tested
    from denizen.history.discover.result import Discovery
    from denizen.history.stats import Estimate

COLUMNS = (
    "",
    "leads",
    "convert",
    "the others",
    "lift",
    "95 % interval",
    "q",
    "as active: odds",
    "95 % interval",
    "stable",
)


def report_of(discovery: Discovery) -> Report:
    """Return the report."""
    tone = {SIGNAL: "good", NO_SIGNAL: "plain"}.get(discovery.verdict, "warning")
    return Report(
        title=f"What predicts conversion: {discovery.design.words()}",
        verdict=Words(f"{discovery.verdict.capitalize()}: {discovery.why}.", tone),
        facts=(
            ("judged", f"{discovery.cohort.rows:,} leads"),
            ("base rate", f"{percent(discovery.cohort.base_rate)} ({discovery.cohort.won_rows:,} convert)"),
            ("candidates", f"{discovery.candidates:,}, {discovery.tests:,} of them with enough leads to test"),
        ),
        sections=tuple(_sections(discovery)),
        small_print=tuple(_small_print(discovery)),
    )


def _sections(discovery: Discovery) -> Iterator[Section]:
    if discovery.milestones:
        yield Section(
            "Milestones", [_picture(discovery.milestones), _table(discovery.milestones), *_merged(discovery.milestones)]
        )
    if discovery.attributes:
        yield Section("Attributes", list(_attributes(discovery)))
    if discovery.against:
        yield Section(
            "Signs against", [_picture(discovery.against), _table(discovery.against), *_merged(discovery.against)]
        )
    if discovery.only_activity:
        yield Section("Only activity", [_activity(discovery.only_activity)])
    if discovery.disagreements:
        yield Section("Where the rubric disagrees", [_rubric(discovery)])
    if discovery.leaks:
        yield Section("Leak warnings", [Words(f"{leak}.", "bad") for leak in discovery.leaks])


def _attributes(discovery: Discovery) -> Iterator[Words | Table | Chart]:
    if discovery.leaky:
        yield Words("Known today, may leak: these may have been filled in because of the outcome.", "warning")
    yield _picture(discovery.attributes)
    yield _table(discovery.attributes)
    yield from _merged(discovery.attributes)


def _picture(chosen: Sequence[Chosen]) -> Chart:
    rows: list[dict[str, Any]] = []
    for t in (c.tested for c in chosen):
        rows += [_point(t, "did", t.rate, t.n), _point(t, "did not", t.rate_without, t.others)]
    chart = intervals(rows, y="what", x="rate", color="who", percent=True, title="conversion")
    return Chart(chart, "Conversion of leads who did against those who did not, with 95 % intervals.")


def _point(t: Tested, who: str, rate: Estimate, n: int) -> dict[str, Any]:
    return {"what": t.candidate.words, "who": who, "rate": rate.value, "low": rate.low, "high": rate.high, "n": n}


def _table(chosen: Sequence[Chosen]) -> Table:
    note = "q: the share of false findings among all with a value up to it; as active: leads with as many sessions, who signed up about then, compared"
    return Table(COLUMNS, [_row(c.tested) for c in chosen], note)


def _row(t: Tested) -> list[Any]:
    odds = t.adjusted.odds
    lift = [ratio(t.lift.value), bounds(t.lift)]
    stable = "yes" if t.stable else "no"
    return [
        t.candidate.words,
        t.n,
        percent(t.rate.value),
        percent(t.rate_without.value),
        *lift,
        f"{t.q:.2g}",
        ratio(odds.value),
        bounds(odds),
        stable,
    ]


def _merged(chosen: Sequence[Chosen]) -> Iterator[Words]:
    for c in chosen:
        if c.same_as:
            yield Words(f"{c.tested.candidate.words} is of nearly the same leads as: {'; '.join(c.same_as)}.")
        if c.instead_of:
            yield Words(f"{c.tested.candidate.words} stands instead of {c.instead_of}.")
        if c.rivals:
            told = f"{c.tested.candidate.words} could as well be: {'; '.join(c.rivals)}"
            yield Words(f"{told}; these data cannot tell which.", "warning")


def _activity(tested: Sequence[Tested]) -> Table:
    rows = [[t.candidate.words, t.n, ratio(t.lift.value), bounds(t.lift), ratio(t.adjusted.odds.value),
             bounds(t.adjusted.odds)] for t in tested]  # fmt: skip
    note = "they look like milestones, but among leads about as active the difference may be chance"
    return Table(("", "leads", "lift", "95 % interval", "as active: odds", "95 % interval"), rows, note)


def _rubric(discovery: Discovery) -> Table:
    rows = [
        [d.criterion, f"{d.points:+g}", d.finding, ratio(d.lift.value), bounds(d.lift)] for d in discovery.disagreements
    ]
    return Table(("criterion", "points", "in the data", "lift", "95 % interval"), rows)


def _small_print(discovery: Discovery) -> Iterator[str]:
    yield from discovery.notes
    yield f"Observed until {iso(discovery.cohort.observed_until_us)}. Intervals are at 95 %."
    yield from discovery.accounting.told()
