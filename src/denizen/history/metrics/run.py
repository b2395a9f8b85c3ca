"""Measure two periods of signups with the same ruler: same ages, same horizons, the same model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.history import stats
from denizen.history.cohort import open_history, tables_of
from denizen.history.funnel import TOUCHES, add_funnel
from denizen.history.metrics.definitions import DEFINITIONS, NEEDS
from denizen.history.metrics.result import Compared, Metrics, Value
from denizen.history.said import said_mql
from denizen.history.scored import SCORES, score_cohort
from denizen.history.stats import Estimate
from denizen.history.stats.intervals import numpy, special
from denizen.model.durations import DAY_US
from denizen.scoring.run import IN_MEMORY, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.cohort import History
    from denizen.history.design import Design
    from denizen.history.funnel import Funnel
    from denizen.history.metrics.definitions import Definition, Need
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.scoring.run import Progress

WEEK_US = 7 * DAY_US
QUARTER = 0.25
_RATES = {"mql_to_opportunity", "opportunity_to_won", "trial_to_paid", "pql_to_opportunity", "contacts_on_pqls", "pql_volume", "follow_up", "at_zero", "at_cap"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """Signups in `[from_us, to_us)`, and what was spent on them, if known."""

    name: str
    from_us: int
    to_us: int
    cost: float | None = None


def run_metrics(
    model: LoadedModel,
    data: Data,
    design: Design,
    before: Period,
    after: Period,
    *,
    mql: str | None = None,
    known: bool = False,
    engine: str = IN_MEMORY,
    progress: Progress = silent,
) -> Metrics:
    """Compare two periods of signups (advisory document, section 7).

    Raises:
        DenizenError: there are no outcomes, nobody can be judged in a period, or data or engine cannot be used.
    """
    numpy()
    measured, leads, present = [], [], []
    for period in (before, after):
        progress(f"measuring {period.name}")
        ruled = replace(design, signup_from_us=period.from_us, signup_to_us=period.to_us)
        with open_history(
            data,
            ruled,
            tables=tables_of([mql] if mql else [], models=[model], dated=data.attributes_history is not None),
            known=known,
            progress=progress,
        ) as history:
            history.require_cohort(f"{period.name}: ")
            if mql is not None:
                said_mql(history, mql)
            score_cohort(history, model, engine=engine, progress=progress)
            funnel = add_funnel(history, SCORES)
            measured.append(_measure(history, funnel, period, mql))
            present.append(_present(history, funnel, period, mql))
            leads.append(history.cohort.leads)
    return Metrics(
        model=model.name,
        model_hash=model.fingerprint,
        periods=tuple((p.name, iso(p.from_us), iso(p.to_us), n) for p, n in zip((before, after), leads, strict=True)),
        metrics=tuple(_compare(d, measured[0].get(d.metric), measured[1].get(d.metric), present) for d in DEFINITIONS),
        notes=(
            "Leads of both periods are judged at the same age, with the same horizon, by the same model.",
            "What changed beside the model (prices, campaigns, product) is in the change too; a holdout tells them apart.",
        ),
        design=design.words(),
        accounting=history.accounting,
    )


def _compare(
    definition: Definition, before: Value | None, after: Value | None, present: Sequence[set[Need]]
) -> Compared:
    needs = None if before is not None or after is not None else _lacking(definition, present)
    if before is None or after is None:
        return Compared(definition, before, after, None, needs)
    return Compared(definition, before, after, _change(definition.metric, before, after), needs)


def _lacking(definition: Definition, present: Sequence[set[Need]]) -> str:
    """Return what a metric lacks, and not what is there; where nobody won, nothing can be said of their deals."""
    lacking = [n for n in definition.needs if any(n not in there for there in present)]
    if "won" in lacking:
        lacking = [n for n in lacking if n not in ("amount", "rep")]
    return f"cannot be computed: needs {', and '.join(NEEDS[n] for n in lacking)}"


def _present(history: History, funnel: Funnel, period: Period, mql: str | None) -> set[Need]:
    """Return which data there are in one period."""
    deals = _deal_rows(history)
    spent = period.cost
    found: dict[Need, bool] = {
        "opportunity": "opportunity" in funnel.recorded,
        "mql": mql is not None,
        "won": bool(deals),
        "won PQLs": any(deal[0] for deal in deals),
        "amount": any(deal[2] is not None for deal in deals),
        "rep": any(deal[3] is not None for deal in deals),
        "cost": spent is not None,
        "cost above 0": spent is not None and spent > 0,
        "touches": bool(funnel.recorded & set(TOUCHES)),
    }
    return {need for need, there in found.items() if there}


def _change(metric: str, before: Value, after: Value) -> Estimate | None:
    """Return after divided by before, with the interval of two independent estimates."""
    b, a = before.found, after.found
    if a.value is None or b.value is None:
        return None
    if metric in _RATES:
        return stats.lift(round(a.value * after.n), after.n, round(b.value * before.n), before.n)
    if b.value <= 0 or a.value <= 0 or b.low <= 0 or a.low <= 0:
        return Estimate(a.value / b.value if b.value > 0 else None, 0.0, math.inf)
    ratio = a.value / b.value
    below = math.hypot(math.log(a.value / a.low), math.log(b.high / b.value))
    above = math.hypot(math.log(a.high / a.value), math.log(b.value / b.low))
    return Estimate(ratio, ratio * math.exp(-below), ratio * math.exp(above))


def _measure(history: History, funnel: Funnel, period: Period, mql: str | None) -> dict[str, Value]:
    np = numpy()
    everyone = np.ones(len(funnel.pql), dtype=bool)
    stepped = "opportunity" in funnel.recorded
    touched = bool(funnel.recorded & set(TOUCHES))
    top = float(funnel.behavior.max()) if len(funnel.behavior) else 0.0
    found = {
        "trial_to_paid": _trial_to_paid(history),
        "pql_volume": _rate(funnel.pql, everyone),
        "at_zero": _rate(funnel.behavior == 0, everyone),
        "at_cap": _rate((funnel.behavior == top) & (funnel.behavior > 0), everyone),
        **_deals(history, period),
        **_ranked(history, funnel),
    }
    judged = funnel.opportunities() if stepped else funnel
    found["pql_against_rest"] = Value(judged.sample.lift(funnel.pql, ~funnel.pql), int(funnel.pql.sum()))
    if stepped:
        found["pql_to_opportunity"] = _rate(funnel.opportunity, funnel.pql)
        found["opportunity_to_won"] = _rate(funnel.sample.won, funnel.opportunity)
        found["pipeline"] = _per_week(int(funnel.opportunity.sum()), period)
        if mql is not None:
            found["mql_to_opportunity"] = _rate(funnel.opportunity, said_mql(history, mql))
    if touched:
        found["contacts_on_pqls"] = _rate(funnel.pql, funnel.touched)
        found["follow_up"] = _rate(funnel.touched | funnel.touched_before, funnel.pql)
    return found


def _rate(hits: Any, rows: Any) -> Value:
    n = int(rows.sum())
    return Value(stats.rate(int((hits & rows).sum()), n), n)


def _per_week(count: int, period: Period) -> Value:
    """Return a count a week with the exact interval of a Poisson count."""
    weeks = (period.to_us - period.from_us) / WEEK_US
    quantile = special().gammaincinv
    low = float(quantile(count, 0.025)) if count else 0.0
    return Value(Estimate(count / weeks, low / weeks, float(quantile(count + 1, 0.975)) / weeks), count)


def _trial_to_paid(history: History) -> Value:
    """Return the share of all signups, also of those who converted before they were judged."""
    span = (history.design.at_us or 0) + history.design.horizon_us
    won, n = history.connection.execute(
        f"SELECT count(*) FILTER (WHERE won_us <= signup_us + {span}), count(*) FROM history"
        " WHERE left_out IS NULL OR (left_out = 'converted_before'"
        f" AND signup_us + {span} <= {history.cohort.observed_until_us})"
    ).fetchall()[0]
    return Value(stats.rate(int(won), int(n)), int(n))


def _deal_rows(history: History) -> list[Any]:
    """Return, for each won lead of the cohort: PQL or not, days to the deal, amount and rep."""
    word = "'" + history.design.won.replace("'", "''") + "'"
    return history.connection.execute(
        "SELECT funnel.pql, (funnel.won_us - COALESCE(CASE WHEN step_us < funnel.won_us THEN step_us END, signup_us)) / 86400e6,"
        " CAST(amount AS DOUBLE), rep FROM funnel LEFT JOIN outcomes ON outcomes.lead_id = funnel.lead_id"
        f" AND outcomes.outcome = {word} AND outcomes.at_us = funnel.won_us WHERE funnel.won ORDER BY funnel.g"
    ).fetchall()


def _deals(history: History, period: Period) -> dict[str, Value]:
    """Return what won leads of the cohort brought, and how long they took."""
    rows = _deal_rows(history)
    np = numpy()
    days = np.asarray([r[1] for r in rows], dtype=float)
    of_pqls = np.asarray([r[1] for r in rows if r[0]], dtype=float)
    amounts = np.asarray([r[2] or 0.0 for r in rows], dtype=float)
    reps = {r[3] for r in rows if r[3] is not None}
    found = {}
    if len(days):
        found["sales_cycle"] = _median(days)
    if len(of_pqls):
        found["pql_sales_cycle"] = _median(of_pqls)
    paid = any(r[2] is not None for r in rows)
    if paid and reps:
        found["revenue_per_rep"] = _scaled_sum(amounts, 1 / len(reps))
    if period.cost is not None and len(rows):
        count = len(rows)
        deals = _per_week(count, Period("", 0, WEEK_US)).found
        cost = period.cost
        found["cac"] = Value(Estimate(cost / count, cost / deals.high, cost / deals.low), count)
        if paid and cost > 0:
            revenue = _scaled_sum(amounts, 1 / cost).found
            ends = [(e or 0.0) - 1 for e in (revenue.value, revenue.low, revenue.high)]
            found["lead_roi"] = Value(Estimate(*ends), count)
    return found


def _median(days: Any) -> Value:
    np = numpy()
    order = np.sort(days)

    def weighted(weights: Any) -> Any:
        return float(np.median(np.repeat(days, weights.astype(int))))

    estimate = stats.bootstrap(len(order), weighted)[0]
    return Value(estimate, len(order))


def _scaled_sum(amounts: Any, scale: float) -> Value:
    """Return a sum of deals with the interval of their number and size together (a compound Poisson sum)."""
    total = float(amounts.sum()) * scale
    half = stats.z_of(stats.LEVEL) * math.sqrt(float((amounts**2).sum())) * scale
    return Value(Estimate(total, max(0.0, total - half), total + half), len(amounts))


def _ranked(history: History, funnel: Funnel) -> dict[str, Value]:
    np = numpy()
    place = np.asarray(
        history.connection.execute(
            "SELECT (row_number() OVER (ORDER BY total DESC, behavior DESC, md5(CAST(lead_id AS VARCHAR)), as_of_us) - 1)"
            " / count(*) OVER () AS place FROM funnel ORDER BY g"
        ).fetchnumpy()["place"],
        dtype=float,
    )
    top, bottom = place < QUARTER, place >= 1 - QUARTER
    won = funnel.sample.won
    counts = [int(n) for n in ((won & top).sum(), top.sum(), (won & bottom).sum(), bottom.sum())]
    return {"accuracy": Value(stats.difference(*counts), len(place))}
