"""A backtest as a report: for a terminal, for a notebook and for HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.history.backtest.words import bounds, interval, percent, ranking_words, ratio, verdict_of
from denizen.report.charts import bars, intervals, lines
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.backtest.judged import Judged, Pair
    from denizen.history.backtest.result import Backtest, ModelResult
    from denizen.history.backtest.watched import Missed
    from denizen.history.sample import Group
    from denizen.history.stats import Estimate

MISSED_SHOWN = 15
GROUP_COLUMNS = ("", "rows", "won", "conversion", "95 % interval")


def report_of(backtest: Backtest) -> Report:
    """Return the report: the verdict, then what stands behind it."""
    first = backtest.models[0]
    sections = [
        *_leaks(backtest),
        Section("PQLs against the rest", list(_groups(first.judged))),
        Section("By decile of the total", list(_deciles(first.judged))),
        Section("By tier", [_tiers(first.judged)]),
        Section("By month of signup", list(_months(first.judged))),
        Section("Won deals", list(_deals(first))),
    ]
    if len(backtest.models) > 1:
        sections.append(Section("The models side by side", list(_comparison(backtest))))
    return Report(
        title=f"Backtest of {first.model}: {backtest.design.words()}",
        verdict=verdict_of(backtest),
        facts=tuple(_facts(backtest)),
        sections=tuple(sections),
        small_print=tuple(_small_print(backtest)),
    )


def _facts(backtest: Backtest) -> Iterator[tuple[str, str]]:
    judged = backtest.models[0].judged
    rows, leads = backtest.cohort.rows, backtest.cohort.leads
    yield "judged", f"{leads:,} leads" + (f", {rows:,} times" if rows > leads else "")
    yield "base rate", _share(backtest.base_rate)
    yield "PQLs", f"{judged.pql.group.n:,} ({percent(judged.share.value)})"
    yield "PQLs convert", _share(judged.pql.group.rate)
    yield "lift", _lift(judged.pql.lift)
    if judged.auc.value is not None:
        yield "AUC", f"{judged.auc.value:.2f} ({judged.auc.low:.2f}–{judged.auc.high:.2f})"
    yield "recall", _share(judged.recall)
    yield "won deals ever PQL", _share(backtest.models[0].watched.ever_pql)


def _share(found: Estimate) -> str:
    return "–" if found.value is None else f"{percent(found.value)} ({interval(found)})"


def _lift(found: Estimate) -> str:
    return f"{ratio(found.value)} ({bounds(found)})"


def _leaks(backtest: Backtest) -> list[Section]:
    found = [*backtest.leaks, *[leak for m in backtest.models for leak in m.leaks]]
    return [Section("Leak warnings", [Words(f"{leak}.", "bad") for leak in dict.fromkeys(found)])] if found else []


def _groups(judged: Judged) -> Iterator[Words | Table | Chart]:
    pairs = (judged.pql, judged.top_share, judged.quartiles)
    chart = intervals(
        [_point(group) for pair in pairs for group in (pair.group, pair.others)],
        y="group",
        x="rate",
        percent=True,
        title="conversion",
    )
    yield Chart(chart, "Conversion of PQLs, of the top fifth and of the top quarter, against the others.")
    yield Table(
        (*GROUP_COLUMNS, "lift", "95 % interval"),
        [row for pair in pairs for row in _pair_rows(pair)],
        "lift: the conversion of a group divided by that of the group below it",
    )
    yield Words(ranking_words(judged.auc))


def _point(group: Group) -> dict[str, Any]:
    return {"group": group.name, **_numbers(group)}


def _numbers(group: Group) -> dict[str, Any]:
    rate = group.rate
    return {"rate": rate.value, "low": rate.low, "high": rate.high, "n": group.n, "won": group.won}


def _pair_rows(pair: Pair) -> Iterator[list[Any]]:
    yield [*_group_row(pair.group), ratio(pair.lift.value), bounds(pair.lift)]
    yield [*_group_row(pair.others), "", ""]


def _group_row(group: Group) -> list[Any]:
    return [group.name, group.n, group.won, percent(group.rate.value), interval(group.rate) if group.n else "–"]


def _deciles(judged: Judged) -> Iterator[Table | Chart]:
    rows = [{"decile": g.name, **_numbers(g)} for g in judged.deciles if g.n]
    yield Chart(
        bars(rows, x="decile", y="rate", percent=True, title="conversion"),
        "Conversion by decile of the total, the highest totals first.",
        "1 holds the tenth with the highest totals; the lines are 95 % intervals.",
    )
    yield Table(("decile", *GROUP_COLUMNS[1:]), [_group_row(g) for g in judged.deciles])


def _tiers(judged: Judged) -> Table:
    rows = [[f"fit {g.name}", *_group_row(g)[1:]] for g in judged.fit_tiers]
    rows += [[f"behavior {g.name}", *_group_row(g)[1:]] for g in judged.behavior_tiers]
    return Table(("tier", *GROUP_COLUMNS[1:]), rows)


def _months(judged: Judged) -> Iterator[Table | Chart]:
    rows = [
        {"month": month.month, "who": group.name, **_numbers(group)}
        for month in judged.months
        for group in (month.pql, month.others)
        if group.n
    ]
    if len(judged.months) > 1:
        chart = lines(rows, x="month", y="rate", color="who", percent=True, title="conversion")
        yield Chart(chart, "Conversion of PQLs and of the others by month of signup, with intervals.")
    columns = ("signup", "rows", "won", "conversion", "PQL", "PQLs convert", "others convert", "lift", "95 % interval")
    yield Table(
        columns,
        [
            [
                m.month,
                m.everyone.n,
                m.everyone.won,
                percent(m.everyone.rate.value),
                m.pql.n,
                percent(m.pql.rate.value),
                percent(m.others.rate.value),
                ratio(m.lift.value),
                bounds(m.lift),
            ]
            for m in judged.months
        ],
    )


def _deals(model: ModelResult) -> Iterator[Words | Table]:
    watched = model.watched
    often = "every day" if watched.step_days == 1 else f"every {watched.step_days} days"
    yield Words(
        f"{_share(watched.ever_pql)} of {watched.deals:,} won deals were a PQL at some moment before,"
        f" scored {often} from signup to conversion."
    )
    if watched.days is not None:
        low, middle, high = watched.days
        yield Words(
            f"From the first PQL moment to the conversion: {middle:.0f} days (median), half of them {low:.0f} to {high:.0f}."
        )
    if not watched.missed:
        return
    yield Table(("gate missed", "won deals"), [[g, n] for g, n in watched.gates().items()])
    shown = watched.missed[:MISSED_SHOWN]
    more = len(watched.missed) - len(shown)
    yield Table(
        ("never a PQL", "total", "fit", "behavior", "missed by", "at its best", "won"),
        [_missed_row(m) for m in shown],
        f"the nearest to a PQL first; {more:,} more in --json" if more else "the nearest to a PQL first",
    )


def _missed_row(lead: Missed) -> list[Any]:
    gates = ", ".join(f"{g.gate} {g.missed_by:g}" if g.missed_by else g.gate for g in lead.gates)
    return [str(lead.lead_id), lead.total, lead.fit, lead.behavior, gates, lead.best_at[:10], lead.won_at[:10]]


def _comparison(backtest: Backtest) -> Iterator[Table]:
    rows = []
    for m in backtest.models:
        area = m.judged.auc
        shown = "–" if area.value is None else f"{area.value:.3f} ({area.low:.3f}–{area.high:.3f})"
        pql = m.judged.pql
        rows.append([m.file, pql.group.n, _share(pql.group.rate), _lift(pql.lift), _share(m.judged.recall), shown])
    yield Table(("model", "PQLs", "PQLs convert", "lift", "recall", "AUC"), rows)
    yield Table(
        ("minus the first", "AUC", "PQLs convert, points", "recall, points"),
        [
            [m.file, _gap(d.auc, 1, 3), _gap(d.pql_rate, 100, 1), _gap(d.recall, 100, 1)]
            for m, d in zip(backtest.models[1:], backtest.differences, strict=True)
        ],
        "paired on the same leads; where the interval includes 0, no difference is shown",
    )


def _gap(found: Estimate, scale: float, digits: int) -> str:
    if found.value is None:
        return "–"
    value, low, high = (f"{scale * v:+.{digits}f}" for v in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def _small_print(backtest: Backtest) -> Iterator[str]:
    yield from backtest.notes
    yield f"Observed until {iso(backtest.cohort.observed_until_us)}. Intervals are at 95 %."
    yield "; ".join(f"{m.file}: {m.model} ({m.model_hash})" for m in backtest.models)
    yield from backtest.accounting.told()


def notebook_html(backtest: Backtest) -> str:
    """Return the verdict and the facts, for a notebook."""
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in _facts(backtest))
    return f"<p><strong>{escape(backtest.verdict)}</strong></p><table>{rows}</table>"
