"""See whether the scores in use do what they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.api.arguments import data_of, design_from, study_data
from denizen.clock import Instant, parse_instant
from denizen.errors import fail
from denizen.history.design import DEFAULT_HORIZON, WON, design_of
from denizen.history.health import HealthOptions, run_health
from denizen.history.metrics import Period, run_metrics
from denizen.history.pilot import assign_leads, judge_pilot, parse_arms
from denizen.history.trust import run_trust
from denizen.history.trust.run import Options
from denizen.model.approaches import approach_named
from denizen.model.durations import parse_duration
from denizen.model.load import LoadedModel, load_model
from denizen.scoring.run import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from denizen.history.health import Health
    from denizen.history.metrics import Metrics
    from denizen.history.pilot import Assigned, Pilot
    from denizen.history.trust import Trust


def health(
    model: str | Path | LoadedModel,
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    at: str | None = None,
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    pql_share: tuple[float, float] | None = None,
    launched: Instant | None = None,
    recalibrated: Instant | None = None,
    mql: str | None = None,
    approach: str | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | None = None,
    engine: str = IN_MEMORY,
) -> Health:
    """Grade a model by the benchmarks of the methodology (section 3).

    Args:
        model: a path, YAML text, or a loaded model.
        outcomes: path or dataframe of `lead_id, outcome, at`, and if known `amount, rep`.
        leads: as for `score`; so are events, accounts, columns and engine.
        events: path or dataframe.
        accounts: path or dataframe.
        attributes_history: path or dataframe of `lead_id, attribute, value, from`; wins over leads.
        at: judge each lead this long after its signup, by default 7d.
        every: instead, judge all leads on calendar dates, so far apart.
        horizon: how long to wait for the conversion.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        pql_share: which share of leads should be PQLs, by default (0.05, 0.15).
        launched: when the model went live.
        recalibrated: when it was last recalibrated.
        mql: the attribute that says a lead is an MQL.
        approach: the approach of the methodology that the model follows; it says how many criteria are good.
        columns: names of your columns.
        rejects: a file for the rows that could not be used, each with the reason.
        engine: URL of the engine.

    Raises:
        DenizenError: nobody can be judged, the model has problems, or data cannot be read.
    """
    options = health_options(
        pql_share=pql_share, launched=launched, recalibrated=recalibrated, mql=mql, approach=approach
    )
    design = design_from(at, every, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    return run_health(load_model(model), data, design, options, known=known, engine=engine)


def health_options(
    *,
    pql_share: tuple[float, float] | None = None,
    launched: Instant | None = None,
    recalibrated: Instant | None = None,
    mql: str | None = None,
    approach: str | None = None,
) -> HealthOptions:
    """Return what a health card is told.

    Raises:
        DenizenError: an instant cannot be read, the range is none, or there is no such approach.
    """
    share = pql_share or HealthOptions().pql_share
    if not 0 <= share[0] < share[1] <= 1:
        raise fail("bad-argument", f"pql_share {share}: give the lowest and the highest share, as in (0.05, 0.15)")
    live, last = (None if i is None else parse_instant(i) for i in (launched, recalibrated))
    if approach is not None:
        approach_named(approach)
    return HealthOptions((share[0], share[1]), live, last, mql, approach)


def trust(
    model: str | Path | LoadedModel,
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    at: str | None = None,
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    sample: int = 20,
    seed: int = 1,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | None = None,
    engine: str = IN_MEMORY,
) -> Trust:
    """Tell an adoption problem from a model problem when sales stops following up (methodology, edge case 4).

    The arguments are those of `health`; `sample` rejected PQLs are shown, chosen by `seed`.

    Raises:
        DenizenError: no outcome says what sales did, the model has problems, or data cannot be read.
    """
    design = design_from(at, every, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    return run_trust(load_model(model), data, design, Options(sample, seed), known=known, engine=engine)


def metrics(
    model: str | Path | LoadedModel,
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    launch: str | None = None,
    span: str = "90d",
    before: str | None = None,
    after: str | None = None,
    at: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    mql: str | None = None,
    cost: str | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | None = None,
    engine: str = IN_MEMORY,
) -> Metrics:
    """Compare before and after the launch of a model (advisory document, section 7).

    The arguments are those of `health`; `launch` with `span`, or `before` and `after` as `FROM..TO`, say which signups
    are compared; `cost` is `BEFORE,AFTER`.

    Raises:
        DenizenError: nobody can be judged in a period, the model has problems, or data cannot be read.
    """
    periods = metric_periods(launch, span, before, after, cost)
    design = design_from(at, None, horizon, won, None, None, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    return run_metrics(load_model(model), data, design, *periods, mql=mql, known=known, engine=engine)


def metric_periods(
    launch: str | None, span: str, before: str | None, after: str | None, cost: str | None
) -> tuple[Period, Period]:
    """Return the two periods that a user wrote.

    Raises:
        DenizenError: they cannot be meant.
    """
    if (launch is None) == (before is None and after is None) or (before is None) != (after is None):
        raise fail("bad-argument", "give --launch INSTANT, or both --before FROM..TO and --after FROM..TO")
    costs = _costs(cost)
    if launch is not None:
        try:
            length = parse_duration(span)
        except ValueError as error:
            raise fail("bad-argument", f"--span: {error}") from None
        at = parse_instant(launch)
        return Period("before", at - length, at, costs[0]), Period("after", at, at + length, costs[1])
    return Period("before", *_from_to(before or ""), costs[0]), Period("after", *_from_to(after or ""), costs[1])


def _costs(cost: str | None) -> tuple[float | None, float | None]:
    if cost is None:
        return None, None
    try:
        before, after = (float(c) for c in cost.split(","))
    except ValueError:
        before = after = -1.0
    if before < 0 or after < 0:
        raise fail("bad-argument", f"--cost {cost}: write two amounts, as in 12000,15000")
    return before, after


def _from_to(period: str) -> tuple[int, int]:
    start, dots, end = period.partition("..")
    if not dots:
        raise fail("bad-argument", f"{period!r} is no period; write FROM..TO, as in 2026-01-01..2026-03-01")
    found = parse_instant(start), parse_instant(end)
    if found[0] >= found[1]:
        raise fail("bad-argument", f"{period!r} ends before it begins")
    return found


def assign_arms(
    arms: str,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    model: str | Path | LoadedModel | None = None,
    by: str = "lead",
    stratify: str | None = None,
    salt: str = "pilot",
    as_of: Instant | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Assigned:
    """Assign leads to the arms of `pilot:0.4,control:0.4,holdout:0.2`; `rows` of the result go to `pilot_report`.

    The arguments are those of `denizen pilot assign`; a model is needed where `stratify` is a tier.

    Raises:
        DenizenError: an argument cannot be meant, or data cannot be read.
    """
    return assign_leads(
        data_of(leads, events, accounts, columns, unique=False),
        parse_arms(arms),
        as_of_us=clock.to_us(clock.now()) if as_of is None else parse_instant(as_of),
        by=by,
        stratify=stratify,
        salt=salt,
        model=None if model is None else load_model(model),
        engine=engine,
    )


def pilot_report(
    arms: Any,
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    as_of: Instant | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Pilot:
    """Tell what a pilot changed, with intervals that hold at every look; `arms` is a CSV file or rows.

    Raises:
        DenizenError: arms or data cannot be used, or no lead's horizon is over.
    """
    design = design_of(horizon=horizon, won=won, as_of_us=None if as_of is None else parse_instant(as_of))
    data = replace(data_of(leads, events, accounts, columns, unique=False), outcomes=outcomes)
    return judge_pilot(arms, data, design)
