"""`denizen trust`."""

from __future__ import annotations

from typing import Any

import click

from denizen.cli.history_options import history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.history.trust import run_trust
from denizen.history.trust.run import SAMPLE, SEED, Options
from denizen.model.load import load_model
from denizen.report import write_report


@click.command()
@click.argument("model", type=click.Path())
@history_options()
@click.option(
    "--sample", type=click.IntRange(0, 1000), default=SAMPLE, show_default=True, help="How many rejected PQLs to show."
)
@click.option(
    "--seed", type=int, default=SEED, show_default=True, help="Chooses them; the same seed gives the same ones."
)
def trust(model: str, sample: int, seed: int, **given: Any) -> None:
    """Tell an adoption problem from a model problem when sales stops following up on PQLs.

    \b
    denizen trust model.yaml --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen trust model.yaml --sample 40 --html trust.html

    Compares PQLs that sales contacted (outcomes contacted, accepted, rejected) with those it ignored, shows a sample
    of rejected ones with their ledgers, and which lines they share that accepted ones do not.

    \b
    Keys of --json: verdict, why, model, model_hash, outcome, contacted, ignored {name, n, won, rate, low, high},
      lift, lift_low, lift_high, followed_up, acceptance {value, low, high, decided, decided_below},
      lines [{line, part, rejected, rejected_share, accepted, accepted_share, lift, q, found}],
      sample [{lead_id, rejected_at, rep, fit, behavior, total, lines}], seed, notes, design, cohort, rows.
    """
    loaded = load_model(model)
    study = study_of(model, given)
    with progress(quiet=study.as_json) as step:
        found = run_trust(
            loaded,
            study.data,
            study.design,
            Options(sample, seed),
            known=study.known,
            engine=study.engine,
            progress=step,
        )
    if study.html is not None:
        write_report(found.report(), study.html)
    if study.as_json:
        print_json(found.as_dict())
        return
    print_report(found.report())
    if study.html is not None:
        echo(f"report: {study.html}")
