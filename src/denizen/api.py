"""Denizen in notebooks and jobs: dataframes or paths in, Arrow out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.clock import Instant, parse_instant
from denizen.errors import fail
from denizen.history.design import DEFAULT_HORIZON, WON, design_of
from denizen.ingest.prepare import Moments
from denizen.ingest.project import FILE_NAME, Data, attribute_rules, read_project
from denizen.model.approaches import approach_named
from denizen.model.diff import diff_models
from denizen.model.durations import parse_duration
from denizen.model.importers import Imported, import_text
from denizen.model.lint.settings import LintSettings
from denizen.model.load import LoadedModel, load_model, read_text
from denizen.scoring.explain import Explanation, explain_lead
from denizen.scoring.explain_account import AccountExplanation
from denizen.scoring.explain_account import explain_account as account_explanation
from denizen.scoring.foresight.ahead import FORESEEN, look_ahead
from denizen.scoring.nurture import Nurture, find_milestones
from denizen.scoring.ranking import Summary, summarize
from denizen.scoring.run import IN_MEMORY, score_run, silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from denizen.errors import Finding
    from denizen.history.backtest import Backtest
    from denizen.history.calibrate import Calibration
    from denizen.history.design import Design
    from denizen.history.discover import Discovery
    from denizen.history.features import Features
    from denizen.history.health import Health, HealthOptions
    from denizen.history.metrics import Metrics, Period
    from denizen.history.pilot import Assigned, Pilot
    from denizen.history.thresholds import Thresholds
    from denizen.history.trust import Trust
    from denizen.ingest.accounting import Accounting
    from denizen.model.change import Change
    from denizen.scoring.audit.report import Audit


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Scores as Arrow tables.

    `scores` has a row a lead and instant, `ledger` a row a line (None unless asked for), `rejects` the rows that could
    not be used with the reason, `accounting` where every row went. `account_scores` has a row an account and instant,
    `account_ledger` the lines with the people behind each, if asked for. Arrow libraries read the object itself as `scores`.
    """

    scores: pa.Table
    ledger: pa.Table | None
    rejects: pa.Table
    accounting: Accounting
    summary: Summary
    account_scores: pa.Table | None = None
    account_ledger: pa.Table | None = None

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.scores.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.scores.num_rows)

    def __repr__(self) -> str:
        return f"<denizen scores: {self.summary.scores} scored, {self.summary.pql} PQL ({self.summary.share:.1%})>"

    def _repr_html_(self) -> str:
        from denizen.scoring.html import scores_html

        return scores_html(self.scores, self.summary)


def score(
    model: str | Path | LoadedModel,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | Iterable[Instant] | None = None,
    grid: Any = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    attributes: Mapping[str, Mapping[str, Any]] | None = None,
    match_accounts: bool = True,
    unique: bool = False,
    ledger: bool = False,
    foresight: bool = False,
    account_scores: bool = False,
    engine: str = IN_MEMORY,
) -> ScoreResult:
    """Score leads, and accounts (semantics, sections 1 to 5).

    Args:
        model: a path, YAML text, or a loaded model.
        leads: path or dataframe; without it, the leads are the ids seen in events.
        events: path or dataframe.
        accounts: path or dataframe; a lead's own value wins over its account's.
        as_of: one instant or several, UTC unless they say otherwise; default now.
        grid: path or dataframe of `lead_id, as_of`, instead of `as_of`.
        known: an event counts only once it had been received (`received_at`).
        columns: names of your columns, as `{"events": {"lead_id": "user_id"}}`.
        attributes: how attributes are read, as in the project file: `{"country": {"derive": False}}`.
        match_accounts: leads without an account find one by the domain of a work address.
        unique: no event_id occurs twice, so duplicates are not searched for.
        ledger: also return every line of every score.
        foresight: add the columns `next_change_at` and `drops_out_at` (when the score moves, and when a PQL ceases to
            be one, if nothing more happens), `max_reachable` and `unknown_could_add` (the highest total,
            whatever unknown attributes turn out to be, and by how much that is more).
        account_scores: also score accounts, with `ledger` also their lines.
        engine: `duckdb:`, `duckdb:///work.db` or `postgresql://…`.

    Raises:
        DenizenError: the model has problems or data cannot be read; `findings` tells all.
    """
    loaded = load_model(model)
    data = _read_as(_data(leads, events, accounts, columns, unique=unique), attributes, match_accounts=match_accounts)
    defaulted = as_of is None and grid is None
    moments = Moments(tuple(_instants(as_of)) if grid is None else (), grid, known, defaulted)
    with score_run(loaded, data, moments, engine=engine, detail=ledger, accounts=account_scores) as run:
        if foresight:
            look_ahead(run)
        return ScoreResult(
            scores=_arrow(run.connection, FORESEEN if foresight else "SELECT * FROM scores"),
            ledger=_arrow(run.connection, "SELECT * FROM ledger") if ledger else None,
            rejects=_arrow(run.connection, "SELECT * FROM rejects"),
            accounting=run.accounting,
            summary=summarize(run),
            account_scores=_arrow(run.connection, "SELECT * FROM accounts_out") if account_scores else None,
            account_ledger=_arrow(run.connection, "SELECT * FROM accounts_ledger")
            if account_scores and ledger
            else None,
        )


def explain(
    model: str | Path | LoadedModel,
    lead_id: str | int,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    attributes: Mapping[str, Mapping[str, Any]] | None = None,
    match_accounts: bool = True,
    engine: str = IN_MEMORY,
) -> Explanation:
    """Explain the score of one lead: every line with its events, what is unknown, and which gate is missed.

    The arguments are those of `score`.

    Raises:
        DenizenError: there is no such lead, the model has problems, or data cannot be read.
    """
    data = _read_as(_data(leads, events, accounts, columns, unique=False), attributes, match_accounts=match_accounts)
    moments = Moments(tuple(_instants(as_of)), None, known, defaulted=as_of is None)
    return explain_lead(load_model(model), str(lead_id), data, moments, engine=engine)[0]


def explain_account(
    model: str | Path | LoadedModel,
    account_id: str | int,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> AccountExplanation:
    """Explain the score of one account: every line with the people behind it, and which gate is missed.

    The arguments are those of `score`.

    Raises:
        DenizenError: no lead has this account, the model has problems, or data cannot be read.
    """
    data = _data(leads, events, accounts, columns, unique=False)
    moments = Moments(tuple(_instants(as_of)), None, known, defaulted=as_of is None)
    return account_explanation(load_model(model), str(account_id), data, moments, engine=engine)[0]


@dataclass(frozen=True, slots=True)
class NurtureResult:
    """Leads not yet qualified, each with the milestone that would move it most.

    `leads` has a row a lead, `summary` the groups and who was left out. Arrow libraries read the object as `leads`.
    """

    leads: pa.Table
    summary: Nurture

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.leads.__arrow_c_stream__(requested_schema)


def nurture(
    model: str | Path | LoadedModel,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    outcomes: Any = None,
    won: str = "won",
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> NurtureResult:
    """Group leads that do not qualify by the milestone that would move each most, as really scored.

    The arguments are those of `score`, and `outcomes` (path or dataframe: lead_id, outcome, at): a lead with the outcome
    `won` by then is left out, and counted in the summary; so is a lead that signs up only later.

    Raises:
        DenizenError: the model has problems or data cannot be read.
    """
    data = replace(_data(leads, events, accounts, columns, unique=False), outcomes=outcomes)
    moments = Moments(tuple(_instants(as_of)), None, known, defaulted=as_of is None)
    with score_run(load_model(model), data, moments, engine=engine, detail=True) as run:
        summary = find_milestones(run, data, silent, won)
        return NurtureResult(_arrow(run.connection, "SELECT * FROM nurture"), summary)


def import_model(kind: str, path: str | Path) -> Imported:
    """Read a scoring definition of another tool: `hubspot`, `mautic` or `rubric`.

    Returns the model file as `text`, the loaded `model`, and the `report` of what was carried, changed and dropped.

    Raises:
        DenizenError: the file cannot be read, or is not of the shape its source documents.
    """
    return import_text(kind, read_text(path), str(path))


def check(
    model: str | Path,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    approach: str | None = None,
    sales_cycle_days: int | None = None,
    ignore: Iterable[str] = (),
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Finding, ...]:
    """Return what lint says of a model file, in the order of the file; what stops it from loading is raised.

    Args:
        model: a path or YAML text.
        leads: path or dataframe; with it, attributes and their values are looked for.
        events: path or dataframe; with it, events, properties and their values are looked for.
        accounts: path or dataframe.
        approach: judge weights and size by this approach, such as `behavioral-heavy`.
        sales_cycle_days: judge decay by it.
        ignore: codes of rules to switch off.
        columns: names of your columns, as `{"events": {"lead_id": "user_id"}}`.

    Raises:
        DenizenError: the model has problems, data cannot be read, or there is no such approach or code.
    """
    from denizen.scoring.check import check_model

    if approach is not None:
        approach_named(approach)
    settings = LintSettings(approach=approach, sales_cycle=sales_cycle_days, ignore=list(ignore))
    return check_model(model, _data(leads, events, accounts, columns, unique=False), settings).findings


def backtest(
    *models: str | Path | LoadedModel,
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
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Backtest:
    """Judge models on the past: scores as of then, outcomes strictly after.

    Args:
        models: one or more, each a path, YAML text, or a loaded model; the others are compared with the first.
        outcomes: path or dataframe of `lead_id, outcome, at`, and if known `amount, rep`.
        leads: as for `score`; so are events, accounts, known, columns and engine.
        events: path or dataframe.
        accounts: path or dataframe.
        attributes_history: path or dataframe of `lead_id, attribute, value, from`; wins over leads.
        at: judge each lead this long after its signup, by default 7d.
        every: instead, judge all leads on calendar dates, so far apart.
        horizon: how long to wait for the conversion.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this; by default the last instant seen in the data.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns, as `{"outcomes": {"lead_id": "user_id"}}`.
        engine: `duckdb:`, `duckdb:///work.db` or `postgresql://…`.

    Raises:
        DenizenError: nobody can be judged, a model has problems, or data cannot be read.
    """
    from denizen.history.backtest import run_backtest

    if not models:
        raise fail("bad-argument", "there is no model; give at least one")
    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
    return run_backtest([load_model(m) for m in models], data, design, known=known, engine=engine, rows=True)


def discover(
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    model: str | Path | LoadedModel | None = None,
    at: str | None = None,
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Discovery:
    """Find which actions predict conversion, and which only look as if they did; the verdict may be that none does.

    Args:
        outcomes: as for `backtest`; so are all that are not named here.
        leads: path or dataframe.
        events: path or dataframe.
        accounts: path or dataframe.
        attributes_history: path or dataframe; without it attributes are as of today, and flagged for it.
        model: a path, YAML text, or a loaded model, whose points are compared with what is found.
        at: look at what leads did up to this long after signup, by default 7d.
        every: refused: a lead is judged once, at its landmark.
        horizon: how long to wait for the conversion after that.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this; by default the last instant seen in the data.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns.

    Raises:
        DenizenError: nobody can be judged, the model has problems, or data cannot be read.
    """
    from denizen.history.discover import run_discover

    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
    return run_discover(data, design, model=None if model is None else load_model(model), known=known)


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
        engine: URL of the engine.

    Raises:
        DenizenError: nobody can be judged, the model has problems, or data cannot be read.
    """
    from denizen.history.health import run_health

    options = health_options(
        pql_share=pql_share, launched=launched, recalibrated=recalibrated, mql=mql, approach=approach
    )
    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
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
    from denizen.history.health import HealthOptions

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
    engine: str = IN_MEMORY,
) -> Trust:
    """Tell an adoption problem from a model problem when sales stops following up (methodology, edge case 4).

    The arguments are those of `health`; `sample` rejected PQLs are shown, chosen by `seed`.

    Raises:
        DenizenError: no outcome says what sales did, the model has problems, or data cannot be read.
    """
    from denizen.history.trust import run_trust
    from denizen.history.trust.run import Options

    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
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
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    mql: str | None = None,
    cost: str | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Metrics:
    """Compare before and after the launch of a model (advisory document, section 7).

    The arguments are those of `health`; `launch` with `span`, or `before` and `after` as `FROM..TO`, say which signups
    are compared; `cost` is `BEFORE,AFTER`.

    Raises:
        DenizenError: nobody can be judged in a period, the model has problems, or data cannot be read.
    """
    from denizen.history.metrics import run_metrics

    periods = metric_periods(launch, span, before, after, cost)
    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
    return run_metrics(load_model(model), data, design, *periods, mql=mql, known=known, engine=engine)


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
    from denizen.history.pilot import assign_leads, parse_arms

    return assign_leads(
        _data(leads, events, accounts, columns, unique=False),
        parse_arms(arms),
        as_of_us=clock.to_us(clock.now()) if as_of is None else parse_instant(as_of),
        by=by,
        stratify=stratify,
        salt=salt,
        model=None if model is None else load_model(model),
        engine=engine,
    )


def export_features(
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
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Features:
    """Make the labelled table of features as of then (`table`), with its data card (`card`).

    The arguments are those of `backtest`.

    Raises:
        DenizenError: nobody can be judged, the model has problems, or data cannot be read.
    """
    from denizen.history.features import make_features

    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
    return make_features(load_model(model), data, design, known=known, engine=engine)


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
    from denizen.history.pilot import judge_pilot

    design = design_of(horizon=horizon, won=won, as_of_us=None if as_of is None else parse_instant(as_of))
    data = replace(_data(leads, events, accounts, columns, unique=False), outcomes=outcomes)
    return judge_pilot(arms, data, design)


def metric_periods(
    launch: str | None, span: str, before: str | None, after: str | None, cost: str | None
) -> tuple[Period, Period]:
    """Return the two periods that a user wrote.

    Raises:
        DenizenError: they cannot be meant.
    """
    from denizen.history.metrics import Period

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


def thresholds(
    model: str | Path | LoadedModel,
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    target_share: tuple[float, float] | None = None,
    target_precision: float | None = None,
    target_recall: float | None = None,
    capacity: float | None = None,
    split_at: Instant | None = None,
    at: str | None = None,
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Thresholds:
    """Weigh a model's gates: what each choice costs and brings, chosen on earlier leads and judged on later ones.

    Args:
        model: a path, YAML text, or a loaded model.
        outcomes: path or dataframe of `lead_id, outcome, at`.
        leads: as for `score`; so are events, accounts, columns and engine.
        events: path or dataframe.
        accounts: path or dataframe.
        attributes_history: path or dataframe of `lead_id, attribute, value, from`; wins over leads.
        target_share: lowest and highest share of leads that should qualify, by default (0.05, 0.15).
        target_precision: instead, the share of those who qualify that should convert.
        target_recall: instead, the share of conversions that should qualify.
        capacity: instead, how many leads a week can be worked.
        split_at: choose on signups before, judge on those after; by default 6 in 10 leads are before.
        at: judge each lead this long after its signup, by default 7d.
        every: refused: a lead is judged once, at its landmark.
        horizon: how long to wait for the conversion.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns.
        engine: URL of the engine.

    Raises:
        DenizenError: a target cannot be meant, nobody can be judged, or data cannot be read.
    """
    from denizen.history.thresholds import run_thresholds, target_of

    target = target_of(share=target_share, precision=target_precision, recall=target_recall, capacity=capacity)
    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
    split = None if split_at is None else parse_instant(split_at)
    return run_thresholds(load_model(model), data, design, target, split_at_us=split, known=known, engine=engine)


def calibrate(
    model: str | Path,
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    allow_sign_flips: bool = False,
    split_at: Instant | None = None,
    at: str | None = None,
    every: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Calibration:
    """Propose other points within a model's own structure, fitted on earlier leads and judged on later ones.

    Args:
        model: a path or YAML text.
        outcomes: path or dataframe of `lead_id, outcome, at`.
        leads: as for `score`; so are events, accounts, columns and engine.
        events: path or dataframe.
        accounts: path or dataframe.
        attributes_history: path or dataframe of `lead_id, attribute, value, from`; wins over leads.
        allow_sign_flips: points may change their sign.
        split_at: fit on signups before, judge on those after; by default 6 in 10 leads are before.
        at: judge each lead this long after its signup, by default 7d.
        every: refused: a lead is judged once, at its landmark.
        horizon: how long to wait for the conversion.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns.
        engine: URL of the engine.

    Raises:
        DenizenError: the model has segments or products, nobody can be judged, or data cannot be read.
    """
    from denizen.history.calibrate import run_calibrate

    inline = isinstance(model, str) and "\n" in model
    text, file = (str(model), "<text>") if inline else (read_text(model), str(model))
    design = _design(at, every, horizon, won, signup_from, signup_to, as_of)
    data = replace(
        _data(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
    )
    split = None if split_at is None else parse_instant(split_at)
    return run_calibrate(
        text, file, data, design, flips=allow_sign_flips, split_at_us=split, known=known, engine=engine
    )


def audit(
    model: str | Path | LoadedModel,
    *,
    events: Any,
    leads: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Audit:
    """Audit data for a model: what is tracked, what it feeds, what is wrong, what to ask for (methodology, edge case 5).

    The arguments are those of `score`. Values that look personal are hidden, by the rules of `denizen audit --help`.

    Raises:
        DenizenError: the model has problems, or data cannot be read.
    """
    from denizen.scoring.audit.audit import audit_data

    data = _data(leads, events, accounts, columns, unique=False)
    moments = Moments(tuple(_instants(as_of)), None, known, defaulted=as_of is None)
    return audit_data(load_model(model), data, moments, clock.to_us(clock.now()), engine=engine)


def diff(before: str | Path | LoadedModel, after: str | Path | LoadedModel) -> tuple[Change, ...]:
    """Tell what changed between two models: each difference with a sentence, its place, and what it can touch.

    Raises:
        DenizenError: a model has problems; `findings` tells all.
    """
    return diff_models(load_model(before), load_model(after))


def project_lint(
    model: str | Path, *, approach: str | None = None, sales_cycle: int | None = None, ignore: Iterable[str] = ()
) -> LintSettings:
    """Return the lint settings of the project file beside a model, with what was given on top."""
    path = Path(model).parent / FILE_NAME
    base = read_project(path).lint if path.is_file() else LintSettings()
    return LintSettings(
        approach=base.approach if approach is None else approach,
        sales_cycle=base.sales_cycle if sales_cycle is None else sales_cycle,
        ignore=[*base.ignore, *ignore],
    )


def _instants(as_of: Instant | Iterable[Instant] | None) -> list[int]:
    if as_of is None:
        return [clock.to_us(clock.now())]
    if isinstance(as_of, date | str):
        return [parse_instant(as_of)]
    return [parse_instant(instant) for instant in as_of]


def _design(
    at: str | None,
    every: str | None,
    horizon: str,
    won: str,
    signup_from: Instant | None,
    signup_to: Instant | None,
    as_of: Instant | None,
) -> Design:
    """Return the design of a study from what a user gives."""
    bounds = {"signup_from_us": signup_from, "signup_to_us": signup_to, "as_of_us": as_of}
    instants = {name: None if value is None else parse_instant(value) for name, value in bounds.items()}
    return design_of(at=at, every=every, horizon=horizon, won=won, **instants)


def _data(
    leads: Any, events: Any, accounts: Any, columns: Mapping[str, Mapping[str, str]] | None, *, unique: bool
) -> Data:
    return Data(leads, accounts, events, {t: dict(c) for t, c in (columns or {}).items()}, unique)


def _read_as(data: Data, attributes: Mapping[str, Mapping[str, Any]] | None, *, match_accounts: bool) -> Data:
    """Return data with rules for reading it."""
    return replace(data, attributes=attribute_rules(attributes or {}), match_accounts=match_accounts)


def _arrow(connection: Any, query: str) -> pa.Table:
    return connection.sql(query).to_arrow_table()


__all__ = [
    "Explanation",
    "Imported",
    "LoadedModel",
    "NurtureResult",
    "ScoreResult",
    "assign_arms",
    "audit",
    "backtest",
    "calibrate",
    "check",
    "diff",
    "explain",
    "explain_account",
    "export_features",
    "health",
    "import_model",
    "load_model",
    "metrics",
    "nurture",
    "pilot_report",
    "score",
    "thresholds",
    "trust",
]
