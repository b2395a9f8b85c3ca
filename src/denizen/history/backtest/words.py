"""What a backtest comes to, in words: first what is known, then what is not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from denizen.report.parts import Words

if TYPE_CHECKING:
    from denizen.history.backtest.result import Backtest, ModelResult
    from denizen.history.stats import Estimate

ENOUGH_WON = 10
"""With fewer conversions, or fewer PQLs, a backtest cannot say anything."""
_TEN = 10


def verdict_of(backtest: Backtest) -> Words:
    """Return the verdict on the first model: is the lift real, how large, and is it to be believed."""
    model = backtest.models[0]
    pql = model.judged.pql
    if backtest.cohort.won_leads < ENOUGH_WON or pql.group.n < ENOUGH_WON or not pql.others.n:
        return Words(_too_little(backtest, model), "warning")
    leaks = len(backtest.leaks) + len(model.leaks)
    doubt = f" Do not believe it before you have looked at {leaks} leak warning{'s' * (leaks != 1)}." if leaks else ""
    rates = f"{percent(pql.group.rate.value)} against {percent(pql.others.rate.value)}"
    known = f"{bounds(pql.lift)} with 95 % confidence"
    if pql.lift.low > 1:
        size = "more often than the rest" if pql.lift.value is None else f"{times(pql.lift.value)} as often as the rest"
        return Words(f"PQLs convert {size}: {rates}, lift {known}.{doubt}", "warning" if leaks else "good")
    if pql.lift.high < 1:
        return Words(
            f"PQLs convert less often than the rest: {rates}, lift {known}. The model points the wrong way.{doubt}",
            "bad",
        )
    return Words(
        f"No evidence that PQLs convert more often than the rest: {rates}, lift {known}, which includes 1.{doubt}",
        "warning",
    )


def _too_little(backtest: Backtest, model: ModelResult) -> str:
    won, pql = backtest.cohort.won_leads, model.judged.pql
    if won >= ENOUGH_WON and not pql.others.n:
        return "Every lead is a PQL, so there is nobody to compare with."
    return (
        f"Too little to judge: {won:,} conversion{'s' * (won != 1)} and {pql.group.n:,} PQL{'s' * (pql.group.n != 1)}"
        f" among {backtest.cohort.rows:,}; at least {ENOUGH_WON} of each are needed to say anything."
    )


def ranking_words(area: Estimate) -> str:
    """Return what an AUC means."""
    if area.value is None:
        return "How well the score ranks cannot be said: all rows have the same outcome."
    shown = f"AUC {area.value:.2f} ({area.low:.2f}–{area.high:.2f})"
    if area.low > 0.5:  # noqa: PLR2004 - the AUC of chance
        return f"A lead who converts outranks one who does not {percent(area.value)} of the time; {shown}."
    return f"The total does not rank leads better than chance would, as far as can be seen; {shown} includes 0.5."


def percent(value: float | None) -> str:
    """Return a share as `9.2 %`; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.0%}".replace("%", " %") if value in (0, 1) else f"{value:.1%}".replace("%", " %")


def interval(found: Estimate) -> str:
    """Return the interval of a share in percent."""
    return f"{100 * found.low:.1f}–{100 * found.high:.1f} %"


def times(value: float | None) -> str:
    """Return a ratio as `6.9 times`."""
    return "–" if value is None else f"{ratio(value)} times"


def ratio(value: float | None) -> str:
    """Return a ratio with as many digits as it deserves."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.0f}" if value >= _TEN else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def bounds(found: Estimate) -> str:
    """Return the interval of a ratio, with both decimals below 10: 1.03 is above 1, and 1.0 does not show it."""
    if math.isinf(found.high):
        return f"at least {_bound(found.low)}" if found.low > 0 else "–"
    return f"{_bound(found.low)}–{_bound(found.high)}"


def _bound(value: float) -> str:
    return ratio(value) if value >= _TEN else f"{value:.2f}"
