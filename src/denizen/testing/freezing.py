"""Freeze a real lead or account into an anonymous case: the same score, and nothing by which anyone could be known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen.clock import now, parse_instant, to_us
from denizen.errors import DenizenError, fail
from denizen.ingest.prepare import Moments
from denizen.ingest.project import Data, column_names
from denizen.model.load import load_model
from denizen.model.source import parse_yaml
from denizen.plan.build import build_program
from denizen.plan.needs import asked_of
from denizen.scoring.run import IN_MEMORY, score_run
from denizen.testing.anonymous import case_text
from denizen.testing.cases import cases_from
from denizen.testing.real import real_account, real_lead
from denizen.testing.run import run_cases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from denizen.clock import Instant
    from denizen.model.load import LoadedModel
    from denizen.plan.needs import Asked
    from denizen.testing.real import Real


def freeze(
    model: str | Path | LoadedModel,
    lead_id: str | int | None = None,
    *,
    account_id: str | None = None,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
    beside: str | Path | None = None,
) -> str:
    """Return a real lead, or a whole account, as an anonymous case in YAML that has been run and holds.

    Args:
        model: the path of a model, or one loaded from a path, since the case names it.
        lead_id: which lead; or give `account_id`.
        account_id: which account.
        leads: as for `score`; so are events, accounts, as_of, known, columns and engine.
        events: path or dataframe.
        accounts: path or dataframe.
        as_of: the instant of the score; default now.
        known: an event counts only once it had been received.
        columns: names of your columns.
        engine: `duckdb:`, `duckdb:///work.db` or `postgresql://…`.
        beside: the file in which the case will stand, from which it names the model; default the working folder.

    Raises:
        DenizenError: there is no such lead or account, data cannot be read, or no anonymous case gives the same score.
    """
    if (lead_id is None) == (account_id is None):
        raise fail("bad-argument", "name one lead, or one account")
    loaded = load_model(model)
    if not Path(loaded.file).is_file():
        raise fail("bad-argument", "a case names its model by a path; give the path of a model, not its text")
    data = Data(leads=leads, accounts=accounts, events=events, columns=column_names(columns))
    as_of_us = to_us(now()) if as_of is None else parse_instant(as_of)
    out = None if beside is None else str(beside)
    path, file = frozen_model_path(loaded.file, out), out or "frozen.yaml"
    if account_id is None:
        return freeze_lead(loaded, str(lead_id), data, as_of_us, known=known, engine=engine, model_path=path, file=file)
    return freeze_account(loaded, account_id, data, as_of_us, known=known, engine=engine, model_path=path, file=file)


def freeze_lead(
    model: LoadedModel,
    lead_id: str,
    data: Data,
    as_of_us: int,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    model_path: str | None = None,
    file: str = "frozen.yaml",
) -> str:
    """Return a case (YAML) with the score of a lead and without its ids, texts and dates; it has been run and holds.

    Of colleagues it holds the events that criteria with `scope: account` could count, and nothing else.

    Args:
        model: a checked model.
        lead_id: which lead.
        data: where it is found.
        as_of_us: the instant of the score.
        known: an event counts only once it had been received.
        engine: URL of the engine.
        model_path: how the case names its model; default the file the model came from.
        file: where the case will stand, so that the path to the model is found.

    Raises:
        DenizenError: there is no such lead, data cannot be read, or no anonymous case gives the same score.
    """
    plans = build_program(model).plans
    with score_run(model, data, Moments((as_of_us,), None, known), engine=engine, detail=True, only=lead_id) as run:
        real = real_lead(run, plans, as_of_us)
    return _frozen(real, asked_of(*plans), as_of_us, model_path or model.file, file, engine, f"lead {lead_id!r}")


def freeze_account(
    model: LoadedModel,
    account_id: str,
    data: Data,
    as_of_us: int,
    *,
    known: bool = False,
    engine: str = IN_MEMORY,
    model_path: str | None = None,
    file: str = "frozen.yaml",
) -> str:
    """Return a case (YAML) with the score of an account, its people and their events, as anonymous as a frozen lead.

    The arguments are those of `freeze_lead`.

    Raises:
        DenizenError: nobody belongs to it, data cannot be read, or no anonymous case gives the same score.
    """
    program = build_program(model)
    plans = (*program.plans, program.account.facts)
    moments = Moments((as_of_us,), None, known)
    with score_run(model, data, moments, engine=engine, detail=True, accounts=True, only_account=account_id) as run:
        real = real_account(run, plans, as_of_us)
    return _frozen(real, asked_of(*plans), as_of_us, model_path or model.file, file, engine, f"account {account_id!r}")


def _frozen(real: Real, asked: Asked, as_of_us: int, model_path: str, file: str, engine: str, whose: str) -> str:
    """Return the most anonymous case that gives the same score: nothing kept, one subject, or all of them."""
    subjects = [*asked.attributes, *asked.properties]
    for keep in [frozenset[str](), *[frozenset({s}) for s in subjects], frozenset(subjects)]:
        text = case_text(real, asked, as_of_us, keep, model_path)
        try:
            cases = cases_from(parse_yaml(text, file))
        except DenizenError as error:
            if error.findings[0].code != "yaml-syntax":
                raise
            size = f"{len(real.people):,} people with {len(real.events):,} events"
            raise fail("freeze-failed", f"{whose} has {size}, more than a file of cases may hold") from None
        if run_cases(cases, engine)[0].passed:
            return text
    raise fail("freeze-failed", f"no case without the data of {whose} itself gives its score")


def frozen_model_path(model: str, out: str | None) -> str:
    """Return how a case at `out` names the model: relative to it, without a place to the working folder."""
    if out is None:
        return Path(os.path.relpath(model)).as_posix() if Path(model).is_absolute() else model
    return Path(os.path.relpath(Path(model).resolve(), Path(out).resolve().parent)).as_posix()
