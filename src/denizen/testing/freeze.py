"""Freeze a real lead or account into an anonymous case: the same score, and nothing by which anyone could be known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from denizen.errors import DenizenError, fail
from denizen.ingest.prepare import Moments
from denizen.model.source import parse_yaml
from denizen.plan.build import build_program
from denizen.plan.needs import asked_of
from denizen.scoring.run import IN_MEMORY, score_run
from denizen.testing.anonymous import case_text
from denizen.testing.cases import cases_from
from denizen.testing.real import real_account, real_lead
from denizen.testing.run import run_cases

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.model.load import LoadedModel
    from denizen.plan.needs import Asked
    from denizen.testing.real import Real


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
    """Return how a case at `out` names the model: relative to it."""
    if out is None:
        return model
    return Path(os.path.relpath(Path(model).resolve(), Path(out).resolve().parent)).as_posix()
