"""Learn from what became of leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.api.arguments import design_from, study_data
from denizen.clock import Instant, parse_instant
from denizen.errors import fail
from denizen.history.backtest import run_backtest
from denizen.history.calibrate import run_calibrate
from denizen.history.design import DEFAULT_HORIZON, WON
from denizen.history.discover import run_discover
from denizen.history.features import make_features
from denizen.history.thresholds import run_thresholds, target_of
from denizen.model.load import LoadedModel, load_model, read_text
from denizen.scoring.run import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from denizen.history.backtest import Backtest
    from denizen.history.calibrate import Calibration
    from denizen.history.discover import Discovery
    from denizen.history.features import Features
    from denizen.history.thresholds import Thresholds


def discover(
    *,
    outcomes: Any,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    attributes_history: Any = None,
    model: str | Path | LoadedModel | None = None,
    at: str | None = None,
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | None = None,
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
        horizon: how long to wait for the conversion after that.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this; by default the last instant seen in the data.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns.
        rejects: a file for the rows that could not be used, each with the reason.

    Raises:
        DenizenError: nobody can be judged, the model has problems, or data cannot be read.
    """
    design = design_from(at, None, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    return run_discover(data, design, model=None if model is None else load_model(model), known=known)


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
    rejects: str | None = None,
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
        rejects: a file for the rows that could not be used, each with the reason.
        engine: `duckdb:`, `duckdb:///work.db` or `postgresql://…`.

    Raises:
        DenizenError: nobody can be judged, a model has problems, or data cannot be read.
    """
    if not models:
        raise fail("bad-argument", "there is no model; give at least one")
    design = design_from(at, every, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    return run_backtest([load_model(m) for m in models], data, design, known=known, engine=engine, rows=True)


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
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | None = None,
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
        horizon: how long to wait for the conversion.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns.
        rejects: a file for the rows that could not be used, each with the reason.
        engine: URL of the engine.

    Raises:
        DenizenError: a target cannot be meant, nobody can be judged, or data cannot be read.
    """
    target = target_of(share=target_share, precision=target_precision, recall=target_recall, capacity=capacity)
    design = design_from(at, None, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
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
    horizon: str = DEFAULT_HORIZON,
    won: str = WON,
    signup_from: Instant | None = None,
    signup_to: Instant | None = None,
    as_of: Instant | None = None,
    known: bool = False,
    unique: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | None = None,
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
        horizon: how long to wait for the conversion.
        won: the outcome that counts as conversion.
        signup_from: only leads who signed up then or later.
        signup_to: only leads who signed up before.
        as_of: look no further than this.
        known: an event counts only once it had been received.
        unique: no event_id occurs twice, so duplicates are not searched for.
        columns: names of your columns.
        rejects: a file for the rows that could not be used, each with the reason.
        engine: URL of the engine.

    Raises:
        DenizenError: the model has segments or products, nobody can be judged, or data cannot be read.
    """
    inline = isinstance(model, str) and "\n" in model
    text, file = (str(model), "<text>") if inline else (read_text(model), str(model))
    design = design_from(at, None, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    split = None if split_at is None else parse_instant(split_at)
    return run_calibrate(
        text, file, data, design, flips=allow_sign_flips, split_at_us=split, known=known, engine=engine
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
    rejects: str | None = None,
    engine: str = IN_MEMORY,
) -> Features:
    """Make the labelled table of features as of then (`table`), with its data card (`card`).

    The arguments are those of `backtest`.

    Raises:
        DenizenError: nobody can be judged, the model has problems, or data cannot be read.
    """
    design = design_from(at, every, horizon, won, signup_from, signup_to, as_of)
    data = study_data(leads, events, accounts, outcomes, attributes_history, columns, unique=unique, rejects=rejects)
    return make_features(load_model(model), data, design, known=known, engine=engine)
