"""Thresholds as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.history.backtest.words import interval, percent
from denizen.history.thresholds.run import ENOUGH_WON
from denizen.report.charts import lines
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.stats import Estimate
    from denizen.history.thresholds.result import Option, Price, Suggestion, Thresholds

COLUMNS = ("", "total", "fit", "behavior", "share", "a week", "precision", "95 % interval", "recall", "95 % interval")


def report_of(found: Thresholds) -> Report:
    """Return the report: the gates to write, what they bring on later leads, and the frontier."""
    sections = [Section("On the later leads", list(_compared(found.own)))]
    sections += [_segment(s) for s in found.segments]
    if found.segments:
        sections.append(Section("All leads together", [_all(found)]))
    if found.frontier:
        sections.append(Section("The frontier", list(_frontier(found.own))))
    return Report(
        title=f"Thresholds of {found.model}: {found.design.words()}",
        verdict=_verdict(found.own),
        facts=tuple(_facts(found.own)),
        sections=tuple(sections),
        small_print=(*found.notes, *found.accounting.told()),
    )


def _segment(found: Suggestion) -> Section:
    """Return what is suggested for a segment that owns its gates."""
    return Section(f"Segment {found.segment}", [_verdict(found), *_compared(found)])


def _all(found: Thresholds) -> Table:
    now, then = found.together
    rows = [["current", "", "", "", *_cells(now.later)]]
    rows += [["suggested", "", "", "", *_cells(then.later)]] if then else []
    return Table(COLUMNS, rows, "each lead by the gates of its segment, or of the file")


def _verdict(found: Suggestion) -> Words:
    split = found.split
    if found.verdict == "too little data":
        return Words(
            f"Too little data: {split.earlier.won:,} conversions to choose on and {split.later.won:,} to judge on;"
            f" at least {ENOUGH_WON} of each are needed. Keep the gates, or start at the top 10 % of leads.",
            "warning",
        )
    if found.chosen is None or found.gates is None:
        return Words(f"No gates reach {found.target.words()} on the earlier leads; keep the current ones.", "warning")
    gates, wanted = found.gates.yaml(), found.target.words()
    if found.gates != found.written and not found.change_pays:
        told = f"the current gates serve {wanted} ({_qualify(found.current)})"
        other = f"The best found earlier, {gates}: {_qualify(found.chosen)}{_missed(found)}. {_against(found)}"
        return Words(f"No reason to change: {told}.\n{other}", "good")
    convert = f"{percent(found.chosen.later.precision.value)} of the later convert"
    told = f"{_qualify(found.chosen)}{_missed(found)}, {convert}"
    return Words(f"{gates}\nFor {wanted}: {told}. {_against(found)}", "warning" if _missed(found) else "good")


def _qualify(option: Option) -> str:
    earlier, later = percent(option.earlier.share.value), percent(option.later.share.value)
    return f"{earlier} of earlier and {later} of later leads qualify"


def _missed(found: Suggestion) -> str:
    """Return that the suggestion misses the target where it was not chosen, if it does."""
    met = found.chosen is None or found.target.met(found.chosen.later)
    return "" if met else ", which misses the target on the later ones"


def _against(found: Suggestion) -> str:
    if found.gates == found.written:
        return "These are the current gates."
    named = {"beyond chance": "conversions beyond chance"}
    sure = [
        f"{named.get(name, name)} {'higher' if gap.low > 0 else 'lower'}"
        for name, gap in found.differences.items()
        if gap.low > 0 or gap.high < 0
    ]
    return f"Against the current gates: {', '.join(sure)}." if sure else "No sure difference from the current gates."


def _facts(found: Suggestion) -> Iterator[tuple[str, str]]:
    split = found.split
    yield (
        "chosen on",
        f"{split.earlier.leads:,} leads who signed up before {iso(split.at_us)}, {split.earlier.won:,} won",
    )
    yield "judged on", f"{split.later.leads:,} leads after that, {split.later.won:,} won"


def _compared(found: Suggestion) -> Iterator[Table]:
    written = [f"{g:g}" for g in (found.written.total, found.written.fit, found.written.behavior)]
    rows = [["current", *written, *_cells(found.current.later)]]
    rows += [["suggested", *_bounds(found.chosen), *_cells(found.chosen.later)]] if found.chosen else []
    yield Table(COLUMNS, rows)
    if found.differences:
        gaps = [
            [name, _points(gap.value), f"{_points(gap.low)} to {_points(gap.high)}"]
            for name, gap in found.differences.items()
        ]
        yield Table(("suggested minus current", "points", "95 % interval"), gaps, "in percentage points")


def _points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f}"


def _bounds(option: Option) -> list[Any]:
    gates = option.gates
    return ["", "", ""] if gates is None else [f"{g:g}" for g in (gates.total, gates.fit, gates.behavior)]


def _cells(price: Price) -> list[Any]:
    return [percent(price.share.value), f"{price.a_week:.1f}", *_pair(price.precision), *_pair(price.recall)]


def _pair(found: Estimate) -> list[str]:
    return [percent(found.value), interval(found)]


def _frontier(found: Suggestion) -> Iterator[Table | Chart | Words]:
    yield Words(
        "Gates that no others beat on the earlier leads: each step brings more conversions and costs more leads."
    )
    rows = [
        [percent(o.earlier.recall.value), *_bounds(o), *_cells(o.later), percent(o.earlier.precision.value)]
        for o in found.frontier
    ]
    columns = ("recall then", *COLUMNS[1:], "precision then")
    yield Table(columns, rows, "then: on the earlier leads, on which the gates were found; all else on the later leads")
    points = [
        {"share": price.share.value, "rate": price.recall.value, "what": f"recall, {name}"}
        for name in ("earlier", "later")
        for o in found.frontier
        for price in [getattr(o, name)]
    ]
    chart = lines(points, x="share", y="rate", color="what", percent=True, percent_x=True, x_title="share of leads")
    yield Chart(chart, "Recall by share of leads along the frontier, on the earlier and on the later leads.")
